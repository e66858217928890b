// Requests that do not go by the book: without an end, without a begin, too many, lost. All are counted, and nothing
// crashes.

import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

@Suite("Request analysis")
struct RequestAnalysisTests {
    /// A service with so many requests of one poll each.
    static func simple(_ count: Int) -> MadeRequests {
        var made = MadeRequests()
        for index in 0..<count {
            let moment = Double(index * 100)
            let request = made.begin(at: moment + 10, task: UInt32(index + 1))
            made.end(request, at: moment + 60, task: UInt32(index + 1))
            made.poll(UInt32(index + 1), on: 0, moment, moment + 5, moment + 70)
        }
        return made
    }

    @Test("outcomes, counts and durations are those that were told")
    func counts() {
        var made = Self.simple(10)
        for (index, outcome) in [
            POLLSCOPE_OUTCOME_ERROR, POLLSCOPE_OUTCOME_CANCELLED, POLLSCOPE_OUTCOME_TIMED_OUT,
        ].enumerated() {
            let task = UInt32(100 + index)
            let moment = 2_000 + Double(index) * 100
            let request = made.begin(at: moment, task: task)
            made.end(request, at: moment + 50, task: task, outcome)
            made.poll(task, on: 0, moment, moment, moment + 60)
        }
        let results = made.results()
        let figures = results.figures()
        #expect(figures?.count == 13)
        #expect(figures?.errors == 1 && figures?.cancelled == 1 && figures?.timedOut == 1)
        #expect(figures?.ticks == 13 * 50 * MadeRequests.tick)
        #expect(results.counts.begun == 13 && results.counts.ended == 13 && results.openCount == 0)
    }

    @Test("requests that never end are open, oldest first")
    func neverEnded() {
        var made = Self.simple(3)
        made.begin(2, at: 500, task: 50)
        made.begin(3, at: 400, task: 51, arrived: 350)
        made.poll(50, on: 0, 450, 450, 520)
        let results = made.results()
        #expect(results.openCount == 2)
        #expect(results.open.map(\.name) == [3, 2])
        #expect(results.open.first?.start == MadeRequests.ticks(350))
        #expect(results.counts.begun == 5 && results.counts.ended == 3)
    }

    @Test("an end without a begin, and an end after the end, are counted, however late")
    func strangeEnds() {
        var made = Self.simple(3)
        let first = made.events[0].number
        made.end(first, at: 90, task: 1)
        made.end(first, at: 5_000, task: 1)
        made.end(12_345, at: 5_100, task: 9)
        let results = made.results(flushes: [1_000, 2_000, 3_000])
        #expect(results.counts.endedTwice == 2)
        #expect(results.counts.endsWithoutBegin == 1)
        #expect(results.counts.ended == 3)
        #expect(results.figures()?.count == 3)
    }

    @Test("a request is called what its end says, if that says anything")
    func renamed() {
        var made = MadeRequests()
        let request = made.begin(0, at: 10, task: 5)
        made.end(request, at: 20, task: 5, name: 7)
        made.poll(5, on: 0, 0, 0, 30)
        let results = made.results()
        #expect(results.figures(of: 7)?.count == 1)
        #expect(results.counts.namesRefused == 0)
    }

    @Test("a request outside all tasks is outside")
    func withoutTask() {
        var made = MadeRequests()
        let request = made.begin(at: 10, task: 0)
        made.end(request, at: 60, task: 0)
        #expect(made.results().anatomy() == [.outside: 50])
    }

    @Test("a request whose poll goes on for many flushes waits for it")
    func longPollAfterEnd() {
        var made = MadeRequests()
        let request = made.begin(at: 10, task: 5)
        made.end(request, at: 60, task: 5)
        made.poll(5, on: 0, 0, 0, 1_000)
        #expect(made.results(flushes: [100, 200, 300, 400, 500, 600]).anatomy() == [.onCPU: 50])
    }

    @Test("polls that had not ended when the recording did count up to then")
    func unfinished() {
        var made = MadeRequests()
        let request = made.begin(at: 10, task: 5)
        made.end(request, at: 60, task: 5)
        made.running = [RunningPoll(thread: 0, poll: Made.poll(MadeRequests.ticks(0), 70_000, task: 5))]
        #expect(made.results().anatomy() == [.onCPU: 50])
    }

    @Test("a request during which records were lost has a duration, and no anatomy")
    func lost() {
        let made = Self.simple(20)
        let byPolls = made.results {
            $0.addLoss(from: Ticks(MadeRequests.ticks(520)), to: Ticks(MadeRequests.ticks(630)))
        }
        #expect(byPolls.counts.withoutAnatomy == 2)
        #expect(byPolls.figures()?.count == 20)
        #expect(byPolls.figures()?.buckets.reduce(0) { $0 + $1.value.count } == 18)
        var losing = made
        losing.lostEvents = 3
        // Nobody knows where in the last chunk they were.
        let byEvents = losing.results(flushes: [1_000])
        #expect(byEvents.counts.recordsLost == 3)
        #expect(byEvents.counts.withoutAnatomy == 10)
    }

    @Test("100,000 requests in flight at once")
    func manyAtOnce() {
        var analysis = RequestAnalysis(facts: Made.facts(threads: 2))
        let count = 100_000
        var events: [pollscope_event_record] = []
        var polls: [pollscope_poll_record] = []
        for turn in 0..<2 {
            for index in 0..<count {
                let start = 10_000 + UInt64(turn * count + index) * 100
                var event = pollscope_event_record()
                event.kind = UInt8(
                    turn == 0 ? POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue : POLLSCOPE_EVENT_REQUEST_ENDED.rawValue)
                event.detail = 1
                event.at_ticks = start + 20
                event.number = UInt64(index) + 1
                event.subject = 1
                event.task = UInt32(index) + 1
                event.tid = 100
                events.append(event)
                polls.append(Made.poll(start, 50, wait: turn == 0 ? 0 : 30, task: UInt32(index) + 1))
            }
            analysis.add(events, runs: [], lost: 0, until: Ticks(events.last?.at_ticks ?? 0))
            MadeBatch(0, polls).withThreadPolls { analysis.add($0) }
            events = []
            polls = []
        }
        analysis.finish(unfinished: [])
        let results = analysis.results
        #expect(results.counts.balanced == UInt64(count) && results.counts.unbalanced == 0)
        #expect(results.anatomyTicks(.onCPU) == UInt64(count) * 50)
        #expect(results.anatomyTicks(.executorWait) == UInt64(count) * 30)
        #expect(analysis.tasks.allSatisfy { $0.memberships.isEmpty } && analysis.pieceCount == 0)
        #expect(analysis.requestPlaces.isEmpty && analysis.taskPlaces.isEmpty)
    }

    @Test("beyond their bounds, requests are counted, and the others keep their anatomy")
    func bounds() {
        var limits = RequestAnalysis.Limits()
        limits.openRequests = 8
        var leaking = MadeRequests()
        for index in 0..<40 { leaking.begin(2, at: Double(index), task: UInt32(500 + index)) }
        let request = leaking.begin(at: 100, task: 5)
        leaking.end(request, at: 150, task: 5)
        leaking.poll(5, on: 0, 90, 90, 160)
        let leaked = leaking.results(limits: limits)
        #expect(leaked.openCount == 40)
        #expect(leaked.anatomy() == [.onCPU: 50])

        // A request that stays open over thousands of polls, with a part at its end.
        limits = RequestAnalysis.Limits()
        limits.piecesOfTask = 16
        var long = MadeRequests()
        let whole = long.begin(1, at: 0, task: 5)
        for index in 0..<100 { long.poll(5, on: 0, Double(index * 10), Double(index * 10), Double(index * 10 + 5)) }
        let part = long.begin(2, at: 981, task: 5)
        long.end(part, at: 994, task: 5)
        long.end(whole, at: 995, task: 5)
        let bounded = long.results(limits: limits)
        #expect(bounded.counts.withoutAnatomy == 1)
        #expect(bounded.anatomy(of: 2, .part) == [.onCPU: 8, .outside: 5])

        // One that makes more tasks than are told apart.
        limits = RequestAnalysis.Limits()
        limits.tasksOfGroup = 10
        var wide = MadeRequests()
        let root = wide.begin(1, at: 0, task: 5)
        for index in 0..<50 { wide.make(UInt32(100 + index), by: 5, at: 1 + Double(index) * 0.1) }
        wide.poll(5, on: 0, 0, 0, 10)
        wide.poll(100, on: 1, 1, 20, 40, by: 0)
        wide.poll(5, on: 0, 30, 31, 50, by: 1)
        wide.end(root, at: 45, task: 5)
        #expect(wide.results(limits: limits).counts.withoutAnatomy == 1)
        #expect(wide.results().counts.withoutAnatomy == 0)
    }

    @Test("events and polls of no sense at all", arguments: 0..<40)
    func hostile(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let isWild = seed % 2 == 1
        // Small numbers meet each other; wild ones are at the ends of their ranges.
        func number() -> UInt64 {
            let small = random.next() % 40
            guard isWild, random.next() % 3 == 0 else { return small }
            return [0, 1, .max, .max - 1, 1 << 63, 1 << 48, random.next()][Int(random.next() % 7)]
        }
        var limits = RequestAnalysis.Limits()
        limits.openRequests = 20
        limits.piecesOfTask = 8
        limits.pieces = 60
        limits.tasksOfGroup = 6
        limits.waitingRecords = 300
        limits.settleEvery = 50
        limits.wakes = 200
        var analysis = RequestAnalysis(facts: Made.facts(threads: 4), limits: limits)
        for _ in 0..<60 {
            var events: [pollscope_event_record] = []
            for _ in 0..<20 {
                var event = pollscope_event_record()
                event.kind = UInt8(random.next() % 10)
                event.detail = UInt8(truncatingIfNeeded: number())
                event.flags = UInt16(truncatingIfNeeded: number())
                (event.at_ticks, event.number, event.other) = (number(), number(), number())
                (event.since_ticks, event.blocked_ticks) = (number(), number())
                event.tid = UInt32(truncatingIfNeeded: number() % 3)
                event.task = UInt32(truncatingIfNeeded: number())
                event.subject = UInt32(truncatingIfNeeded: number())
                events.append(event)
            }
            let runs = [EvidenceRun(ring: 1, first: number(), count: number(), passedOver: 0, lost: number() % 2)]
            analysis.add(events, runs: runs, lost: number() % 2, until: Ticks(number()))
            for _ in 0..<3 {
                let polls = (0..<20).map { _ in
                    var poll = Made.poll(number(), number(), wait: number(), task: UInt32(truncatingIfNeeded: number()))
                    poll.kind = UInt8(2 + random.next() % 7)
                    poll.flags = UInt8(truncatingIfNeeded: random.next())
                    poll.executor = UInt8(1 + random.next() % 5)
                    poll.waker = UInt16(truncatingIfNeeded: number())
                    poll.blocked_ticks = number()
                    return poll
                }
                MadeBatch(Int(random.next() % 5), lost: number() % 2, polls, running: polls.first)
                    .withThreadPolls { analysis.add($0) }
            }
        }
        analysis.finish(unfinished: [RunningPoll(thread: 2, poll: Made.poll(number(), number()))])
        let results = analysis.results
        #expect(results.counts.unbalanced == 0)
        #expect(results.counts.begun == results.counts.ended + results.openCount)
        #expect(analysis.requests.filter { $0.number != 0 }.count <= 20)
        var holders = SegmentHolders(results.table)
        _ = holders.beginChunk(from: 0, to: .max)
        MadeBatch(0, [Made.poll(number(), number())]).withThreadPolls { holders.add($0) }
        var names = StackNames(stacks: [:]) { Made.name($0) }
        let report = RequestsReport(
            results, facts: Made.facts(), start: Ticks(0), durationSeconds: 1, secondsPerTick: 1e-9, names: &names)
        #expect(report.begun == results.counts.begun)
    }
}

extension RequestResults {
    /// Of all requests together.
    func anatomyTicks(_ part: AnatomyPart) -> UInt64 {
        table.entries.reduce(0) { sum, entry in
            sum + entry.figures.buckets.reduce(0) { $0 + $1.value.anatomy[part.index] }
        }
    }
}
