// What can go wrong with a recording, in words for the person who has to do something about it.

import Glibc

/// A recording could not be written or read. The description is for the user: what happened, and what to do.
public struct RecordingError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// There is no such file.
        case notFound
        /// The file is there and cannot be read: no permission, a directory, a device.
        case notReadable
        /// The file has no bytes.
        case empty
        /// The file is something else than a recording.
        case foreign
        /// The file was made by a later format than this reader knows.
        case newer
        /// The file was a recording, and what is left of it cannot be used.
        case damaged
        /// The file to be written is there already.
        case exists
        /// The file cannot be created or written.
        case cannotWrite
        /// There is no space left for it.
        case full
        /// The recording was ended before: nothing can be added.
        case finished
    }

    public var code: Code
    /// What happened: a clause without a full stop.
    public var what: String
    /// What the user can do about it: a clause without a full stop.
    public var remedy: String
    /// The system's word for it, where there is one.
    public var cause: String?

    public init(code: Code, what: String, remedy: String, cause: String? = nil) {
        self.code = code
        self.what = what
        self.remedy = remedy
        self.cause = cause
    }

    public var description: String {
        let happened = cause.map { "\(what) (\($0))" } ?? what
        return "\(happened). \(remedy)."
    }
}

extension RecordingError {
    /// The system's text for an error number, such as "No such file or directory".
    static func text(ofErrno number: Int32) -> String {
        // Safe: strerror of glibc is thread-safe since 2.32; its NUL-terminated string lives until the thread's
        // next call.
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }
}
