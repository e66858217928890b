// From counted allocations and names to the values of a report.

import CPollscopeLayout
import Sessions

extension AllocationReport {
    /// Of a session that counted allocations; `start` is the recording's begin.
    init(
        facts: RecordingFacts, analysis: PollAnalysis, evidence: AllocationAnalysis, cpu: CPUAccount, start: Ticks,
        names: inout StackNames, code: CodeNames
    ) {
        var stacks = AllocationCode(stacks: facts.stacks, code: code)
        let entries = evidence.table.sorted
        let sampled = AllocationPlaces(entries, types: facts.types, code: &stacks, names: &names)
        // Timings that were in memory already can be of other polls and another time than what they would be a part of.
        let times = facts.beginsWithHistory ? nil : evidence.times
        self.init(
            process: facts.allocated, processSeconds: facts.secondsOfCounters,
            inPolls: analysis.allocations,
            sites: AllocationSite.all(in: analysis, samples: entries, times: times, names: &names),
            places: sampled.lines, stacks: sampled.stacks, types: sampled.types,
            objectSamples: sampled.objectSamples, untypedSamples: sampled.untypedSamples, fate: sampled.fate,
            allocatorShare: times.flatMap { times in
                cpu.processNanoseconds.flatMap {
                    times.process.share(of: Double($0) * 1e-9, oneIn: times.calls)
                }
            },
            timings: evidence.times.timings, timingsInterrupted: evidence.times.interrupted,
            heap: HeapPoint.all(in: facts, since: start), sampleBytes: facts.info.allocationSampleBytes,
            samples: evidence.samples, samplesUntracked: evidence.untracked, recordsLost: evidence.recordsLost,
            recordsDropped: facts.countersAdded(\.allocationRecordsDropped),
            samplesMissing: AllocationProbes.samplesMissing(facts.info))
    }
}

extension HeapPoint {
    private static let shortestInterval = 0.1

    /// Between each look at the living process and the next.
    static func all(in facts: RecordingFacts, since start: Ticks) -> [HeapPoint] {
        let looks = facts.statuses.dropFirst(facts.beginsWithHistory ? 1 : 0)
        return zip(looks, looks.dropFirst()).compactMap { before, look in
            // A process that is gone has no memory.
            guard look.at > before.at, look.residentBytes > 0 else { return nil }
            let seconds = facts.calibration.seconds(look.at.since(before.at))
            // The last look may follow right on the one before it: nothing much happens between them.
            guard seconds >= shortestInterval else { return nil }
            func added(_ counter: KeyPath<SessionCounters, UInt64>) -> UInt64 {
                look.counters[keyPath: counter].subtractingClamped(before.counters[keyPath: counter])
            }
            let allocations = added(\.allocations)
            return HeapPoint(
                seconds: facts.calibration.seconds(look.at.since(start)), residentBytes: look.residentBytes,
                allocationsPerSecond: Double(allocations) / seconds,
                bytesPerSecond: Double(added(\.allocatedBytes)) / seconds,
                // Wrapping: the counters are a file's.
                blocksKept: Int64(bitPattern: allocations &- added(\.frees)))
        }
    }
}

extension RecordingFacts {
    /// The first look was made up of nothing: the recording begins with what was in a session's memory already, and its
    /// counters have counted since the session began.
    var beginsWithHistory: Bool {
        guard let first = statuses.first else { return true }
        return first.at > calibration.first.ticks && first.counters == SessionCounters()
    }

    /// What was counted between the first look and the last. With a single look, what was counted up to it is all that
    /// is known.
    var countersAdded: (KeyPath<SessionCounters, UInt64>) -> UInt64 {
        let first = statuses.count > 1 ? statuses.first?.counters : nil
        let last = statuses.last?.counters ?? SessionCounters()
        return { last[keyPath: $0].subtractingClamped((first ?? SessionCounters())[keyPath: $0]) }
    }

    /// What the process allocated.
    var allocated: AllocationCounts {
        let added = countersAdded
        return AllocationCounts(
            allocations: added(\.allocations), bytes: added(\.allocatedBytes), frees: added(\.frees))
    }

    /// The time that `countersAdded` is of.
    var secondsOfCounters: Double {
        guard let last = statuses.last else { return 0 }
        let isSinceStart = statuses.count == 1 || beginsWithHistory
        return calibration.seconds(last.at.since(isSinceStart ? calibration.first.ticks : statuses[0].at))
    }
}
