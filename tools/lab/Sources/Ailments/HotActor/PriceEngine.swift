// One actor that every request goes through, 3 ms each.

extension Ailment {
    static let hotActor = Ailment("hot-actor", "every request goes through one actor, 3 ms each") {
        let rounds = await Calibration.units(in: .milliseconds(3)) { PriceEngine.discount(rounds: $0, seed: 17) }
        let shop = Shop(engine: PriceEngine(rounds: rounds))
        return PriceBoard().endpoints(quotesPerSecond: 40) + [
            Endpoint("GET /price/{id}", perSecond: 250) { _ = try await shop.price(of: 17) }
        ]
    }
}

struct Shop: Sendable {
    var engine: PriceEngine

    // planted: begin
    @inline(never)
    func price(of article: Int) async throws -> Int {
        // The article, from the database.
        try await Task.sleep(for: .milliseconds(2))
        return await engine.price(of: article)
    }
    // planted: end
}

actor PriceEngine {
    private let rounds: Int
    private var asked = 0

    init(rounds: Int) { self.rounds = rounds }

    // planted: begin
    func price(of article: Int) -> Int {
        asked += 1
        return Self.discount(rounds: rounds, seed: article + asked)
    }

    @inline(never)
    static func discount(rounds: Int, seed: Int) -> Int {
        var price = seed
        // Safe: a discount is arithmetic modulo 2^64.
        for round in 0..<rounds { price = (price ^ round) &* 31 &+ (price >> 7) }
        return price
    }
    // planted: end
}
