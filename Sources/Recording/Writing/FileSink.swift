// The file that a recording is written to.

import Glibc

/// Writes to a file. A chunk is handed to the system at once and nothing is held back here, so that a
/// collector that is killed loses what it had not put in a chunk and no more.
public final class FileSink: ByteSink {
    /// What to do when the file is there already.
    public enum WhenPresent: Sendable {
        case fail
        case replace
    }

    public let path: String
    private var descriptor: Int32

    /// Creates the file with mode 0644, less the umask.
    ///
    /// - Throws: `exists`, `notFound` (its directory), `full` or `cannotWrite`.
    public init(path: String, whenPresent: WhenPresent = .fail) throws(RecordingError) {
        self.path = path
        let mode: mode_t = 0o644
        let present = whenPresent == .fail ? O_EXCL : O_TRUNC
        var result: Int32
        repeat {
            result = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | present, mode)
        } while result < 0 && errno == EINTR
        descriptor = result
        if result < 0 { throw Self.error(creating: path, errno) }
    }

    deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            // Safe: the pointer and count are of the same slice.
            let slice = UnsafeRawBufferPointer(rebasing: rest)
            let written = Glibc.write(descriptor, slice.baseAddress, slice.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw error(writing: errno)
            }
            // A system that takes no byte of some will not take them the next time either.
            if written == 0 { throw error(writing: ENOSPC) }
            rest = rest.dropFirst(written)
        }
    }

    public func close() throws(RecordingError) {
        guard descriptor >= 0 else { return }
        let closed = descriptor
        descriptor = -1
        // The descriptor is gone whatever close says; EINTR means nothing here.
        if Glibc.close(closed) != 0, errno != EINTR { throw error(writing: errno) }
    }

    private static func error(creating path: String, _ number: Int32) -> RecordingError {
        let cause = RecordingError.text(ofErrno: number)
        switch number {
        case EEXIST:
            return RecordingError(
                code: .exists, what: "\(path) is there already",
                remedy: "Choose another name with -o, or remove it", cause: nil)
        case ENOENT, ENOTDIR:
            return RecordingError(
                code: .notFound, what: "The directory of \(path) is not there",
                remedy: "Make it, or choose another name with -o", cause: cause)
        case ENOSPC, EDQUOT:
            return RecordingError(
                code: .full, what: "There is no space for \(path)",
                remedy: "Free some space, or record to another file system with -o", cause: cause)
        default:
            return RecordingError(
                code: .cannotWrite, what: "\(path) cannot be created",
                remedy: "Choose a place where you may write with -o", cause: cause)
        }
    }

    private func error(writing number: Int32) -> RecordingError {
        let cause = RecordingError.text(ofErrno: number)
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            return RecordingError(
                code: .full, what: "There is no space left for \(path)",
                remedy: "What was written until now can be read; free some space and record again for more",
                cause: cause)
        default:
            return RecordingError(
                code: .cannotWrite, what: "\(path) cannot be written",
                remedy: "What was written until now can be read; see to the disk and record again for more",
                cause: cause)
        }
    }
}
