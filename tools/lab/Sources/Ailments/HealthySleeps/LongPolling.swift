// Healthy: requests that wait for news for a second, asleep, and hundreds of them at once.

extension Ailment {
    static let healthySleeps = Ailment("healthy-sleeps", "requests sleep for a second until there is news") {
        PriceBoard().endpoints() + [
            Endpoint("GET /news", perSecond: 200) { try await Task.sleep(for: .seconds(1)) }
        ]
    }
}
