// Invoices from a database behind three connections, which are in use four fifths of the time.

extension Ailment {
    static let poolTooSmall = Ailment("pool-too-small", "120 queries of 20 ms a second share three connections") {
        let pool = ObservedPool("invoices", capacity: 3)
        return PriceBoard().endpoints() + [
            Endpoint("GET /invoice/{id}", perSecond: 120) {
                _ = try await pool.query("select * from invoices where id = 17", taking: .milliseconds(20))
            }
        ]
    }
}
