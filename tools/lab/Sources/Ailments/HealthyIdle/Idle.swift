// Healthy: a service that hardly anybody asks.

extension Ailment {
    static let healthyIdle = Ailment("healthy-idle", "two requests a second") {
        PriceBoard().endpoints(quotesPerSecond: 2).filter { $0.name == "GET /quote" }
    }
}
