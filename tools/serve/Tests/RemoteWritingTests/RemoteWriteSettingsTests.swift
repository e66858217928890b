// Settings that cannot be right are refused with a sentence.

import Foundation
import Testing

@testable import RemoteWriting

@Suite("Settings of remote write")
struct RemoteWriteSettingsTests {
    @Test(
        "URLs that are none",
        arguments: [
            "", "localhost:9090", "ftp://a/b", "http://", "http:///write", "http://user:secret@a/b",
            "file:///etc/passwd", "http://a b/",
        ])
    func urls(url: String) {
        #expect(throws: RemoteWriteError.self) { try RemoteWriter(RemoteWriteSettings(url: url)) }
    }

    @Test("A secret is in no sentence")
    func secretInURL() {
        let error = #expect(throws: RemoteWriteError.self) {
            try RemoteWriter(RemoteWriteSettings(url: "http://user:secret@a/b"))
        }
        #expect(error?.description.contains("secret@") == false)
    }

    @Test("Names of external labels", arguments: ["", "1a", "a-b", "__name__", "le", "é", "a\n"])
    func externalLabels(name: String) {
        var settings = RemoteWriteSettings(url: "https://a/b")
        settings.externalLabels = [name: "x"]
        #expect(throws: RemoteWriteError.self) { try RemoteWriter(settings) }
    }

    @Test("Numbers that make no sense")
    func numbers() {
        let changes: [(inout RemoteWriteSettings) -> Void] = [
            { $0.intervalSeconds = 0 }, { $0.intervalSeconds = .nan }, { $0.timeoutSeconds = -1 },
            { $0.flushSeconds = -1 }, { $0.samplesPending = 0 }, { $0.samplesPerRequest = -1 },
            { $0.backoffSeconds = .infinity }, { $0.longestBackoffSeconds = 0 },
        ]
        for change in changes {
            var settings = RemoteWriteSettings(url: "https://a/b")
            change(&settings)
            #expect(throws: RemoteWriteError.self) { try RemoteWriter(settings) }
        }
        #expect(throws: Never.self) {
            try RemoteWriter(RemoteWriteSettings(url: "https://a.example:8428/api/v1/write"))
        }
    }

    @Test(
        "Files of secrets: not there, empty, huge, of several lines, a folder; and one that all can read is remarked on"
    )
    func secrets() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pollscope-secrets-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ text: String) throws -> String {
            let path = folder.appending(path: UUID().uuidString).path()
            try Data(text.utf8).write(to: URL(filePath: path))
            chmod(path, 0o600)
            return path
        }
        let bad = [
            folder.appending(path: "none").path(), folder.path(), try file(""), try file("\n"), try file("a\nb\n"),
            try file(String(repeating: "x", count: 100_000)),
        ]
        for path in bad { #expect(throws: RemoteWriteError.self) { try RemoteWriteSettings.secret(in: path) } }

        let good = try file("hunter2\r\n")
        #expect(try RemoteWriteSettings.secret(in: good) == "hunter2")
        var settings = RemoteWriteSettings(url: "https://a/b")
        settings.authorization = .bearer(tokenFile: good)
        #expect(try RemoteWriter(settings).takeNotices().isEmpty)
        chmod(good, 0o644)
        let notices = try RemoteWriter(settings).takeNotices()
        #expect(notices.count == 1 && notices[0].contains("chmod 600") && !notices[0].contains("hunter2"))
    }
}
