// Healthy: a pool of connections that is as large as it has to be.

extension Ailment {
    static let healthyPool = Ailment("healthy-pool", "80 queries of 10 ms a second share six connections") {
        let pool = ObservedPool("customers", capacity: 6)
        return PriceBoard().endpoints() + [
            Endpoint("GET /customer/{id}", perSecond: 80) {
                _ = try await pool.query("select * from customers where id = 17", taking: .milliseconds(10))
            }
        ]
    }
}
