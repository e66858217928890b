// Requests begin once and end once, and events say of each other what is so.
//
// A look reads one ring after the other, so an end can come before its begin. It waits, then.

import CPollscopeLayout
import Recording
import Sessions

struct RequestEventsLaw {
    private var law = LawResult(
        name: "requests begin, then end",
        statement:
            "Each end has one begin in the recording, unless that is counted as lost or was before it; the end says "
            + "when that was, and is not earlier; a request has the number of its begin's place.")

    private struct End {
        var at: UInt64
        var since: UInt64
    }
    /// Numbers of a ring that are not in the recording.
    private struct Gap {
        var from: UInt64
        var to: UInt64
    }

    private var open: [UInt64: UInt64] = [:]  // by number: when it began
    private var ended = RecentNumbers(capacity: 1 << 20)
    private var unmatched: [UInt64: End] = [:]
    private var gaps: [UInt32: [Gap]] = [:]
    private var next: [UInt32: UInt64] = [:]
    /// More was open, or missing, than is kept: of an end without a begin nothing can be said any more.
    private var isGivenUp = false

    private static let openMax = 1 << 20
    private static let unmatchedMax = 1 << 16
    private static let gapsMax = 1 << 12

    mutating func add(_ batch: EventBatch) {
        for run in batch.runs { add(run) }
        for record in batch.records {
            switch UInt32(record.kind) {
            case POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue: begin(record)
            case POLLSCOPE_EVENT_REQUEST_ENDED.rawValue: end(record)
            default: break
            }
        }
    }

    private mutating func add(_ run: EvidenceRun) {
        guard let ring = run.ring else { return }
        let known = next[ring] ?? 0
        // Wrapping: any number can stand in a damaged recording.
        next[ring] = run.first &+ run.count
        guard run.first > known else { return }
        if gaps[ring, default: []].count >= Self.gapsMax {
            isGivenUp = true
        } else {
            gaps[ring, default: []].append(Gap(from: known, to: run.first))
        }
    }

    private mutating func begin(_ record: pollscope_event_record) {
        law.expect(
            UInt32(truncatingIfNeeded: Self.place(of: record.number)) == record.sequence
                && record.since_ticks <= record.at_ticks,
            else: "request \(Self.text(record.number)) is event \(record.sequence) of its ring, and arrived at "
                + "\(record.since_ticks), and began at \(record.at_ticks)")
        if let end = unmatched.removeValue(forKey: record.number) {
            match(record.number, begin: record.at_ticks, end)
        } else if open.count < Self.openMax {
            law.expect(
                open.updateValue(record.at_ticks, forKey: record.number) == nil,
                else: "request \(Self.text(record.number)) began twice")
        } else {
            isGivenUp = true
        }
    }

    private mutating func end(_ record: pollscope_event_record) {
        let end = End(at: record.at_ticks, since: record.since_ticks)
        if let begin = open.removeValue(forKey: record.number) {
            match(record.number, begin: begin, end)
        } else if !ended.contains(record.number) {
            // What a service ends twice is the service's business.
            if unmatched.count < Self.unmatchedMax { unmatched[record.number] = end } else { isGivenUp = true }
        }
    }

    private mutating func match(_ number: UInt64, begin: UInt64, _ end: End) {
        ended.insert(number)
        law.expect(
            begin == end.since && begin <= end.at,
            else: "request \(Self.text(number)) began at \(begin), and its end at \(end.at) says \(end.since)")
    }

    /// Which of its ring's events a request began with.
    private static func place(of number: UInt64) -> UInt64 {
        // Wrapping: any number can stand in a damaged recording.
        (number & (1 << 48 - 1)) &- 1
    }

    private static func text(_ number: UInt64) -> String { "\(number >> 48)/\(place(of: number))" }

    func result(isWhole: Bool) -> LawResult {
        var law = law
        guard isWhole, !isGivenUp else { return law }
        for (number, end) in unmatched.sorted(by: { $0.key < $1.key }) {
            let ring = UInt32(truncatingIfNeeded: number >> 48)
            let place = Self.place(of: number)
            let isHere =
                place < next[ring] ?? 0 && !(gaps[ring] ?? []).contains { $0.from <= place && place < $0.to }
            law.expect(!isHere, else: "request \(Self.text(number)) ended at \(end.at), and never began")
        }
        return law
    }
}
