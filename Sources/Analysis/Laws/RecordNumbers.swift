// The numbers of records of one kind: whether they are whole, but for what is counted as lost.

import Sessions

/// What the laws about numbers have in common. Rings, and rings that have no number, are numbered each by itself.
struct RecordNumbers {
    /// What had been counted when a recording began: in the end of a longer one the first numbers follow on records that
    /// were not kept.
    enum Before {
        case nothing
        /// At most so many in the one ring, where they are counted; `nil`: they are not.
        case counted(UInt64?)
    }

    private let what: String
    private let before: Before
    private var next: [UInt32?: UInt64] = [:]
    private var numbered: UInt64 = 0
    private var found: UInt64 = 0

    /// `what` names the records in violations.
    init(_ what: String, before: Before) {
        self.what = what
        self.before = before
    }

    /// What there had been before a recording.
    static func before(_ facts: RecordingFacts, _ counter: KeyPath<SessionCounters, UInt64>? = nil) -> Before {
        guard facts.isWindow else { return .nothing }
        return .counted(counter.map { facts.statuses.first?.counters[keyPath: $0] ?? 0 })
    }

    /// Takes the runs of a piece of evidence, how many records are in it, and how many it counts as lost.
    mutating func add(_ runs: some Sequence<EvidenceRun>, found count: Int, lost: UInt64, to law: inout LawResult) {
        // Wrapping here and below: any number can stand in a damaged recording.
        found &+= UInt64(count)
        var lacking: UInt64 = 0
        for run in runs {
            let first = run.first &- run.lost &- run.passedOver
            let expected = next[run.ring, default: 0]
            law.expect(
                first == expected || next[run.ring] == nil && mayBeFirst(first),
                else:
                    "\(name(of: run.ring)): after number \(expected) and \(run.lost) lost and \(run.passedOver) older "
                    + "ones comes number \(run.first)")
            next[run.ring] = run.first &+ run.count
            numbered &+= run.count
            lacking &+= run.lost
        }
        if lost != lacking {
            law.violate("\(lost) \(what) are counted as lost, where the numbers lack \(lacking)")
        }
    }

    /// Judges a recording of which nothing is missing; `counted`: how many records the session has counted, at least
    /// and at most, in its one ring.
    func finish(_ law: inout LawResult, counted: ClosedRange<UInt64>? = nil) {
        if found != numbered { law.violate("\(found) \(what) are there, and \(numbered) have a number") }
        guard let counted, counted.upperBound > 0 else { return }
        var seen: UInt64 = 0
        if case .counted(let earlier?) = before { seen = earlier }
        if let last = next[nil as UInt32?] { seen = last }
        law.expect(
            counted.contains(seen),
            else:
                "the session counted \(counted.lowerBound) to \(counted.upperBound) \(what), and \(seen) are here, "
                + "lost or older")
    }

    private func mayBeFirst(_ number: UInt64) -> Bool {
        switch before {
        case .nothing: false
        case .counted(let counted): number <= counted ?? .max
        }
    }

    private func name(of ring: UInt32?) -> String { ring.map { "ring \($0)" } ?? "the \(what)" }

    /// As with polls: the last look at the counters follows the last look at the records, so only the one before it is
    /// a bound from below.
    static func counted(_ facts: RecordingFacts, _ counter: KeyPath<SessionCounters, UInt64>) -> ClosedRange<UInt64>? {
        let counted = facts.statuses.map { $0.counters[keyPath: counter] }.suffix(2)
        guard counted.count == 2, let least = counted.first, let most = counted.last, least <= most else { return nil }
        return least...most
    }
}
