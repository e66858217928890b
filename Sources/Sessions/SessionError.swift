// What can go wrong with sessions, in words for the user.

/// An error about a session, its file or its process.
public struct SessionError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// There is no such process, session or file.
        case notFound
        /// The process runs but is not observed.
        case notInstrumented
        /// Somebody else's, or unreadable for another reason.
        case notReadable
        /// No session file at all, or one that was never completed.
        case foreign
        /// Written by another version of Pollscope.
        case otherVersion
        /// A session file whose contents contradict each other.
        case damaged
    }

    public let code: Code
    /// What happened, a sentence.
    public let message: String
    /// What can be done about it, a sentence; empty where nothing can.
    public let remedy: String

    public init(_ code: Code, _ message: String, remedy: String = "") {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    public var description: String { remedy.isEmpty ? message : "\(message) \(remedy)" }
}
