// A page that is drawn on the main actor, which has more to draw than it can.

extension Ailment {
    static let mainActor = Ailment("main-actor", "pages are drawn on the main actor, 6 ms each, 130 a second") {
        let cells = await Calibration.units(in: .milliseconds(6)) { Dashboard.paint(cells: $0, seed: 3) }
        let pages = await Pages(dashboard: Dashboard(cells: cells))
        return PriceBoard().endpoints(quotesPerSecond: 60) + [
            Endpoint("GET /dashboard", perSecond: 130) { _ = try await pages.dashboardPage() }
        ]
    }
}

struct Pages: Sendable {
    var dashboard: Dashboard

    // planted: begin
    @inline(never)
    func dashboardPage() async throws -> Int {
        // What is on it, from the database.
        try await Task.sleep(for: .milliseconds(2))
        return await dashboard.page()
    }
    // planted: end
}

@MainActor
final class Dashboard {
    private let cells: Int
    private var drawn = 0

    init(cells: Int) { self.cells = cells }

    // planted: begin
    func page() -> Int {
        drawn += 1
        return Self.paint(cells: cells, seed: drawn)
    }

    @inline(never)
    nonisolated static func paint(cells: Int, seed: Int) -> Int {
        var colour = seed
        // Safe: colours are arithmetic modulo 2^64.
        for cell in 0..<cells { colour = (colour ^ cell) &* 131 &+ (colour >> 9) }
        return colour
    }
    // planted: end
}
