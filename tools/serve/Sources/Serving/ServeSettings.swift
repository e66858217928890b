// The settings of the whole program, from words in a file and in options; options win.

import Collecting
import Exporting
import RemoteWriting
import Sessions

public struct ServeSettings: Sendable {
    public var collector = CollectorSettings()
    public var listen = ListenAddress.standard
    public var tokenFile: String?
    public var tlsCertificate: String?
    public var tlsKey: String?
    public var remoteWrite = RemoteWrite()

    /// Where figures are sent, if anywhere.
    public struct RemoteWrite: Sendable {
        public var url: String?
        public var intervalSeconds: Double?
        public var bearerTokenFile: String?
        public var user: String?
        public var passwordFile: String?
        public var trustRoots: String?
        public var histograms: String?
        public var externalLabels: [String: String] = [:]
    }

    /// Where each setting that somebody set was set.
    var origins: [SettingKey: Setting.Origin] = [:]

    public init() {}

    /// From a file and from options. What an option sets, the file does not: of a list, all.
    public init(file: [Setting], options: [Setting]) throws(ServeError) {
        // What options replace has to be right, too: they may not be there the next time.
        var replaced = ServeSettings()
        for setting in file { try replaced.add(setting) }
        let keys = Set(options.map(\.key))
        for setting in file where !keys.contains(setting.key) { try add(setting) }
        for setting in options { try add(setting) }
    }

    private mutating func add(_ setting: Setting) throws(ServeError) {
        let key = setting.key
        let words = setting.words
        origins[key] = origins[key] ?? setting.origin
        switch key {
        case .listen: listen = try value(of: setting, ListenAddress(words))
        case .tokenFile: tokenFile = try path(of: setting)
        case .tlsCertificate: tlsCertificate = try path(of: setting)
        case .tlsKey: tlsKey = try path(of: setting)
        case .directory:
            let path = try value(of: setting, words.hasPrefix("/") ? words : nil)
            collector.folders = (collector.folders ?? []) + [SessionFolder(path: path)]
        case .debugDirectory: collector.debugDirectories.append(try path(of: setting))
        case .recordings: collector.recordings = try path(of: setting)
        case .recordingsSize: collector.recordingsBytes = try value(of: setting, SettingWords.bytes(of: words))
        case .recordingDistance: collector.recordingDistanceSeconds = try seconds(of: setting)
        case .before: collector.secondsBefore = try seconds(of: setting)
        case .after: collector.secondsAfter = try seconds(of: setting)
        case .windowSize: collector.windowBytes = Int(try value(of: setting, SettingWords.bytes(of: words)))
        case .triggerEpisode: collector.triggers.episodeSeconds = try secondsOrOff(of: setting)
        case .triggerLongPoll: collector.triggers.longPollSeconds = try secondsOrOff(of: setting)
        case .triggerRequestP99: collector.triggers.requestP99Seconds = try secondsOrOff(of: setting)
        case .triggerHang: collector.triggers.onHang = try onOrOff(of: setting)
        case .triggerCrash: collector.triggers.onCrash = try onOrOff(of: setting)
        case .diagnosisEvery: collector.diagnosisSeconds = try seconds(of: setting)
        case .remoteWriteURL:
            let isAddress = ["http://", "https://"].contains { words.hasPrefix($0) && words.utf8.count > $0.utf8.count }
            remoteWrite.url = try value(of: setting, isAddress && words == words.printable ? words : nil)
        case .remoteWriteInterval: remoteWrite.intervalSeconds = try seconds(of: setting)
        case .remoteWriteBearerTokenFile: remoteWrite.bearerTokenFile = try path(of: setting)
        case .remoteWriteUser: remoteWrite.user = try value(of: setting, words.isEmpty ? nil : words)
        case .remoteWritePasswordFile: remoteWrite.passwordFile = try path(of: setting)
        case .remoteWriteTrustRoots: remoteWrite.trustRoots = try path(of: setting)
        case .remoteWriteHistograms:
            remoteWrite.histograms = try value(of: setting, ["classic", "native", "both"].first { $0 == words })
        case .remoteWriteExternalLabels: try addLabel(setting)
        }
    }

    private func value<Value>(of setting: Setting, _ value: Value?) throws(ServeError) -> Value {
        guard let value else {
            throw setting.origin.error(
                setting.key, "\(setting.words.quoted) is not what it takes: \(setting.key.takes).")
        }
        return value
    }

    private func path(of setting: Setting) throws(ServeError) -> String {
        let words = setting.words
        return try value(of: setting, words.isEmpty || words.utf8.contains(0) ? nil : words)
    }

    private func seconds(of setting: Setting) throws(ServeError) -> Double {
        try value(of: setting, SettingWords.seconds(of: setting.words))
    }

    private func secondsOrOff(of setting: Setting) throws(ServeError) -> Double? {
        ["off", "false"].contains(setting.words) ? nil : try seconds(of: setting)
    }

    private func onOrOff(of setting: Setting) throws(ServeError) -> Bool {
        switch setting.words {
        case "on", "true": true
        case "off", "false": false
        default: try value(of: setting, nil)
        }
    }

    private mutating func addLabel(_ setting: Setting) throws(ServeError) {
        let name = setting.label ?? ""
        let isName =
            name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            } && !(name.first?.isNumber ?? true)
        guard isName, !name.hasPrefix("__"), name.count <= 128 else {
            throw setting.origin.error(
                setting.key,
                "\(name.quoted) cannot be a label's name: letters, digits and _, no digit first, and not __ in front.")
        }
        guard remoteWrite.externalLabels.updateValue(setting.words, forKey: name) == nil else {
            throw setting.origin.error(setting.key, "\(name.quoted) is there twice. Keep one.")
        }
    }
}
