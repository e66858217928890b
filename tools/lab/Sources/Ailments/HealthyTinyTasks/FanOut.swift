// Healthy: requests that ask eight others at once and do little with the answers.

extension Ailment {
    static let healthyTinyTasks = Ailment("healthy-tiny-tasks", "requests of eight child tasks that do very little") {
        let board = PriceBoard()
        return board.endpoints() + [
            Endpoint("GET /basket/{id}", perSecond: 100) { _ = try await Basket(size: 8).total(board) }
        ]
    }
}

struct Basket: Sendable {
    var size: Int

    func total(_ board: PriceBoard) async throws -> Double {
        try await withThrowingTaskGroup(of: Double.self) { group in
            for article in 0..<size { group.addTask { try await board.quote("A\(article)") } }
            return try await group.reduce(0, +)
        }
    }
}
