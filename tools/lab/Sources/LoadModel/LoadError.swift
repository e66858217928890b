// What can keep the load generator from its work, in words that say what to do about it.

package struct LoadError: Error, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        case badDuration
        case badRoute
        case badTarget
        case notLoopback
        case unreachable
        case noAnswers
    }

    package var code: Code
    package var whatHappened: String
    package var remedy: String

    package init(_ code: Code, _ whatHappened: String, remedy: String) {
        self.code = code
        self.whatHappened = whatHappened
        self.remedy = remedy
    }

    package var description: String { "\(whatHappened): \(remedy)" }
}
