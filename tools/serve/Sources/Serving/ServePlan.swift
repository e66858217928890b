// What the settings come to: contradictions found, files read, folders looked at, before anything is started.

import Collecting
import Exporting
import Glibc
import RemoteWriting
import Sessions

public struct ServePlan: Sendable {
    public let settings: ServeSettings
    let token: BearerToken?
    let identity: TLSIdentity?
    let remoteWriting: RemoteWriteSettings?

    /// - Throws: what cannot be done as it was asked for, where that was, and what to do.
    public init(_ settings: ServeSettings) throws(ServeError) {
        self.settings = settings
        try Self.checkContradictions(in: settings)
        token = try Self.token(of: settings)
        identity = try Self.identity(of: settings)
        remoteWriting = try Self.remoteWriting(of: settings)
        try Self.checkRecordings(of: settings)
    }

    // MARK: What does not go together

    private static func checkContradictions(in settings: ServeSettings) throws(ServeError) {
        try demand(.tlsKey, with: .tlsCertificate, in: settings)
        try demand(.tlsCertificate, with: .tlsKey, in: settings)
        for key in [SettingKey.recordingsSize, .recordingDistance, .before, .after, .windowSize] {
            try demand(.recordings, with: key, in: settings)
        }
        for key in SettingGroup.triggers.keys { try demand(.recordings, with: key, in: settings) }
        for key in SettingGroup.remoteWrite.keys where key != .remoteWriteURL {
            try demand(.remoteWriteURL, with: key, in: settings)
        }
        try demand(.remoteWritePasswordFile, with: .remoteWriteUser, in: settings)
        try demand(.remoteWriteUser, with: .remoteWritePasswordFile, in: settings)
        if let origin = settings.origins[.remoteWriteBearerTokenFile], settings.remoteWrite.user != nil {
            throw origin.error(.remoteWriteBearerTokenFile, "A user is given, too, and a store takes one of the two.")
        }
        let collector = settings.collector
        if collector.recordings != nil, UInt64(collector.windowBytes) > collector.recordingsBytes {
            let key: SettingKey = settings.origins[.windowSize] == nil ? .recordingsSize : .windowSize
            throw (settings.origins[key] ?? .option).error(
                key,
                "One window of events (\(SettingWords.size(UInt64(collector.windowBytes)))) is larger than all recordings "
                    + "may be (\(SettingWords.size(collector.recordingsBytes))).")
        }
        if settings.listen.isLoopback { return }
        // In the open, function names and figures are for those only who were let in, and nobody listens on the way.
        let missing = [SettingKey.tlsCertificate, .tlsKey, .tokenFile].filter { settings.origins[$0] == nil }
        guard missing.isEmpty else {
            throw (settings.origins[.listen] ?? .option).error(
                .listen,
                "\(settings.listen) can be reached from other machines, which takes TLS and a token: give "
                    + "\(missing.map(\.rawValue).joined(separator: ", ")), too; or listen on "
                    + "\(ListenAddress.standard).")
        }
    }

    /// `key` says nothing without `other`.
    private static func demand(
        _ other: SettingKey, with key: SettingKey, in settings: ServeSettings
    ) throws(ServeError) {
        guard let origin = settings.origins[key], settings.origins[other] == nil else { return }
        let name = origin == .option ? "--" + other.rawValue : other.path
        throw origin.error(key, "It says nothing without \(name): give \(other.takes).")
    }

    // MARK: Files

    private static func token(of settings: ServeSettings) throws(ServeError) -> BearerToken? {
        guard let path = settings.tokenFile else { return nil }
        do {
            return try BearerToken(file: path)
        } catch {
            throw settings.error(.tokenFile, error)
        }
    }

    private static func identity(of settings: ServeSettings) throws(ServeError) -> TLSIdentity? {
        guard let certificate = settings.tlsCertificate, let key = settings.tlsKey else { return nil }
        do {
            return try TLSIdentity(certificate: certificate, key: key)
        } catch {
            throw settings.error(error.file == .key ? .tlsKey : .tlsCertificate, error.problem)
        }
    }

    private static func remoteWriting(of settings: ServeSettings) throws(ServeError) -> RemoteWriteSettings? {
        let given = settings.remoteWrite
        guard let url = given.url else { return nil }
        var made = RemoteWriteSettings(url: url)
        // It reads them again each time that it sends; what is wrong with them is better said before.
        do {
            if let path = given.bearerTokenFile { _ = try BearerToken(file: path) }
        } catch {
            throw settings.error(.remoteWriteBearerTokenFile, error)
        }
        do {
            // A password can have any characters.
            if let path = given.passwordFile {
                _ = try GuardedFile.bytes(of: path, .secret, most: BearerToken.bytesMax)
            }
        } catch {
            throw settings.error(.remoteWritePasswordFile, error)
        }
        if let file = given.bearerTokenFile { made.authorization = .bearer(tokenFile: file) }
        if let user = given.user, let file = given.passwordFile {
            made.authorization = .basic(user: user, passwordFile: file)
        }
        made.trustRootsFile = given.trustRoots
        made.externalLabels = given.externalLabels
        if let seconds = given.intervalSeconds { made.intervalSeconds = seconds }
        switch given.histograms {
        case "classic": made.histograms = .classic
        case "native": made.histograms = .native
        case "both": made.histograms = .both
        default: break
        }
        return made
    }

    // MARK: Folders

    /// What others could write into the folder would be taken for recordings, and could be a link to somewhere else.
    private static func checkRecordings(of settings: ServeSettings) throws(ServeError) {
        guard let path = settings.collector.recordings else { return }
        let origin = settings.origins[.recordings] ?? .option
        let name = path.printable
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else {
                throw origin.error(.recordings, "\(name) cannot be looked at: \(systemReason(errno)).")
            }
            return
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw origin.error(.recordings, "\(name) is no folder.") }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw origin.error(
                .recordings, "\(name) belongs to another user (uid \(status.st_uid)): give a folder of yours.")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw origin.error(.recordings, "\(name) can be written by others: chmod go-w \(name)")
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw origin.error(.recordings, "\(name) cannot be written: \(systemReason(errno)).")
        }
    }

    /// Makes the folder of recordings, where it is not there: for this user only.
    func makeFolders() throws(ServeError) {
        guard let path = settings.collector.recordings, mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        let origin = settings.origins[.recordings] ?? .option
        throw ServeError(
            .unavailable,
            origin.place(of: .recordings) + "\(path.printable) cannot be made: \(systemReason(errno)). "
                + "Make it, for the user that the collector runs as.")
    }

    // MARK: In words

    /// What would be done, a line each, for whoever wrote the settings.
    public var description: String {
        let collector = settings.collector
        var lines: [(String, String)] = []
        let who = settings.listen.isLoopback ? "this machine only" : "other machines, too"
        lines.append(
            (
                "listens on",
                "\(settings.listen) (\(who)), \(identity == nil ? "without TLS" : "with TLS"), "
                    + (token == nil ? "for whoever reaches it" : "for those who have the token")
            ))
        let folders = collector.folders ?? SessionFolder.all(environment: environment)
        let everybody = collector.folders == nil && geteuid() == 0 && environment.isEmpty
        lines.append(
            (
                "follows",
                everybody
                    ? "the sessions of all users, in /dev/shm" : folders.map(\.path.printable).joined(separator: ", ")
            ))
        if let recordings = collector.recordings {
            let before = SettingWords.time(collector.secondsBefore)
            let after = SettingWords.time(collector.secondsAfter)
            lines.append(
                (
                    "records",
                    "into \(recordings.printable), up to \(SettingWords.size(collector.recordingsBytes)): \(before) before a "
                        + "trigger and \(after) after it"
                ))
            lines.append(
                (
                    "",
                    "of one service once in \(SettingWords.time(collector.recordingDistanceSeconds)); in memory, "
                        + "\(SettingWords.size(UInt64(collector.windowBytes))) for each"
                ))
            lines.append(("triggers", collector.triggers.words))
        } else {
            lines.append(("records", "nothing: no folder is given (recordings)"))
        }
        lines.append(("diagnoses", "every \(SettingWords.time(collector.diagnosisSeconds))"))
        if let remoteWriting {
            lines.append(
                (
                    "sends",
                    "all figures to \(remoteWriting.url) every \(SettingWords.time(remoteWriting.intervalSeconds))"
                ))
        }
        return lines.map { $0 + String(repeating: " ", count: 12 - $0.count) + $1 }.joined(separator: "\n")
    }

    private var environment: [String: String] {
        getenv("POLLSCOPE_DIR").map { ["POLLSCOPE_DIR": String(cString: $0)] } ?? [:]
    }
}

extension ServeSettings {
    func error(_ key: SettingKey, _ problem: GuardedFile.Problem) -> ServeError {
        ServeError(problem.code, (origins[key] ?? .option).place(of: key) + problem.sentence)
    }
}

extension CollectorTriggers {
    /// `starvation over 100 ms, a hang, a crash`.
    var words: String {
        var words: [String] = []
        if let episodeSeconds { words.append("starvation over \(SettingWords.time(episodeSeconds))") }
        if let longPollSeconds { words.append("a poll over \(SettingWords.time(longPollSeconds))") }
        if let requestP99Seconds { words.append("a request's P99 over \(SettingWords.time(requestP99Seconds))") }
        if onHang { words.append("a hang") }
        if onCrash { words.append("a crash") }
        return words.isEmpty ? "none but SIGUSR1" : words.joined(separator: ", ") + "; and SIGUSR1"
    }
}
