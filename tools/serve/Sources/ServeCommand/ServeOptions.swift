// The options, each of a setting, with what it is for. What they take is checked where the file's settings are.

import ArgumentParser
import Serving

struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Address and port, or unix:/path. Default: 127.0.0.1:9464, for this machine only.",
            valueName: "address"))
    var listen: String?

    @Option(
        help: ArgumentHelp(
            "A file with a token that every request but /healthz has to bring (Authorization: Bearer).",
            valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(help: ArgumentHelp("A chain of certificates, in PEM.", valueName: "file"), completion: .file())
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The key of the first of them, in PEM.", valueName: "file"), completion: .file())
    var tlsKey: String?

    var settings: [Setting] {
        [
            .given(.listen, listen), .given(.tokenFile, tokenFile), .given(.tlsCertificate, tlsCertificate),
            .given(.tlsKey, tlsKey),
        ].compactMap { $0 }
    }
}

struct SessionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A folder of sessions; can be repeated. Default: POLLSCOPE_DIR, or this user's in /dev/shm, and for root \
            everybody's.
            """, valueName: "folder"), completion: .directory)
    var directory: [String] = []

    @Option(
        help: ArgumentHelp("A folder with separate debug files; can be repeated.", valueName: "folder"),
        completion: .directory)
    var debugDirectory: [String] = []

    @Option(help: ArgumentHelp("Time between two diagnoses of a session. Default: 60s.", valueName: "time"))
    var diagnosisEvery: String?

    var settings: [Setting] {
        directory.map { Setting(.directory, $0) } + debugDirectory.map { Setting(.debugDirectory, $0) }
            + [.given(.diagnosisEvery, diagnosisEvery)].compactMap { $0 }
    }
}

struct RecordingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where recordings are saved. Default: none are.", valueName: "folder"),
        completion: .directory)
    var recordings: String?

    @Option(help: ArgumentHelp("Bytes that all of them may take. Default: 1GiB.", valueName: "size"))
    var recordingsSize: String?

    @Option(help: ArgumentHelp("Time between two of one service, at least. Default: 5m.", valueName: "time"))
    var recordingDistance: String?

    @Option(help: ArgumentHelp("Time before a trigger that is kept. Default: 10s.", valueName: "time"))
    var before: String?

    @Option(help: ArgumentHelp("Time after it. Default: 5s.", valueName: "time"))
    var after: String?

    @Option(
        help: ArgumentHelp(
            "Memory for a session's last events; with less, fewer seconds are kept. Default: 16MiB.", valueName: "size")
    )
    var windowSize: String?

    @Option(help: ArgumentHelp("Starvation that goes on for so long; or off. Default: 100ms.", valueName: "time"))
    var triggerEpisode: String?

    @Option(help: ArgumentHelp("A poll or a call that took so long; or off. Default: 500ms.", valueName: "time"))
    var triggerLongPoll: String?

    @Option(
        help: ArgumentHelp("A P99 of a kind of request over the last minute. Default: off.", valueName: "time"))
    var triggerRequestP99: String?

    @Option(
        help: ArgumentHelp("A poll that goes on for a second and more. Default: on.", valueName: "on|off"),
        completion: .list(["on", "off"]))
    var triggerHang: String?

    @Option(
        help: ArgumentHelp("A service that ends by a signal or without a word. Default: on.", valueName: "on|off"),
        completion: .list(["on", "off"]))
    var triggerCrash: String?

    var settings: [Setting] {
        [
            .given(.recordings, recordings), .given(.recordingsSize, recordingsSize),
            .given(.recordingDistance, recordingDistance), .given(.before, before), .given(.after, after),
            .given(.windowSize, windowSize), .given(.triggerEpisode, triggerEpisode),
            .given(.triggerLongPoll, triggerLongPoll), .given(.triggerRequestP99, triggerRequestP99),
            .given(.triggerHang, triggerHang), .given(.triggerCrash, triggerCrash),
        ].compactMap { $0 }
    }
}

struct RemoteWriteOptions: ParsableArguments {
    @Option(
        name: .customLong("remote-write-url"),
        help: ArgumentHelp("Where a store takes Prometheus' remote write. Default: nowhere.", valueName: "url"))
    var url: String?

    @Option(
        name: .customLong("remote-write-interval"),
        help: ArgumentHelp("Time between two samples. Default: 15s.", valueName: "time"))
    var interval: String?

    @Option(
        name: .customLong("remote-write-bearer-token-file"),
        help: ArgumentHelp("A file with the store's token.", valueName: "file"), completion: .file())
    var bearerTokenFile: String?

    @Option(name: .customLong("remote-write-user"), help: ArgumentHelp("Or a user's name.", valueName: "name"))
    var user: String?

    @Option(
        name: .customLong("remote-write-password-file"),
        help: ArgumentHelp("And a file with the password.", valueName: "file"), completion: .file())
    var passwordFile: String?

    @Option(
        name: .customLong("remote-write-trust-roots"),
        help: ArgumentHelp("Certificates that vouch for the store's. Default: the system's.", valueName: "file"),
        completion: .file())
    var trustRoots: String?

    @Option(
        name: .customLong("remote-write-histograms"),
        help: ArgumentHelp("classic, native or both. Default: classic.", valueName: "kind"),
        completion: .list(["classic", "native", "both"]))
    var histograms: String?

    @Option(
        name: .customLong("remote-write-external-labels"),
        help: ArgumentHelp("A label for all series; can be repeated.", valueName: "name=value"))
    var externalLabels: [String] = []

    var settings: [Setting] {
        get throws(ServeError) {
            var labels: [Setting] = []
            for words in externalLabels {
                guard let equals = words.firstIndex(of: "=") else {
                    throw ServeError(.usage, "--remote-write-external-labels: It takes NAME=VALUE, like cluster=eu-1.")
                }
                labels.append(
                    Setting(
                        .remoteWriteExternalLabels, label: String(words[..<equals]),
                        String(words[words.index(after: equals)...])))
            }
            return labels
                + [
                    .given(.remoteWriteURL, url), .given(.remoteWriteInterval, interval),
                    .given(.remoteWriteBearerTokenFile, bearerTokenFile), .given(.remoteWriteUser, user),
                    .given(.remoteWritePasswordFile, passwordFile), .given(.remoteWriteTrustRoots, trustRoots),
                    .given(.remoteWriteHistograms, histograms),
                ].compactMap { $0 }
        }
    }
}

extension Setting {
    fileprivate static func given(_ key: SettingKey, _ words: String?) -> Setting? { words.map { Setting(key, $0) } }
}
