// Names of one kind that a service may have: the first so many by themselves, the rest together.

/// Keeps the number of series bounded, whatever names a service makes up.
struct NameLimit<Key: Hashable & Sendable>: Sendable {
    private let most: Int
    private(set) var names: Set<Key> = []
    /// How often a name was not let in.
    private(set) var refused: UInt64 = 0

    init(most: Int) { self.most = most }

    /// Whether `name` has a series of its own.
    mutating func admits(_ name: Key) -> Bool {
        if names.contains(name) { return true }
        guard names.count < most else {
            refused &+= 1
            return false
        }
        names.insert(name)
        return true
    }
}

/// How many of each a service can have. A service of all of them makes some 20,000 series: a bad day for whoever made up
/// the names, and none for the store.
enum NameLimits {
    static let services = 256
    static let executors = 32
    static let sites = 100
    static let culprits = 50
    static let calls = 64
    static let requests = 50
    static let pools = 32
    static let findings = 20
    /// Stands for all that have no series of their own.
    static let other = "other"
}
