// The laws about requests: they hold of what a service does, and each is broken by what it forbids.

import CPollscopeLayout
import Recording
import Sessions
import Testing

@testable import Analysis

@Suite("Request laws")
struct RequestLawTests {
    /// Two requests of one thread, one of another, and what it takes to tell of them.
    private static func world() -> (facts: RecordingFacts, batch: EventBatch, polls: [MadeBatch]) {
        var made = MadeRequests()
        let first = made.begin(1, at: 10, task: 5, thread: 0)
        made.make(6, by: 5, at: 12, thread: 0)
        let second = made.begin(2, at: 20, task: 6, thread: 1)
        made.acquire(1, since: 22, at: 30, task: 6, thread: 1)
        // It ended on a thread whose ring is read before that of its begin.
        made.end(second, at: 45, task: 6, thread: 0)
        made.end(first, at: 60, task: 5, thread: 0)
        made.poll(5, on: 0, 0, 0, 13)
        made.poll(6, on: 1, 12, 15, 50, by: 0)
        made.poll(5, on: 0, 40, 52, 70, by: 1)
        var batch = EventBatch()
        batch.records = made.events.sorted { ($0.tid, $0.at_ticks) < ($1.tid, $1.at_ticks) }
        batch.runs = (0..<2).map { ring in
            EvidenceRun(
                ring: UInt32(ring), first: 0, count: UInt64(batch.records.count { $0.tid == 100 + UInt32(ring) }),
                passedOver: 0, lost: 0)
        }
        // The order of the numbers, not of the calls above.
        var next: [UInt32: UInt32] = [:]
        for index in batch.records.indices {
            batch.records[index].sequence = next[batch.records[index].tid, default: 0]
            next[batch.records[index].tid, default: 0] += 1
        }
        var status = Made.status(at: 1)
        status.pools = [PoolStatus(number: 1, name: "database", isOpen: true, capacity: 5, opened: Ticks(1))]
        var facts = Made.facts(threads: 2, statuses: [status])
        facts.requestNames = [
            1: RequestName(number: 1, text: "GET /", isCut: false),
            2: RequestName(number: 2, text: "query", isCut: false),
        ]
        let polls = (0..<2).map { thread in
            MadeBatch(thread, made.polls.filter { $0.thread == thread }.map(\.poll))
        }
        return (facts, batch, polls)
    }

    private static func results(_ change: (inout EventBatch) -> Void = { _ in }) -> [LawResult] {
        var (facts, batch, polls) = world()
        change(&batch)
        var laws = RequestLaws(facts: facts)
        laws.add(batch)
        for poll in polls { poll.withThreadPolls { laws.add($0) } }
        facts.unfinished = []
        return laws.results(isWhole: true)
    }

    private static func broken(_ change: (inout EventBatch) -> Void) -> [String] {
        results(change).filter { !$0.holds }.map(\.name)
    }

    @Test("hold of what a service does")
    func holds() {
        for result in Self.results() {
            #expect(result.holds, "\(result.name): \(result.examples)")
            #expect(result.checked > 0, "\(result.name)")
        }
    }

    @Test("an end whose begin is not there, though its ring is whole")
    func missingBegin() {
        #expect(
            Self.broken { batch in
                let place = batch.records.firstIndex { UInt32($0.kind) == POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue }!
                batch.records[place].kind = UInt8(POLLSCOPE_EVENT_REQUEST_TRACED.rawValue)
            }.contains("requests begin, then end"))
    }

    @Test("an end without a begin is right where that was lost, or was before the recording")
    func lostBegin() {
        for passedOver in [UInt64(0), 1] {
            let broken = Self.broken { batch in
                batch.records.removeFirst()
                batch.runs[0] = EvidenceRun(
                    ring: 0, first: 1, count: batch.runs[0].count - 1, passedOver: passedOver, lost: 1 - passedOver)
                batch.lost = 1 - passedOver
            }
            #expect(broken.isEmpty)
        }
    }

    @Test("an end that says another begin, and one before its begin")
    func wrongTimes() {
        for change in [-1, 1] {
            #expect(
                Self.broken { batch in
                    let place = batch.records.firstIndex { UInt32($0.kind) == POLLSCOPE_EVENT_REQUEST_ENDED.rawValue }!
                    let since = batch.records[place].since_ticks
                    batch.records[place].since_ticks = change < 0 ? since - 1 : since + 1
                } == ["requests begin, then end"])
        }
    }

    @Test("a service that ends a request twice breaks no law")
    func endedTwice() {
        let broken = Self.broken { batch in
            var again = batch.records.last { UInt32($0.kind) == POLLSCOPE_EVENT_REQUEST_ENDED.rawValue }!
            again.sequence += 1
            again.at_ticks += 5
            batch.records.append(again)
            batch.runs[0].count += 1
        }
        #expect(broken.isEmpty)
    }

    @Test("a name, a pool or a kind that is not there")
    func references() {
        for change: @Sendable (inout pollscope_event_record) -> Void in [
            { $0.subject = 9 }, { $0.detail = 77 }, { $0.kind = 99 },
        ] {
            #expect(Self.broken { change(&$0.records[0]) }.contains("events lead somewhere"))
        }
        #expect(
            Self.broken { batch in
                let place = batch.records.firstIndex { UInt32($0.kind) == POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue }!
                batch.records[place].subject = 2
            } == ["events lead somewhere"])
    }

    @Test("a gap in the numbers that nobody counts as lost")
    func gap() {
        #expect(Self.broken { $0.runs[1].first = 3 }.contains("events are numbered whole"))
        let shorter = Self.broken { batch in _ = batch.records.popLast() }
        #expect(shorter.contains("events are numbered whole"))
    }
}
