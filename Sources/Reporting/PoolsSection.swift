// Pools: how many are in use, how long acquiring takes and holds last, and which size would do.

import Analysis

struct PoolsSection {
    private static let shown = 12

    func append(_ model: ReportModel, to page: inout Page) {
        if !model.pools.isEmpty { table(model.pools, to: &page) }
        guard model.poolsRefused > 0 else { return }
        if model.pools.isEmpty { page.line() }
        page.sentence("Pools that there was no room for: \(Quantity.count(model.poolsRefused)).", indent: 2)
    }

    private func table(_ pools: [PoolReport], to page: inout Page) {
        FigureTable<PoolReport>(
            title: "POOLS",
            columns: [
                FigureColumn("size") { $0.capacity.map { Quantity.shortCount(UInt64($0)) } ?? "?" },
                FigureColumn("in use") { Quantity.threeDigits($0.inUseMean) },
                FigureColumn("peak", isSpare: true) { Quantity.shortCount(UInt64(max(0, $0.inUsePeak))) },
                FigureColumn("rate", isSpare: true) { Quantity.rate($0.perSecond) },
                FigureColumn("wait P50", isSpare: true) { Quantity.duration($0.waitSeconds.p50) },
                FigureColumn("wait P99") { Quantity.duration($0.waitSeconds.p99) },
                FigureColumn("hold P50") { Quantity.duration($0.holdSeconds.p50) },
                FigureColumn("hold P99", isSpare: true) { Quantity.duration($0.holdSeconds.p99) },
            ]
        ).append(pools.prefix(Self.shown), name: \.name, to: &page) { pool, page in
            let isWrong = pool.advice?.verdict == .tooSmall || pool.advice?.verdict == .saturated
            page.sentence(PoolText.advice(pool), indent: 6, mark: isWrong ? page.ink.alarm : { $0 })
            if pool.acquired > 0 || pool.failed > 0 { page.sentence(PoolText.figures(pool), indent: 6) }
            for problem in PoolText.problems(pool) { page.sentence(problem, indent: 6) }
        }
        if pools.count > Self.shown {
            page.line(page.ink.faint("  … and \(pools.count - Self.shown) more; the JSON report has them all"))
        }
    }
}
