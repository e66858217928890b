// A file that a result is written to beside stdout: opened before the work, so that a wrong path costs none.

import Glibc

final class ResultFile {
    private let path: String
    private let descriptor: Int32

    /// Creates the file, or empties what is there: what an earlier run found is not to be taken for this one's. `-` is
    /// stdout. `besides`: files that it must not be.
    init(_ path: String, option: String, besides others: [String]) throws(Failure) {
        self.path = path
        guard path != "-" else {
            descriptor = STDOUT_FILENO
            return
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o644)
        guard descriptor >= 0 else {
            let number = errno
            let reason = String(cString: strerror(number))
            if number == ENOENT || number == ENOTDIR {
                throw Failure(
                    ExitStatus.noInput,
                    "The directory of \(path) is not there. Make it, or choose another place with \(option).")
            }
            throw Failure(
                ExitStatus.usage,
                "\(path) cannot be written: \(reason). Choose a place where you may write with \(option).")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        for other in others where other != "-" {
            var otherStatus = stat()
            if stat(other, &otherStatus) == 0, otherStatus.st_dev == status.st_dev, otherStatus.st_ino == status.st_ino
            {
                throw Failure(
                    ExitStatus.usage,
                    "\(option) would write over \(other), which this check reads or writes, too. Choose another file.")
            }
        }
        _ = ftruncate(descriptor, 0)
    }

    deinit { if descriptor > STDERR_FILENO { close(descriptor) } }

    func write(_ text: String) throws(Failure) {
        guard path != "-" else { return Console.output(text) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            // Safe: writes from the slice's own bytes.
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress!, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw Failure(
                    ExitStatus.internalError, "\(path) cannot be written: \(String(cString: strerror(errno))).")
            }
            bytes = bytes.dropFirst(count)
        }
    }
}
