// Samples lie inside their polls.
//
// The watcher looks at a poll, and looks again that it still runs: so the sample is of that poll. But the poll's end is
// read first thing when it ends, and the thread can lose its CPU before it says that nothing runs any more. Until then
// the watcher takes it for running. It is a matter of microseconds, or of the time that the kernel gives to another
// thread: a few milliseconds.

import CPollscopeLayout
import Sessions

struct SamplesLaw {
    private(set) var result = LawResult(
        name: "samples lie inside their polls",
        statement:
            "A sample, the reading before it and the call that it saw come after the poll's start, in this order of "
            + "time, and before the poll's end.")

    /// What another thread takes of a CPU before its turn ends, in a kernel as slow as they are (100 Hz).
    static let turnSeconds = 0.010

    private let slack: UInt64

    init(calibration: Calibration) {
        slack = UInt64(min(Self.turnSeconds / calibration.secondsPerTick, 0x1p62))
    }

    mutating func add(_ sample: PollSample) {
        let poll = sample.context.poll
        let at = sample.reading.at
        let first = sample.first?.at ?? at
        result.expect(
            at >= poll.start && first >= poll.start && first <= at,
            else: "\(poll.text): a sample at \(at.rawValue), and a reading before it at \(first.rawValue)")
        guard let call = sample.callStart else { return }
        result.expect(
            call >= poll.start && call <= at,
            else: "\(poll.text): a sample at \(at.rawValue) in a call that began at \(call.rawValue)")
    }

    mutating func checkEnd(of poll: PollIdentity, at end: UInt64, lastSample: Ticks) {
        let (latest, overflows) = end.addingReportingOverflow(slack)
        result.expect(
            overflows || lastSample.rawValue <= latest,
            else: "\(poll.text): it ended at \(end), and was sampled at \(lastSample.rawValue)")
    }
}
