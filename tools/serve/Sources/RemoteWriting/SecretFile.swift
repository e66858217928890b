// Passwords and tokens in files, so that no command line and no configuration shows them.

import Glibc

extension RemoteWriteSettings {
    /// Nobody's secret is longer; a wrong path may lead to anything.
    private static let secretBytesMost = 16 << 10

    /// The text of a file without the end of its line.
    static func secret(in path: String) throws(RemoteWriteError) -> String {
        // A pipe would keep us waiting.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw unreadable(path, errno) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: secretBytesMost + 1)
        let count = read(file, &bytes, bytes.count)
        guard count >= 0 else { throw unreadable(path, errno) }
        guard count <= secretBytesMost else {
            throw RemoteWriteError(
                "'\(path)' has more in it than a password or a token: name the file with the secret alone.")
        }
        var text = bytes[..<count]
        while let last = text.last, [UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: " ")].contains(last) {
            text.removeLast()
        }
        // A header's value has nothing else in it.
        guard !text.isEmpty, text.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw RemoteWriteError("'\(path)' has no password or token in it: one line of text is expected.")
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What there is to say of a file that others can read; `nil`: nobody else can.
    static func remark(onSecretIn path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o004 != 0 else { return nil }
        return "Everybody on this machine can read '\(path)', which has a secret in it: chmod 600 it."
    }

    private static func unreadable(_ path: String, _ error: Int32) -> RemoteWriteError {
        RemoteWriteError(
            "'\(path)', which should have the secret for remote write in it, cannot be read: \(String(cString: strerror(error)))"
        )
    }
}
