// Files that the collector believes: read only where nobody else could have written them, or read a secret.

import Glibc

enum GuardedFile {
    /// Who else may do what with it. A group may read: that is how Kubernetes and Debian's `ssl-cert` hand keys over.
    enum Rule {
        /// Others must not read it.
        case secret
        /// Others may read it.
        case trusted
    }

    /// What is in the way: the kind of error, and a sentence that begins with the file's path.
    struct Problem: Error {
        var code: ServeError.Code
        var sentence: String
    }

    /// The file's bytes, at most one more than `most`: whoever takes them says what is wrong with too many.
    static func bytes(of path: String, _ rule: Rule, most: Int) throws(Problem) -> [UInt8] {
        let name = path.printable
        // Links are followed: Kubernetes and certificate tools swap what they point to. What is opened is what is
        // looked at. Without waiting: it might be a pipe.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            let reason = errno == ENOENT ? "is not there" : "cannot be read: \(systemReason(errno))"
            throw Problem(code: .noInput, sentence: "\(name) \(reason).")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Problem(code: .noInput, sentence: "\(name) is no plain file.")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw Problem(
                code: .badData,
                sentence: "\(name) belongs to another user (uid \(status.st_uid)), who could change it: "
                    + "chown \(geteuid()) \(name)")
        }
        let remedy = rule == .secret ? "chmod 600 \(name)" : "chmod go-w \(name)"
        if status.st_mode & 0o022 != 0 {
            throw Problem(code: .badData, sentence: "\(name) can be written by others: \(remedy)")
        }
        if rule == .secret, status.st_mode & 0o004 != 0 {
            throw Problem(code: .badData, sentence: "\(name) can be read by others: \(remedy)")
        }
        var bytes = [UInt8](repeating: 0, count: most + 1)
        var count = 0
        while count < bytes.count {
            // Safe: reads into the rest of the buffer.
            let read = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + count, $0.count - count) }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else {
                throw Problem(code: .noInput, sentence: "\(name) cannot be read: \(systemReason(errno)).")
            }
            if read == 0 { break }
            count += read
        }
        return Array(bytes[..<count])
    }
}
