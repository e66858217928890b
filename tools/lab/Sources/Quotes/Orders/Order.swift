// Orders, and what keeps them.

struct Order: Codable, Sendable {
    var id: Int
    var symbol: String
    var quantity: Int
    var price: Double

    /// Those that are there from the beginning, numbered from 1.
    static let seeded = 1_000
    static let quantities = 1...1_000_000
}

protocol OrderStore: Sendable {
    /// Nil: there is none.
    func order(_ id: Int) async throws -> Order?

    /// The number of the new order.
    func add(symbol: String, quantity: Int, price: Double) async throws -> Int

    func close() async throws
}
