// What can be set: each setting with its name in the file and as an option, and what it takes.

/// The raw value is the option behind two dashes. In the file the name is the same, but for those of a group, which stand
/// below the group's name.
public enum SettingKey: String, Sendable, Hashable, CaseIterable {
    case listen
    case tokenFile = "token-file"
    case tlsCertificate = "tls-certificate"
    case tlsKey = "tls-key"
    case directory
    case debugDirectory = "debug-directory"
    case recordings
    case recordingsSize = "recordings-size"
    case recordingDistance = "recording-distance"
    case before
    case after
    case windowSize = "window-size"
    case triggerEpisode = "trigger-episode"
    case triggerLongPoll = "trigger-long-poll"
    case triggerRequestP99 = "trigger-request-p99"
    case triggerHang = "trigger-hang"
    case triggerCrash = "trigger-crash"
    case diagnosisEvery = "diagnosis-every"
    case remoteWriteURL = "remote-write-url"
    case remoteWriteInterval = "remote-write-interval"
    case remoteWriteBearerTokenFile = "remote-write-bearer-token-file"
    case remoteWriteUser = "remote-write-user"
    case remoteWritePasswordFile = "remote-write-password-file"
    case remoteWriteTrustRoots = "remote-write-trust-roots"
    case remoteWriteHistograms = "remote-write-histograms"
    case remoteWriteExternalLabels = "remote-write-external-labels"
}

/// Settings that stand below one name in the file.
enum SettingGroup: String, CaseIterable {
    case triggers
    case remoteWrite = "remote-write"

    /// What the options of its keys begin with.
    var prefix: String {
        switch self {
        case .triggers: "trigger-"
        case .remoteWrite: "remote-write-"
        }
    }

    var keys: [SettingKey] { SettingKey.allCases.filter { $0.group == self } }
}

extension SettingKey {
    var group: SettingGroup? { SettingGroup.allCases.first { rawValue.hasPrefix($0.prefix) } }

    /// Its name in the file, below its group.
    var nameInFile: String { String(rawValue.dropFirst(group?.prefix.count ?? 0)) }

    /// Where it stands in the file: `triggers.episode`.
    var path: String { (group.map { $0.rawValue + "." } ?? "") + nameInFile }

    /// It can have several values.
    var isList: Bool { self == .directory || self == .debugDirectory }

    /// What it takes, for messages.
    var takes: String {
        let time = "a time with its unit, like 10s (\(SettingWords.times))"
        let size = "a size with its unit, like 16MB (\(SettingWords.sizes))"
        return switch self {
        case .listen: "ADDRESS:PORT, [ADDRESS]:PORT or unix:/PATH, like 127.0.0.1:9464"
        case .tokenFile, .tlsCertificate, .tlsKey, .remoteWriteBearerTokenFile, .remoteWritePasswordFile,
            .remoteWriteTrustRoots:
            "the path of a file"
        case .directory: "the absolute path of a folder"
        case .debugDirectory, .recordings: "the path of a folder"
        case .recordingsSize, .windowSize: size
        case .recordingDistance, .before, .after, .diagnosisEvery, .remoteWriteInterval: time
        case .triggerEpisode, .triggerLongPoll, .triggerRequestP99: "\(time), or off"
        case .triggerHang, .triggerCrash: "on or off"
        case .remoteWriteURL: "an address that begins with http:// or https://"
        case .remoteWriteUser: "a user's name"
        case .remoteWriteHistograms: "classic, native or both"
        case .remoteWriteExternalLabels: "labels, each a name (letters, digits and _) and a value"
        }
    }
}

/// A setting as somebody has set it: the words, and where they are.
public struct Setting: Sendable, Hashable {
    public enum Origin: Sendable, Hashable {
        case option
        /// Name of the file, and the line.
        case file(String, line: Int)
    }

    public var key: SettingKey
    /// The name of an external label; else `nil`.
    public var label: String?
    public var words: String
    public var origin: Origin

    public init(_ key: SettingKey, label: String? = nil, _ words: String, from origin: Origin = .option) {
        self.key = key
        self.label = label
        self.words = words
        self.origin = origin
    }
}

extension Setting.Origin {
    /// How a message about a setting begins: `--listen: ` or `serve.yml:3: listen: `.
    func place(of key: SettingKey) -> String {
        switch self {
        case .option: "--\(key.rawValue): "
        case .file(let name, let line): "\(name.printable):\(line): \(key.path): "
        }
    }

    /// An error in what was set here.
    func error(_ key: SettingKey, _ sentence: String) -> ServeError {
        ServeError(self == .option ? .usage : .badData, place(of: key) + sentence)
    }
}
