// Totals add up: whatever polls are sorted by, there are as many.

struct TotalsLaw {
    private(set) var result = LawResult(
        name: "totals add up",
        statement:
            "Sites, executors and histograms each count as many polls as the recording holds; histograms of waits "
            + "count those whose wait is known.")

    /// What was read of polls.
    struct Polls {
        var polls: UInt64 = 0
        var turns: UInt64 = 0
        /// Whose wait is known; of turns it is told with their event loop, not with the executor.
        var waits: UInt64 = 0
        var waitsOfTurns: UInt64 = 0

        // Wrapping: there are no more of them than a recording has records.
        var all: UInt64 { polls &+ turns }
        var waitsOfAll: UInt64 { waits &+ waitsOfTurns }
    }

    init(model: ReportModel, read: Polls) {
        func sum(_ counts: some Sequence<UInt64>) -> UInt64 { counts.reduce(0, &+) }
        let polls: [(what: String, count: UInt64)] = [
            ("the report", model.polls),
            ("sites", sum(model.sites.map(\.polls))),
            ("executors", sum(model.executors.map(\.polls))),
            ("the histograms of polls", sum(model.executors.map(\.pollHistogram.count))),
            ("the buckets of polls", sum(model.executors.map { Self.inBuckets($0.pollHistogram) })),
            ("the sites' histograms of polls", sum(model.sites.map(\.pollHistogram.count))),
        ]
        for (what, count) in polls {
            result.expect(count == read.all, else: "\(what): \(count) polls, where \(read.all) were read")
        }
        let waits: [(what: String, count: UInt64, read: UInt64)] = [
            ("the histograms of waits", sum(model.executors.map(\.waitHistogram.count)), read.waits),
            ("the buckets of waits", sum(model.executors.map { Self.inBuckets($0.waitHistogram) }), read.waits),
            ("the sites' histograms of waits", sum(model.sites.map(\.waitHistogram.count)), read.waitsOfAll),
        ]
        for (what, count, read) in waits {
            result.expect(count == read, else: "\(what): \(count) waits, where \(read) were read")
        }
        for executor in model.executors {
            // Sites on default actors have the actor's type where others have the executor.
            let sites = model.sites.filter {
                executor.kind == .actors ? $0.executorKind == .actors : $0.executor == executor.name
            }
            let ofSites = sum(sites.map(\.polls))
            result.expect(
                ofSites == executor.polls,
                else: "\(executor.name): \(executor.polls) polls, where its sites have \(ofSites)")
        }
    }

    private static func inBuckets(_ histogram: Histogram) -> UInt64 {
        histogram.buckets.reduce(histogram.zeroCount) { $0 &+ $1.count }
    }
}
