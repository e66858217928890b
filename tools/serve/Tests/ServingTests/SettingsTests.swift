// What is asked for, in options and in files that anybody may have written: understood, or one clear sentence.

import Foundation
import Testing

@testable import Serving

@Suite("Settings are understood, or refused in a sentence")
struct SettingsTests {
    private func settings(_ file: String, _ options: [Setting] = []) throws -> ServeSettings {
        try ServeSettings(file: SettingsFile(name: "serve.yml").settings(of: Array(file.utf8)), options: options)
    }

    private func error(_ body: () throws -> Void) -> ServeError? {
        do {
            try body()
            return nil
        } catch {
            return error as? ServeError
        }
    }

    @Test("A file says what options say")
    func file() throws {
        let settings = try settings(
            """
            # of this machine
            listen: "[::1]:9500"
            token-file: /etc/pollscope/token
            directory: [/dev/shm/pollscope-1000, /run/sessions]
            debug-directory: /usr/lib/debug
            recordings: /var/lib/pollscope
            recordings-size: 2 GB
            recording-distance: 1m
            before: 20s
            after: 2.5 s
            window-size: 32MiB
            triggers:
              episode: 200ms
              long-poll: off
              request-p99: 1s
              hang: false
              crash: on
            diagnosis-every: 30s
            remote-write:
              url: https://metrics.example.com/api/v1/write
              interval: 30s
              histograms: native
              external-labels: {cluster: eu-1, rack: 12}
            """)
        let collector = settings.collector
        #expect(settings.listen.description == "[::1]:9500")
        #expect(settings.tokenFile == "/etc/pollscope/token")
        #expect(collector.folders?.map(\.path) == ["/dev/shm/pollscope-1000", "/run/sessions"])
        #expect(collector.debugDirectories == ["/usr/lib/debug"])
        #expect(collector.recordings == "/var/lib/pollscope")
        #expect(collector.recordingsBytes == 2_000_000_000)
        #expect(collector.recordingDistanceSeconds == 60)
        #expect(collector.secondsBefore == 20)
        #expect(collector.secondsAfter == 2.5)
        #expect(collector.windowBytes == 32 << 20)
        #expect(collector.triggers.episodeSeconds == 0.2)
        #expect(collector.triggers.longPollSeconds == nil)
        #expect(collector.triggers.requestP99Seconds == 1)
        #expect(!collector.triggers.onHang)
        #expect(collector.triggers.onCrash)
        #expect(collector.diagnosisSeconds == 30)
        #expect(settings.remoteWrite.url == "https://metrics.example.com/api/v1/write")
        #expect(settings.remoteWrite.intervalSeconds == 30)
        #expect(settings.remoteWrite.histograms == "native")
        #expect(settings.remoteWrite.externalLabels == ["cluster": "eu-1", "rack": "12"])
    }

    @Test("Options win over the file, a list as a whole; what they replace has to be right all the same")
    func options() throws {
        let file = """
            listen: 127.0.0.1:1
            before: 20s
            directory: [/a, /b]
            """
        let options = [Setting(.listen, "127.0.0.1:2"), Setting(.directory, "/c")]
        let both = try settings(file, options)
        #expect(both.listen.description == "127.0.0.1:2")
        #expect(both.collector.folders?.map(\.path) == ["/c"])
        #expect(both.collector.secondsBefore == 20)
        #expect(
            error { _ = try settings("listen: nowhere", options) }?.message.hasPrefix("serve.yml:1: listen: ") ?? false)
        let wrong = try #require(error { _ = try settings(file, [Setting(.before, "20")]) })
        #expect(wrong.code == .usage)
        #expect(
            wrong.message
                == "--before: \"20\" is not what it takes: a time with its unit, like 10s (ns, us, ms, s, m, h, d).")
    }

    @Test(
        "What a file gets wrong is said with its line",
        arguments: [
            ("before: 10s\nbefor: 10s", "serve.yml:2: There is no setting called \"befor\". The nearest: before."),
            ("<<: 5ms", "serve.yml:1: There is no setting called \"<<\". Keys: listen, token-file"),
            ("trigger-hang: on", "serve.yml:1: There is no setting called \"trigger-hang\". The nearest: triggers."),
            ("before: 10", "serve.yml:1: before: \"10\" is not what it takes: a time with its unit"),
            ("before: -1s", "\"-1s\" is not what it takes"), ("before: 0s", "\"0s\" is not what it takes"),
            ("before: 10MB", "\"10MB\" is not what it takes"), ("before: 1e3s", "is not what it takes"),
            ("before: infs", "is not what it takes"), ("before: 99999999999999999999s", "is not what it takes"),
            ("before:", "serve.yml:1: before: \"\" is not what it takes"),
            ("before: [1s]", "before: It takes one value"),
            ("window-size: 16", "serve.yml:1: window-size: \"16\" is not what it takes: a size with its unit"),
            ("window-size: 16s", "is not what it takes"), ("window-size: 0MB", "is not what it takes"),
            ("window-size: 99999999TB", "is not what it takes"), ("window-size: 16mb", "is not what it takes"),
            ("listen: 9464", "serve.yml:1: listen: \"9464\" is not what it takes: ADDRESS:PORT"),
            ("listen: 127.0.0.1:99999", "is not what it takes"), ("listen: '::1:9464'", "is not what it takes"),
            ("listen: unix:serve", "is not what it takes"), ("listen: ':9464'", "is not what it takes"),
            ("listen: a b:1", "is not what it takes"), ("listen: 'a:'", "is not what it takes"),
            ("directory: here", "serve.yml:1: directory: \"here\" is not what it takes: the absolute path"),
            ("directory: []", "serve.yml:1: directory: The list is empty"),
            ("directory:\n  - /a\n  - [b]", "serve.yml:3: directory: It takes the absolute path"),
            ("triggers: on", "serve.yml:1: triggers: Below it are lines with episode, long-poll"),
            ("triggers:", "triggers: Below it are lines with"), ("triggers: {}", "triggers: Below it are lines with"),
            (
                "triggers:\n  episod: 1s",
                "serve.yml:2: There is no setting called \"triggers.episod\". The nearest: episode."
            ),
            ("triggers:\n  hang: 1s", "serve.yml:2: triggers.hang: \"1s\" is not what it takes: on or off."),
            ("triggers:\n  episode: on", "serve.yml:2: triggers.episode: \"on\" is not what it takes: a time"),
            (
                "remote-write:\n  url: metrics.example.com",
                "serve.yml:2: remote-write.url: \"metrics.example.com\" is not"
            ),
            ("remote-write:\n  histograms: all", "remote-write.histograms: \"all\" is not what it takes: classic"),
            ("remote-write:\n  external-labels: [a]", "serve.yml:2: remote-write.external-labels: It takes labels"),
            ("remote-write:\n  external-labels: {1a: b}", "\"1a\" cannot be a label's name"),
            ("remote-write:\n  external-labels: {__name__: b}", "\"__name__\" cannot be a label's name"),
            ("remote-write:\n  external-labels:\n    a: [b]", "serve.yml:3: remote-write.external-labels: It takes"),
            ("before: 10s\nafter: 1s\nbefore: 11s", "\"before\" is there twice. Keep one."),
            ("", "serve.yml: It sets nothing. Keys: listen"), ("# nothing", "It sets nothing"),
            ("listen", "serve.yml:1: A file of settings is made of lines like \"listen: 127.0.0.1:9464\"."),
            ("- listen: 127.0.0.1:1", "serve.yml:1: A file of settings is made of lines"),
            ("? [a]\n: 5ms", "A key is one word"),
            ("before: 1s\n---\nbefore: 2s", "serve.yml:2: This cannot be read as YAML: found another document."),
            ("before: [", "This cannot be read as YAML"), ("\tbefore: 1s", "This cannot be read as YAML"),
            ("before: *x", "This cannot be read as YAML: found undefined alias."),
            ("before: &x 1s", "serve.yml:1: Anchors (&name) are not taken"),
            ("before: 1s\u{0}", "cannot be read as YAML"),
            (String(repeating: "[", count: 5000), "This cannot be read as YAML"),
            (
                String(repeating: "#", count: 70_000),
                "serve.yml: This is no file of settings: it is larger than 64 KiB."
            ),
        ])
    func wrongFiles(text: String, says: String) throws {
        let error = try #require(error { _ = try settings(text) }, "\(text.prefix(80))")
        #expect(error.code == .badData)
        #expect(error.message.contains(says), "\(error.message)")
        #expect(error.message.hasPrefix("serve.yml:"))
        #expect(!error.message.contains("\n"))
    }

    @Test("A file in another encoding")
    func encoding() throws {
        let bytes = Array("before: 1s\nlisten: caf".utf8) + [0xE9]
        let error = try #require(error { _ = try SettingsFile(name: "serve.yml").settings(of: bytes) })
        #expect(error.message == "serve.yml:2: This is not UTF-8. Save the file in that encoding.")
    }

    @Test("A file that others can write is not believed, and one that is not there is not found")
    func whoseFile() throws {
        let place = try TestPlace()
        let open = try place.file("open.yml", "before: 1s", mode: 0o666)
        let refused = try #require(error { _ = try SettingsFile(name: open).settings(at: open) })
        #expect(refused.code == .badData)
        #expect(refused.message == "--config: \(open) can be written by others: chmod go-w \(open)")
        let missing = try #require(error { _ = try SettingsFile(name: "x").settings(at: place.path + "/none") })
        #expect(missing.code == .noInput)
        #expect(missing.message.contains("is not there"))
        #expect(
            error { _ = try SettingsFile(name: "x").settings(at: place.path) }?.message.contains("no plain file")
                ?? false)
        let fine = try place.file("fine.yml", "before: 1s", mode: 0o644)
        #expect(try SettingsFile(name: fine).settings(at: fine).map(\.key) == [.before])
    }

    @Test("Times and sizes in words")
    func words() {
        #expect(
            [0.0005, 0.1, 1, 90, 300, 5400].map(SettingWords.time) == [
                "500 µs", "100 ms", "1 s", "1.5 min", "5 min", "1.5 h",
            ])
        #expect(
            [1000, 1 << 20, 16_000_000, 1 << 30, 2_500_000_000].map(SettingWords.size)
                == ["1 kB", "1 MiB", "16 MB", "1 GiB", "2.5 GB"])
    }

    @Test(
        "Who can reach an address",
        arguments: [
            ("127.0.0.1:9464", true), ("127.8.9.1:0", true), ("localhost:1", true), ("[::1]:9464", true),
            ("[::ffff:127.0.0.1]:1", true), ("unix:/run/serve.socket", true), ("0.0.0.0:9464", false),
            ("[::]:9464", false), ("10.0.0.1:9464", false), ("example.com:9464", false), ("[fe80::1]:1", false),
            ("127.0.0.1.example.com:1", false), ("0:9464", false), ("2130706433:9464", false),
        ])
    func loopback(words: String, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(words))
        #expect(address.isLoopback == isLoopback)
        #expect(address.description == words)
    }
}
