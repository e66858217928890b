// A thread does not use more CPU time than passes, and no account goes back.
//
// CPU time and the time are read one after the other, and whoever reads them can lose its CPU in between, for a turn of
// the kernel's; and the kernel keeps CPU time by a clock that is not adjusted, where the recording's time is: the two
// differ by half a thousandth at most (the limit of adjtimex), which counts for polls of minutes.

import Sessions

struct CPUTimeLaw {
    private(set) var result = LawResult(
        name: "CPU time is possible",
        statement:
            "Between two readings of a thread in one poll its CPU time, its waits for a CPU and its page faults do "
            + "not go back, and its CPU time grows by no more than passes.")

    private let calibration: Calibration
    private static let adjustment = 0.001

    init(calibration: Calibration) { self.calibration = calibration }

    mutating func add(_ sample: PollSample) {
        guard let first = sample.first else { return }
        let now = sample.reading
        check(sample.context.poll, from: first, to: now.at, now.cpuNanoseconds)
        // The counts are of 32 bits: a difference beyond the half of that is one backwards.
        let minorFaults = Int32(bitPattern: now.minorFaults &- first.minorFaults)
        let majorFaults = Int32(bitPattern: now.majorFaults &- first.majorFaults)
        result.expect(
            first.runQueueNanoseconds ?? 0 <= now.runQueueNanoseconds ?? .max && minorFaults >= 0 && majorFaults >= 0,
            else:
                "\(sample.context.poll.text): an account went back between \(first.at.rawValue) and \(now.at.rawValue)")
    }

    mutating func add(_ poll: LongPoll) {
        guard let first = poll.first, let end = poll.endCPUNanoseconds else { return }
        let start = poll.context.poll.start
        // Wrapping: of a damaged recording; the comparison then fails.
        let endTicks = Ticks(start.rawValue &+ poll.durationTicks)
        result.expect(
            first.at >= start, else: "\(poll.context.poll.text): it was first read before, at \(first.at.rawValue)")
        check(poll.context.poll, from: first, to: endTicks, end)
    }

    private mutating func check(_ poll: PollIdentity, from first: ThreadReading, to at: Ticks, _ cpu: UInt64) {
        guard cpu > 0, first.cpuNanoseconds > 0 else { return }  // the kernel would not say
        let passed = at > first.at ? calibration.seconds(at.rawValue - first.at.rawValue) : 0
        let mostSeconds = passed * (1 + Self.adjustment) + SamplesLaw.turnSeconds
        let isPossible =
            cpu >= first.cpuNanoseconds && Double(cpu - first.cpuNanoseconds) * 1e-9 <= mostSeconds
        result.expect(
            isPossible,
            else:
                "\(poll.text): CPU time went from \(first.cpuNanoseconds) to \(cpu) ns between \(first.at.rawValue) and "
                + "\(at.rawValue) (ticks)")
    }
}
