// A service of the lab, by its name: what is planted in it, and how it is opened.

struct Ailment: Sendable {
    var name: String
    /// What is planted, in a line.
    var summary: String
    /// Sets the service up, which may take a while, and says what it answers.
    var open: @Sendable () async throws -> [Endpoint]

    init(_ name: String, _ summary: String, open: @escaping @Sendable () async throws -> [Endpoint]) {
        self.name = name
        self.summary = summary
        self.open = open
    }
}
