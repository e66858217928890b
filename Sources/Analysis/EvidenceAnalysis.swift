// Evidence in, figures out: long polls with their samples, and blocking calls, in memory that does not grow with their
// number.

import CPollscopeLayout
import Sessions

public struct EvidenceAnalysis: Sendable {
    private let secondsPerTick: Double
    private(set) var longPolls = LongPollTable()
    private(set) var calls = CallTable()
    private(set) var stacks = StackTrie()
    private(set) var open = OpenPolls()
    /// Of single long polls, for the requests that they are part of.
    private(set) var splits = LongPollSplits()
    private(set) var samples: UInt64 = 0
    private(set) var samplesWithoutStack: UInt64 = 0
    private(set) var handlerTicksMax: UInt64 = 0
    private(set) var recordsLost: UInt64 = 0
    private(set) var samplesLost: UInt64 = 0

    public init(calibration: Calibration) { secondsPerTick = calibration.secondsPerTick }

    /// Takes what one look found, or several that follow on one another. Looks come in the order of time.
    public mutating func add(_ evidence: Evidence) {
        // Wrapping: counts of records; a hostile file gives wrong counts and no fault.
        recordsLost &+= evidence.recordsLost
        samplesLost &+= evidence.samplesLost
        for call in evidence.calls { calls.add(call, secondsPerTick: secondsPerTick) }
        open.beginPiece(evidence.longPolls)
        for sample in evidence.samples {
            samples &+= 1
            if sample.frames.isEmpty { samplesWithoutStack &+= 1 }
            handlerTicksMax = max(handlerTicksMax, sample.handlerTicks)
            open.add(sample, stack: stacks.insert(sample.frames, isCut: sample.isCut))
        }
        count(open.endPiece())
    }

    /// Ends the recording: polls that have not ended by now are unfinished.
    public mutating func finish() { count(open.endPiece()) }

    private mutating func count(_ ended: [OpenPolls.EndedPoll]) {
        for ended in ended {
            let split = longPolls.add(ended.poll, samples: ended.samples, secondsPerTick: secondsPerTick)
            splits.note(tid: ended.poll.context.poll.tid, start: ended.poll.context.poll.start.rawValue, split)
        }
    }
}
