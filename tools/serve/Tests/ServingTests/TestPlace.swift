// A folder of a test's own, and files in it with the permissions that the test is about.

import Foundation
import Glibc

final class TestPlace {
    let path: String

    init() throws {
        var template = Array("/tmp/pollscope-serving-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String, _ text: String = "", mode: mode_t = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: file))
        guard chmod(file, mode) == 0 else { throw CocoaError(.fileWriteUnknown) }
        return file
    }

    func folder(_ name: String, mode: mode_t = 0o700) throws -> String {
        let folder = "\(path)/\(name)"
        guard mkdir(folder, 0o700) == 0, chmod(folder, mode) == 0 else { throw CocoaError(.fileWriteUnknown) }
        return folder
    }
}

/// Waits until something is so, with a bound.
func wait(
    for what: String, within limit: Duration = .seconds(30), until condition: () throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while !(try condition()) {
        guard ContinuousClock.now < end else { throw DidNotHappen(description: "waited \(limit) in vain for \(what)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}

struct DidNotHappen: Error, CustomStringConvertible {
    var description: String
}

extension TestPlace {
    /// A certificate for localhost and 127.0.0.1 that nobody vouches for, and its key.
    func certificate(name: String = "localhost") throws -> (certificate: String, key: String) {
        let certificate = "\(path)/\(name).crt"
        let key = "\(path)/\(name).key"
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", certificate,
            "-keyout", key,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0, chmod(key, 0o600) == 0, chmod(certificate, 0o644) == 0 else {
            throw DidNotHappen(description: "openssl made no certificate")
        }
        return (certificate, key)
    }
}
