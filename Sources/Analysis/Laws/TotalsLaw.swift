// Totals add up: whatever polls are sorted by, there are as many.

struct TotalsLaw {
    private(set) var result = LawResult(
        name: "totals add up",
        statement: "Sites, executors and histograms each count as many polls as the recording holds.")

    init(model: ReportModel, polls: UInt64) {
        func sum(_ counts: some Sequence<UInt64>) -> UInt64 { counts.reduce(0, &+) }
        let totals: [(what: String, polls: UInt64)] = [
            ("the report", model.polls),
            ("sites", sum(model.sites.map(\.polls))),
            ("executors", sum(model.executors.map(\.polls))),
            ("the histograms of polls", sum(model.executors.map(\.pollHistogram.count))),
            ("the histograms of waits", sum(model.executors.map(\.waitHistogram.count))),
            ("the buckets of polls", sum(model.executors.map { Self.inBuckets($0.pollHistogram) })),
            ("the buckets of waits", sum(model.executors.map { Self.inBuckets($0.waitHistogram) })),
        ]
        for total in totals {
            result.expect(total.polls == polls, else: "\(total.what): \(total.polls) polls, where \(polls) were read")
        }
        for executor in model.executors {
            let ofSites = sum(model.sites.filter { $0.executor == executor.name }.map(\.polls))
            result.expect(
                ofSites == executor.polls,
                else: "\(executor.name): \(executor.polls) polls, where its sites have \(ofSites)")
        }
    }

    private static func inBuckets(_ histogram: Histogram) -> UInt64 {
        histogram.buckets.reduce(histogram.zeroCount) { $0 &+ $1.count }
    }
}
