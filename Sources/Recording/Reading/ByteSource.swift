// Where the bytes of a recording come from: read at any place, by any thread.

import Glibc

protocol ByteSource: AnyObject, Sendable {
    var byteCount: UInt64 { get }

    /// Fills `buffer` with the bytes from `offset` on; fewer only where there are no more.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(RecordingError) -> Int
}

final class MemorySource: ByteSource {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var byteCount: UInt64 { UInt64(bytes.count) }

    func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(RecordingError) -> Int {
        guard offset < byteCount else { return 0 }
        let from = Int(offset)
        let count = min(buffer.count, bytes.count - from)
        bytes.withUnsafeBytes { all in
            // Safe: count is within both.
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[from..<(from + count)]))
        }
        return count
    }
}

/// A file, as long as it was when it was opened: a recording still being written is read up to there.
final class FileSource: ByteSource {
    let byteCount: UInt64
    private let descriptor: Int32
    private let path: String

    /// - Throws: `notFound` or `notReadable`.
    init(path: String) throws(RecordingError) {
        self.path = path
        // Not to wait for the other end if it is a pipe; a regular file does not care.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            let number = errno
            byteCount = 0
            throw Self.error(opening: path, number)
        }
        var status = stat()
        // Safe: fstat fills in the struct that it is given.
        guard fstat(descriptor, &status) == 0 else {
            byteCount = 0
            throw Self.error(opening: path, errno)
        }
        byteCount = UInt64(max(0, status.st_size))
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR:
            throw Self.notReadable("\(path) is a directory", cause: nil)
        default:
            throw Self.notReadable("\(path) is not a regular file", cause: nil)
        }
    }

    deinit { if descriptor >= 0 { _ = close(descriptor) } }

    func read(
        at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(RecordingError) -> Int {
        var done = 0
        while done < buffer.count, offset < byteCount {
            guard let position = off_t(exactly: offset + UInt64(done)) else { break }
            // Safe: the rest of the buffer from done on.
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, position)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.notReadable(
                    "\(path) cannot be read at byte \(position)", cause: RecordingError.text(ofErrno: errno))
            }
            done += count
        }
        return done
    }

    private static func error(opening path: String, _ number: Int32) -> RecordingError {
        let cause = RecordingError.text(ofErrno: number)
        switch number {
        case ENOENT, ENOTDIR:
            return RecordingError(
                code: .notFound, what: "There is no file \(path)",
                remedy: "Check the name; `pollscope record -o FILE` makes a recording")
        case EACCES, EPERM:
            return RecordingError(
                code: .notReadable, what: "\(path) cannot be opened",
                remedy: "Read it as the user who recorded it, or have its permissions changed", cause: cause)
        default:
            return notReadable("\(path) cannot be opened", cause: cause)
        }
    }

    private static func notReadable(_ what: String, cause: String?) -> RecordingError {
        RecordingError(
            code: .notReadable, what: what, remedy: "Give a file that `pollscope record` wrote", cause: cause)
    }
}
