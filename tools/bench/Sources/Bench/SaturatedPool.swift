// A pool at saturation, made up: threads that take jobs in their order, some of them long, and a queue behind them.

import CPollscopeLayout
import Recording
import Sessions

struct SaturatedPool {
    let threads: Int
    /// Of all jobs.
    private var random: UInt64 = 88_172_645_463_325_252

    init(threads: Int) { self.threads = threads }

    private static let looksEvery: UInt64 = 5_000_000
    private static let meanTicks = 20_000.0

    /// Xorshift: good enough for arrivals, and the same everywhere.
    private mutating func number() -> UInt64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return random
    }

    /// A clock of a nanosecond a tick; the threads are busy for 95 % of the time.
    mutating func record(_ polls: UInt64, to path: String) throws {
        let end = UInt64(Double(polls) * Self.meanTicks / (0.95 * Double(threads)))
        let last = ClockAnchor(ticks: Ticks(end), monotonicNanoseconds: end)
        let writer = try RecordingWriter(
            sink: FileSink(path: path, whenPresent: .replace),
            info: SessionInfo(
                processID: 1, processStart: 1, executable: "/pool", runtimeVersion: "", processors: threads, clock: 1,
                wallNanoseconds: 0, ringRecords: 16_384, pollCostTicks: 45, probes: []),
            calibration: Calibration(
                first: ClockAnchor(ticks: Ticks(0), monotonicNanoseconds: 0), last: last, nominalHertz: 1_000_000_000),
            modules: [])
        var free = [UInt64](repeating: 0, count: threads)
        var written = [UInt64](repeating: 0, count: threads)
        var gathered = [[pollscope_poll_record]](repeating: [], count: threads)
        var look = Self.looksEvery
        var arrival: UInt64 = 0
        let gapMax = UInt64(2 * Self.meanTicks / (0.95 * Double(threads)))
        for job in 0..<polls {
            arrival += number() % gapMax
            var thread = 0
            for other in 1..<max(1, threads) where free[other] < free[thread] { thread = other }
            var poll = pollscope_poll_record()
            poll.kind = UInt8(POLLSCOPE_RECORD_TASK.rawValue)
            poll.executor = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue)
            poll.waker = UInt16(POLLSCOPE_NO_SLOT)
            poll.start_ticks = max(arrival + 200, free[thread] + 150)
            poll.wait_ticks = poll.start_ticks - arrival
            // One in a hundred takes half of the time.
            poll.duration_ticks = number() % 100 == 0 ? 1_000_000 : number() % 20_000
            poll.task = UInt32(truncatingIfNeeded: job)
            poll.stack = UInt32(1 + number() % 200)
            free[thread] = poll.endTime
            gathered[thread].append(poll)
            guard arrival >= look else { continue }
            look = arrival + Self.looksEvery
            try write(&gathered, &written, to: writer)
        }
        try write(&gathered, &written, to: writer)
        try writer.finish()
    }

    private func write(
        _ gathered: inout [[pollscope_poll_record]], _ written: inout [UInt64], to writer: RecordingWriter
    ) throws {
        for thread in gathered.indices {
            try writer.write(
                PollBatch(
                    thread: ThreadIdentity(
                        tid: UInt32(100 + thread), slot: UInt16(thread), claimed: Ticks(0), name: "pool"),
                    ring: UInt32(thread), firstSequence: written[thread], lost: 0, polls: gathered[thread],
                    running: nil))
            written[thread] += UInt64(gathered[thread].count)
            gathered[thread].removeAll(keepingCapacity: true)
        }
    }
}

extension pollscope_poll_record {
    fileprivate var endTime: UInt64 { start_ticks + duration_ticks }
}
