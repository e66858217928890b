// Reports that nobody waits for, with the priority of the urgent request that starts them: a task inherits it. Where each
// priority has threads of its own, as here, all that is urgent waits for the reports, and what is not does not.

extension Ailment {
    static let priorityInversion = Ailment(
        "priority-inversion", "reports inherit a high priority, and hold its threads"
    ) {
        let rows = await Calibration.units(in: .milliseconds(50)) { NightlyReports.section(rows: $0, seed: 3) }
        let reports = NightlyReports(rows: rows)
        let board = PriceBoard()
        return board.endpoints(quotesPerSecond: 50) + [
            Endpoint("POST /order", perSecond: 60, priority: .high) { _ = try await board.quote("ACME") },
            Endpoint("POST /reports", perSecond: 3, arrivals: .constant, priority: .high) { reports.begin() },
        ]
    }
}

struct NightlyReports: Sendable {
    /// Of a section.
    var rows: Int

    /// Four sections, which the request does not wait for.
    func begin() {
        Task {
            var section = 3
            for _ in 0..<4 {
                // The next section's rows, from the warehouse.
                try await Task.sleep(for: .milliseconds(60))
                section = Self.section(rows: rows, seed: section)
            }
        }
    }

    // planted: begin
    @inline(never)
    static func section(rows: Int, seed: Int) -> Int {
        var total = seed
        // Safe: a checksum is arithmetic modulo 2^64.
        for row in 0..<rows { total = (total ^ row) &* 131 &+ (total >> 11) }
        return total
    }
    // planted: end
}
