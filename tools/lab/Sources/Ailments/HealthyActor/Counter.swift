// Healthy: an actor that every request asks, for microseconds.

extension Ailment {
    static let healthyActor = Ailment("healthy-actor", "an actor is asked 500 times a second, for microseconds") {
        let counter = VisitCounter()
        return PriceBoard().endpoints() + [
            Endpoint("GET /page/{id}", perSecond: 500) { _ = await counter.visit(17) }
        ]
    }
}

actor VisitCounter {
    private var visits: [Int: Int] = [:]

    func visit(_ page: Int) -> Int {
        visits[page, default: 0] += 1
        return visits[page] ?? 0
    }
}
