// Sessions from a database behind 200 connections, of which a handful is ever in use.

extension Ailment {
    static let poolTooLarge = Ailment("pool-too-large", "200 connections for 100 queries of 20 ms a second") {
        let pool = ObservedPool("sessions", capacity: 200)
        return PriceBoard().endpoints() + [
            Endpoint("GET /session/{id}", perSecond: 100) {
                _ = try await pool.query("select * from sessions where id = 17", taking: .milliseconds(20))
            }
        ]
    }
}
