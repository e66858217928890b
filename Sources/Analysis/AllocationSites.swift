// Allocations by site: exact figures of its polls, with what samples and timings say of them.

import Sessions

extension AllocationSite {
    private struct Gathered {
        var figures = AllocationFigures()
        var polls: UInt64 = 0
        /// Poll time outside observed calls.
        var workTicks: UInt64 = 0
        var fates = SampledFates()
        var times = AllocatorTimes.Sum()
    }

    /// By allocated bytes, most first. `times` is `nil` where timings are not of the same polls as the figures.
    static func all(
        in analysis: PollAnalysis, samples: [(key: AllocationTable.Key, entry: AllocationTable.Entry)],
        times: AllocatorTimes?, names: inout StackNames
    ) -> [AllocationSite] {
        var sites: [SiteKey: Gathered] = [:]
        for entry in analysis.stacks.entries {
            let key = SiteKey(entry.key, names: &names)
            sites[key, default: Gathered()].figures.merge(entry.allocations)
            // Wrapping: as in `PollFigures`.
            sites[key, default: Gathered()].polls &+= entry.figures.polls
            sites[key, default: Gathered()].workTicks &+=
                entry.figures.pollTicks.subtractingClamped(entry.figures.blockedTicks)
        }
        for (key, entry) in samples {
            guard let poll = key.poll else { continue }
            sites[SiteKey(poll, names: &names)]?.fates.merge(entry.fates)
        }
        for (poll, sum) in times?.polls ?? [:] { sites[SiteKey(poll, names: &names)]?.times.merge(sum) }

        let all = analysis.allocations.bytes
        return
            sites
            .filter { $0.value.figures.counts.allocations > 0 || $0.value.figures.counts.frees > 0 }
            .sorted { a, b in
                let (bytes, others) = (a.value.figures.counts.bytes, b.value.figures.counts.bytes)
                return bytes != others ? bytes > others : a.key.comesBefore(b.key)
            }
            .map { key, gathered in
                AllocationSite(
                    site: key.site, kind: key.kind, executor: names.executor(of: key),
                    polls: gathered.polls, allocations: gathered.figures.allocationsPerPoll,
                    bytes: gathered.figures.bytesPerPoll, frees: gathered.figures.counts.frees,
                    share: all > 0 ? min(1, Double(gathered.figures.outermostBytes) / Double(all)) : 0,
                    garbage: gathered.fates.garbage,
                    allocatorShare: times.flatMap {
                        gathered.times.share(of: analysis.clock.seconds(gathered.workTicks), oneIn: $0.calls)
                    })
            }
    }
}
