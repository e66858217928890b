// The heavy work of the service: what a portfolio could lose, item by item.

struct Risk: Codable, Sendable {
    var items: Int
    var value: Double
    var worst: Double
}

struct RiskModel: Sendable {
    var valuation: Valuation

    /// Other tasks may run after every so many items; 0 is never.
    var yieldEvery: Int

    /// What the ledger and the market data take to answer.
    var downstream = Duration.milliseconds(1)

    func score(_ portfolio: Portfolio) async throws -> Risk {
        try await Task.sleep(for: downstream)  // the positions, from the ledger
        try await Task.sleep(for: downstream)  // today's volatility, from the market data

        var risk = Risk(items: portfolio.size, value: 0, worst: .infinity)
        for item in 0..<portfolio.size {
            let value = valuation.value(of: portfolio[item])
            risk.value += value
            risk.worst = min(risk.worst, value)

            if yieldEvery > 0, (item + 1).isMultiple(of: yieldEvery) {
                await Task.yield()
            }
        }
        return risk
    }
}
