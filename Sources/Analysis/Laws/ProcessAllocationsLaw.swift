// What polls allocated, the process allocated.
//
// Polls that lie inside others count with these. The first look at the counters is a moment later than it says: polls
// that began around it may be in the first counts, and are left out.

import CPollscopeLayout
import Sessions

struct ProcessAllocationsLaw {
    private var law = LawResult(
        name: "polls allocate what the process does",
        statement:
            "The allocations, bytes and frees of the recording's polls are each no more than the process's between "
            + "the first look and the last; the process's do not go back.")

    private let begin: UInt64
    /// `nil`: with a single look nobody knows.
    private let process: AllocationCounts?
    private var polls = AllocationCounts()

    init(facts: RecordingFacts) {
        process = facts.statuses.count > 1 ? facts.allocated : nil
        let looks = facts.statuses.map { AllocationCounts(of: $0.counters) }
        // Where nothing had been counted, all that polls allocated comes after it.
        if looks.first ?? AllocationCounts() == AllocationCounts() {
            begin = 0
        } else {
            let slack = UInt64(min(TimesLaw.slackSeconds / facts.calibration.secondsPerTick, 0x1p62))
            begin = (facts.statuses.first?.at.rawValue ?? 0).addingClamped(slack)
        }
        for (number, (before, look)) in zip(looks, looks.dropFirst()).enumerated() {
            for (what, earlier, later) in Self.pairs(before, look) where earlier > 0 || later > 0 {
                law.expect(earlier <= later, else: "look \(number + 2): \(earlier) \(what) became \(later)")
            }
        }
    }

    private static func pairs(_ a: AllocationCounts, _ b: AllocationCounts) -> [(String, UInt64, UInt64)] {
        [
            ("allocations", a.allocations, b.allocations), ("allocated bytes", a.bytes, b.bytes),
            ("frees", a.frees, b.frees),
        ]
    }

    @inline(__always)
    mutating func add(_ poll: pollscope_poll_record) {
        if !poll.isNested, poll.start_ticks >= begin { polls.add(AllocationCounts(of: poll)) }
    }

    func result(isWhole: Bool) -> LawResult {
        var law = law
        guard isWhole, let process else { return law }
        for (what, own, all) in Self.pairs(polls, process) where own > 0 {
            law.expect(own <= all, else: "\(own) \(what) of polls, \(all) of the process")
        }
        return law
    }
}
