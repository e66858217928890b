// Why a check cannot be made as it was asked for.

import Wording

public struct CheckError: Error, Sendable, Hashable {
    public enum Code: Sendable, Hashable {
        /// An option says what it cannot.
        case usage
        /// The file of limits does.
        case badData
    }

    public var code: Code
    /// What is wrong, where, and what is allowed; a sentence.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension Limit.Origin {
    /// An error at this place: `--max-poll: …` or `limits.yml:3: max-poll: …`.
    func error(_ key: String, _ sentence: String) -> CheckError {
        switch self {
        case .option, .standard: CheckError(.usage, "--\(key): \(sentence)")
        case .file(let name, let line): CheckError(.badData, "\(name.printable):\(line): \(key): \(sentence)")
        }
    }
}
