// Figures of long polls by async stack, and what their samples saw: counted before anything has a name.

import Sessions

/// What is counted of the long polls of one async stack, kind and executor.
struct LongPollFigures: Sendable {
    var polls: UInt64 = 0
    var ticks: UInt64 = 0
    /// Durations in seconds; their sum comes from `ticks`.
    var durations = Histogram()
    var split = SplitTicks()
    var samples: UInt64 = 0
    /// Duration of the polls that have samples.
    var sampledTicks: UInt64 = 0
    var minorFaults: UInt64 = 0
    var majorFaults: UInt64 = 0

    // Wrapping: as in `SplitTicks`.
    mutating func merge(_ other: LongPollFigures) {
        polls &+= other.polls
        ticks &+= other.ticks
        durations.merge(other.durations)
        split.add(other.split)
        samples &+= other.samples
        sampledTicks &+= other.sampledTicks
        minorFaults &+= other.minorFaults
        majorFaults &+= other.majorFaults
    }
}

/// A sample whose stack is in the table.
struct SeenSample: Sendable {
    /// Without its frames.
    var sample: PollSample
    var stack: StackTrie.Node
}

struct LongPollTable: Sendable {
    /// What the samples of one kind of poll saw at one stack.
    struct Sight: Hashable, Sendable {
        var poll: PollKey
        var stack: StackTrie.Node
        var activity: SampleActivity
    }

    struct Weight: Sendable {
        var ticks: UInt64 = 0
        var samples: UInt64 = 0
    }

    private static let entriesMax = 65_536
    private static let sightsMax = 262_144

    private(set) var entries: [PollKey: LongPollFigures] = [:]
    private(set) var sights: [Sight: Weight] = [:]

    /// `samples` are the poll's own, in the order of time. Returns where its time went.
    mutating func add(_ poll: LongPoll, samples: [SeenSample], secondsPerTick: Double) -> SplitTicks {
        var key = PollKey(poll.context)
        if entries.count >= Self.entriesMax, entries[key] == nil { key.stack = 0 }
        let plain = samples.map(\.sample)
        var figures = LongPollFigures()
        figures.polls = 1
        figures.ticks = poll.durationTicks
        figures.durations.tally(Double(poll.durationTicks) * secondsPerTick)
        figures.split = SplitTicks(of: poll, samples: plain, ticksPerNanosecond: 1e-9 / secondsPerTick)
        figures.samples = UInt64(samples.count)
        figures.sampledTicks = samples.isEmpty ? 0 : poll.durationTicks
        if let last = plain.last, let first = last.first {
            // Wrapping: the kernel's counters are cut to 32 bits.
            figures.minorFaults = UInt64(last.reading.minorFaults &- first.minorFaults)
            figures.majorFaults = UInt64(last.reading.majorFaults &- first.majorFaults)
        }
        entries[key, default: LongPollFigures()].merge(figures)

        let weights = SampleWeights.of(
            plain.map(\.reading.at), start: poll.context.poll.start, duration: poll.durationTicks)
        for (seen, weight) in zip(samples, weights) {
            var sight = Sight(poll: key, stack: seen.stack, activity: SampleActivity(of: seen.sample))
            if sights.count >= Self.sightsMax, sights[sight] == nil { sight.stack = StackTrie.otherStacks }
            sights[sight, default: Weight()].ticks &+= weight
            sights[sight, default: Weight()].samples &+= 1
        }
        return figures.split
    }
}

extension PollKey {
    init(_ context: PollContext) {
        self.init(
            // An id that no session can give counts as a stack that was not captured.
            stack: context.stack <= Self.stackMax ? context.stack : 0,
            kind: PollKind(record: context.kind, flags: context.flags), executor: context.executor)
    }
}
