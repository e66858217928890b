// What the check of a law gives: how often it was looked at, and where it did not hold.

/// One law over one recording.
public struct LawResult: Sendable, Hashable {
    /// Short, for tables: `polls do not overlap`.
    public var name: String
    /// The whole law in a sentence.
    public var statement: String
    /// How many times the law was put to the test; 0: the recording holds nothing that it speaks of.
    public var checked: UInt64 = 0
    public var violations: UInt64 = 0
    /// The first violations in words.
    public var examples: [String] = []

    public static let examplesKept = 5

    public var holds: Bool { violations == 0 }

    init(name: String, statement: String) {
        self.name = name
        self.statement = statement
    }

    @inline(__always)
    mutating func expect(_ condition: Bool, else example: @autoclosure () -> String) {
        checked &+= 1
        if !condition { violate(example()) }
    }

    /// `example` is put into words only if it is kept: a broken recording can violate a law at every poll.
    mutating func violate(_ example: @autoclosure () -> String) {
        violations &+= 1
        if examples.count < Self.examplesKept { examples.append(example()) }
    }
}
