// Why the collector does not start: a sentence, and the exit status that says of which kind it is.

public struct ServeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The raw value is the exit status, from sysexits.h.
    public enum Code: Int32, Sendable {
        /// An option says what it cannot.
        case usage = 64
        /// A file does, or others can read or write it who should not.
        case badData = 65
        /// A file is not there, or cannot be read.
        case noInput = 66
        /// The machine does not let it: a port in use, a folder that cannot be made.
        case unavailable = 70
    }

    public var code: Code
    /// What is wrong, where, and what to do; a sentence or two, in one line.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
