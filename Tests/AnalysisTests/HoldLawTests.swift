// The laws of actors, event loops and custom executors: each holds on a recording that is whole, and fails on one in which
// it alone was broken.

import CPollscopeLayout
import Recording
import Sessions
import Testing

@testable import Analysis

@Suite struct HoldLawTests {
    private static let type = ObjectType(id: 7, name: "Quotes.Ledger")

    /// A drain of two jobs and a task that takes an actor over; on another thread a turn with a job in it, and a work.
    private var good: [MadeBatch] {
        let nested: [pollscope_poll_flags] = [POLLSCOPE_POLL_NESTED]
        return [
            MadeBatch(
                0,
                [
                    Made.hold(2_010, 20, wait: 500, task: 1),
                    Made.poll(2_010, 20, wait: 500, task: 1, flags: nested, executor: POLLSCOPE_EXECUTOR_ACTOR),
                    Made.hold(2_040, 30, task: 2),
                    Made.poll(2_040, 30, task: 2, flags: nested, executor: POLLSCOPE_EXECUTOR_ACTOR),
                    Made.poll(2_000, 100, wait: 40, task: 9, kind: POLLSCOPE_RECORD_ACTOR),
                    Made.hold(3_050, 20, actor: 2, task: 3, flags: [POLLSCOPE_HOLD_AT_ONCE]),
                    Made.hold(3_080, 20, task: 3, flags: [POLLSCOPE_HOLD_AT_ONCE]),
                    Made.poll(3_000, 100, task: 3),
                ]),
            MadeBatch(
                1,
                [
                    Made.poll(5_100, 50, wait: 30, task: 4, flags: nested, on: 17),
                    Made.poll(
                        5_000, 1_000, wait: 90, kind: POLLSCOPE_RECORD_TURN, flags: [POLLSCOPE_POLL_WAIT_AT_MOST],
                        on: 16),
                    Made.poll(6_500, 20, kind: POLLSCOPE_RECORD_WORK, on: 18),
                    Made.poll(7_000, 10, task: 4, flags: [POLLSCOPE_POLL_WAIT_UNKNOWN]),
                ]),
        ]
    }

    private func facts(polls: UInt64 = 7, holds: UInt64 = 4, turns: UInt64 = 1) -> RecordingFacts {
        var statuses = [
            Made.status(at: 0, enqueues: 1), Made.status(at: 1, polls: polls, enqueues: 20),
            Made.status(at: 2, polls: polls, enqueues: 20),
        ]
        for index in 1...2 {
            statuses[index].counters.holds = holds
            statuses[index].counters.turns = turns
        }
        var facts = Made.facts(statuses: statuses)
        facts.types[7] = Self.type
        for number: UInt8 in 16...18 {
            facts.executors[number] = ExecutorIdentity(
                number: number, kind: POLLSCOPE_EXECUTOR_QUEUE.rawValue, type: number == 17 ? 7 : 0, name: "files",
                identity: UInt64(number))
        }
        return facts
    }

    private func results(_ chunks: [[MadeBatch]], facts: RecordingFacts? = nil) -> [LawResult] {
        var laws = RecordingLaws(facts: facts ?? self.facts())
        for chunk in chunks { laws.add(chunk: chunk) }
        return laws.results()
    }

    private func broken(_ chunks: [[MadeBatch]], facts: RecordingFacts? = nil) -> [String] {
        results(chunks, facts: facts).filter { !$0.holds }.map(\.name)
    }

    /// The good recording with one record changed.
    private func broken(thread: Int, _ record: Int, _ change: (inout pollscope_poll_record) -> Void) -> [String] {
        var chunk = good
        change(&chunk[thread].polls[record])
        return broken([chunk])
    }

    private let inside = "holds lie inside their polls"
    private let once = "an actor is held once at a time"

    @Test func aWholeRecordingBreaksNone() {
        for result in results([good]) {
            #expect(result.holds, "\(result.name): \(result.examples)")
            #expect(
                result.checked > 0
                    || LawTests.ofEvidence.union(LawTests.ofAllocations).union(LawTests.ofEvents).contains(result.name),
                "\(result.name)")
        }
    }

    @Test func holdsAndTurnsAreNumberedAndCountedWithPolls() {
        var chunk = good
        chunk[0].polls[2].sequence = 9
        #expect(broken([chunk]) == ["sequence numbers are whole"])
        #expect(broken([good], facts: facts(holds: 5)) == ["counters agree"])
        #expect(broken([good], facts: facts(polls: 6, turns: 2)) == [], "a turn is counted a moment before its record")
        #expect(broken([good], facts: facts(polls: 4, turns: 4)) == ["counters agree"])
        #expect(broken([good], facts: facts(polls: 8, holds: 3)) == ["counters agree"])
    }

    @Test func aHoldThatIsNotInsideItsPoll() {
        #expect(broken(thread: 0, 0) { $0.duration_ticks = 21 } == [inside])
        #expect(broken(thread: 0, 5) { $0.start_ticks = 2_990 } == [inside])
        // Nobody's: its poll is not there.
        var chunk = good
        chunk[0] = MadeBatch(0, chunk[0].polls + [Made.hold(8_000, 5), Made.poll(8_100, 10, task: 6)])
        #expect(broken([chunk], facts: facts(polls: 8, holds: 5)) == [inside])
        // It may be among the lost.
        let lost = MadeBatch(0, first: 10, lost: 1, [Made.poll(8_100, 10, task: 6)])
        chunk[0] = MadeBatch(0, good[0].polls + [Made.hold(8_000, 5)])
        #expect(broken([chunk, [lost]], facts: facts(polls: 9, holds: 5)) == [])
    }

    @Test func holdsOfAThreadThatOverlap() {
        // Of two actors in one poll.
        #expect(broken(thread: 0, 6) { $0.start_ticks = 3_060 } == [inside])
    }

    @Test func aHoldOfAnotherTaskThanItsPolls() {
        #expect(broken(thread: 0, 0) { $0.task = 2 } == [inside])
        // The kinds of job that are no tasks have other numbers.
        var chunk = good
        chunk[0].polls[1].kind = UInt8(POLLSCOPE_RECORD_OTHER.rawValue)
        chunk[0].polls[0].task = 99
        #expect(broken([chunk]) == [])
    }

    @Test func aHoldAroundANestedPollWithAHoldOfItsOwn() {
        let nested: [pollscope_poll_flags] = [POLLSCOPE_POLL_NESTED]
        let polls = [
            Made.hold(2_005, 1, actor: 4, task: 1), Made.hold(2_030, 10, actor: 3, task: 2),
            Made.poll(2_030, 10, task: 2, flags: nested), Made.hold(2_010, 50, task: 1), Made.poll(2_000, 100, task: 1),
        ]
        #expect(broken([[MadeBatch(0, polls)]], facts: facts(polls: 2, holds: 3, turns: 0)) == [])
    }

    @Test func twoThreadsThatHoldAnActorAtOnce() {
        func chunks(_ start: UInt64, actor: UInt32 = 1, type: UInt16 = 7) -> [[MadeBatch]] {
            var hold = Made.hold(start, 5_000, actor: actor, task: 5)
            hold.waker = type
            let last = MadeBatch(1, first: 4, [hold, Made.poll(start, 5_000, task: 5)])
            let first = MadeBatch(0, [Made.hold(20_000, 5_000, task: 1), Made.poll(20_000, 5_000, task: 1)])
            return [[good[1]], [first, last]]
        }
        let facts = facts(polls: 5, holds: 2)
        #expect(broken(chunks(22_000), facts: facts) == [once])
        #expect(broken(chunks(20_000), facts: facts) == [once])
        #expect(broken(chunks(18_000), facts: facts) == [once])
        #expect(broken(chunks(25_000), facts: facts) == [])
        // Two cores' counters differ by a microsecond at most.
        #expect(broken(chunks(24_100), facts: facts) == [])
        #expect(broken(chunks(22_000, actor: 2), facts: facts) == [])
        #expect(broken(chunks(22_000, type: 0), facts: facts) == [])
        // The one that began first comes in a later chunk.
        let turned = Array(chunks(18_000)[1].reversed()).map { [$0] }
        #expect(broken(chunks(18_000)[..<1] + turned, facts: facts) == [once])
    }

    @Test func actorsThatWereForgottenAreNotJudged() {
        var law = ActorsLaw(calibration: Made.calibration, actorsKept: 4)
        func add(_ hold: pollscope_poll_record) {
            MadeBatch(0, [hold]).withThreadPolls { law.add($0) }
            law.endChunk()
        }
        for actor in UInt32(1)...20 { add(Made.hold(UInt64(actor) * 10_000, 10_000, actor: actor)) }
        add(Made.hold(12_000, 10, actor: 1))
        #expect(law.result.checked == 0)
        add(Made.hold(202_000, 10, actor: 20))
        #expect(law.result.violations == 1)
    }

    @Test func flagsThatCannotBe() {
        let flags = ["flags fit"]
        #expect(broken(thread: 0, 4) { $0.flags = 1 << 6 } == flags)
        #expect(broken(thread: 0, 0) { $0.flags = 1 } == flags)
        #expect(broken(thread: 0, 0) { $0.flags = UInt8(POLLSCOPE_HOLD_AT_ONCE.rawValue) } == flags)
        #expect(broken(thread: 1, 3) { $0.wait_ticks = 5 } == flags)
        #expect(broken(thread: 1, 2) { $0.flags = UInt8(POLLSCOPE_POLL_WAIT_AT_MOST.rawValue) } == flags)
        #expect(
            broken(thread: 1, 1) { $0.flags |= UInt8(POLLSCOPE_POLL_NESTED.rawValue) }.contains("flags fit"),
            "a turn lies in nothing")
    }

    @Test func turnsOfAThreadThatOverlap() {
        var chunk = good
        chunk[1] = MadeBatch(
            1, good[1].polls + [Made.poll(6_900, 500, kind: POLLSCOPE_RECORD_TURN, on: 16)])
        #expect(broken([chunk], facts: facts(turns: 2)) == ["polls of a thread do not overlap"])
    }

    @Test func whatHoldsAndExecutorsReferToThatIsNotThere() {
        let references = ["references lead somewhere"]
        #expect(broken(thread: 0, 0) { $0.stack = 99 } == references)
        #expect(broken(thread: 0, 6) { $0.waker = 8 } == references)
        #expect(broken(thread: 0, 6) { $0.executor = UInt8(POLLSCOPE_EXECUTOR_GLOBAL.rawValue) } == references)
        #expect(broken(thread: 1, 0) { $0.executor = 19 } == references)
        var facts = facts()
        facts.executors[17]?.type = 8
        #expect(broken([good], facts: facts) == references)
    }

    @Test func timesOfHoldsThatCannotBe() {
        #expect(broken(thread: 0, 0) { $0.wait_ticks = 2_000 } == ["times are possible"])
    }

    @Test func aPollWhoseWaitIsNotKnownIsOutsideTheLawOfEnqueues() {
        let unknown: [pollscope_poll_flags] = [POLLSCOPE_POLL_WAIT_UNKNOWN]
        func chunk(_ later: pollscope_poll_record) -> [[MadeBatch]] {
            [[MadeBatch(0, [Made.poll(2_000, 100, task: 1, flags: unknown), later])]]
        }
        let facts = facts(polls: 2, holds: 0, turns: 0)
        // Enqueued at the very moment at which the poll before started.
        #expect(broken(chunk(Made.poll(3_000, 10, wait: 1_000, task: 1)), facts: facts) == [])
        #expect(broken(chunk(Made.poll(3_000, 10, task: 1, flags: unknown)), facts: facts) == [])
        #expect(
            broken(chunk(Made.poll(3_000, 10, wait: 1_001, task: 1)), facts: facts) == ["one start for each enqueue"])
    }

    @Test func waitsThatAreNotKnownAreInNoHistogram() throws {
        var analysis = PollAnalysis(calibration: Made.calibration)
        analysis.add(chunk: good)
        let model = ReportModel(facts: facts(), analysis: analysis, naming: Made.name)
        #expect(model.polls == 8)
        let read = TotalsLaw.Polls(polls: 7, turns: 1, waits: 6, waitsOfTurns: 1)
        #expect(TotalsLaw(model: model, read: read).result.holds)
        for (waits, ofTurns): (UInt64, UInt64) in [(7, 0), (7, 1), (6, 0), (5, 1)] {
            let other = TotalsLaw.Polls(polls: 7, turns: 1, waits: waits, waitsOfTurns: ofTurns)
            #expect(!TotalsLaw(model: model, read: other).result.holds)
        }
    }
}
