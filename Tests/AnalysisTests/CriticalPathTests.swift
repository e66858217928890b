// Requests whose anatomy is known by construction: their critical paths say what was made.

import CPollscopeLayout
import Testing

@testable import Analysis

@Suite("Critical path")
struct CriticalPathTests {
    @Test("a poll is on CPU, but for what it was blocked")
    func onePoll() {
        var made = MadeRequests()
        let request = made.begin(at: 10, task: 5)
        made.end(request, at: 90, task: 5)
        made.poll(5, on: 0, 0, 0, 100, blocked: 20)
        // In proportion: nothing is said of where in the poll it was.
        #expect(made.results().anatomy() == [.onCPU: 64, .blocked: 16])
    }

    @Test("blocked time is exact where the begin and the end tell it")
    func blockedByThen() {
        var made = MadeRequests()
        let request = made.begin(at: 10, task: 5, blocked: 5)
        made.end(request, at: 90, task: 5, blocked: 35)
        made.poll(5, on: 0, 0, 0, 200, blocked: 80)
        #expect(made.results().anatomy() == [.onCPU: 50, .blocked: 30])
    }

    @Test("2 ms of sleep, 5 ms of work, 10 ms behind a culprit, 3 ms for an actor, 4 ms for a pool")
    func everything() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        made.poll(5, on: 0, 0, 0, 100)
        // Asleep until 2,100; the timer is 50 late, its helper runs for 10.
        made.poll(9, on: 1, 2_100, 2_150, 2_160, flags: [POLLSCOPE_POLL_TIMER])
        // A culprit has the thread for 10 ms.
        made.poll(5, on: 0, 2_155, 12_155, 17_155, by: 1)
        // For the actor: 1 ms until its drain begins, which is a thread's business, 3 ms for those before.
        made.drain(on: 2, 17_100, 18_100, 21_200)
        made.poll(
            5, on: 2, 17_100, 21_100, 21_150, by: 0, flags: [POLLSCOPE_POLL_NESTED], executor: POLLSCOPE_EXECUTOR_ACTOR)
        // For a pool: asked for at 21,140, lent by somebody outside at 25,140.
        made.acquire(3, since: 21_140, at: 25_145, task: 5, thread: 0)
        made.poll(5, on: 0, 25_140, 25_141, 25_200, outside: 7)
        made.end(request, at: 25_180, task: 5)
        let results = made.results()
        #expect(
            results.anatomy() == [
                .onCPU: 5139, .outside: 2_000, .timerLateness: 50,
                .executorWait: 11001, .actorWait: 3_000, .poolWait: 3_990,
            ])
        #expect(
            results.shown()?.stretches.map(\.part) == [
                .onCPU, .outside, .timerLateness, .onCPU, .executorWait, .onCPU, .executorWait, .actorWait, .onCPU,
                .poolWait, .executorWait, .onCPU,
            ])
        #expect(results.shown()?.stretches[1].reason == .sleep)
        #expect(results.counts.unbalanced == 0)
    }

    @Test("a timer waits in the queue while the thread that takes it is busy, and is late before")
    func timerBehindOthers() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        made.poll(5, on: 0, 0, 0, 100)
        // Due at 1,000. Thread 1 has been free, begins at 1,300 to run something else, twice, and takes the helper then.
        made.poll(7, on: 1, 1_300, 1_300, 11_300)
        made.poll(8, on: 1, 1_400, 11_310, 21_300)
        made.poll(9, on: 1, 1_000, 21_305, 21_315, flags: [POLLSCOPE_POLL_TIMER])
        made.poll(5, on: 0, 21_310, 21_330, 21_400, by: 1)
        made.end(request, at: 21_380, task: 5)
        let results = made.results()
        #expect(
            results.anatomy() == [
                .onCPU: 100 + 5 + 50, .outside: 900, .timerLateness: 300, .executorWait: 20_005 + 20,
            ])
        #expect(results.counts.unbalanced == 0)
    }

    @Test("a child's time is on the path when the parent waits for it")
    func child() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        made.poll(5, on: 0, 0, 0, 50)
        made.make(6, by: 5, at: 40)
        made.poll(6, on: 1, 40, 60, 160, by: 0)
        made.poll(5, on: 0, 150, 170, 200, by: 1)
        made.end(request, at: 190, task: 5)
        // 0…40 the parent, 40…60 the child waits, 60…150 it runs, 150…170 the parent waits, 170…190 it runs.
        #expect(made.results().anatomy() == [.onCPU: 150, .executorWait: 40])
    }

    @Test("a child's time is not on the path when the parent computes meanwhile")
    func busyParent() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        made.make(6, by: 5, at: 40)
        made.poll(6, on: 1, 40, 60, 160, by: 0)
        made.poll(5, on: 0, 0, 0, 300)
        made.end(request, at: 290, task: 5)
        #expect(made.results().anatomy() == [.onCPU: 290])
    }

    @Test("of a group, the child that was waited for last counts")
    func group() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        made.poll(5, on: 0, 0, 0, 50)
        for (child, at, thread, end) in [(6, 10.0, 1, 100.0), (7, 20, 2, 400), (8, 30, 3, 250)] {
            made.make(UInt32(child), by: 5, at: at)
            made.poll(UInt32(child), on: thread, at, at + 5, end, by: 0)
        }
        // Each child that ends wakes it.
        made.poll(5, on: 0, 100, 101, 110, by: 1)
        made.poll(5, on: 0, 250, 252, 260, by: 3)
        made.poll(5, on: 0, 400, 403, 500, by: 2)
        made.end(request, at: 450, task: 5)
        // 0…20 the parent, 20…25 child 7 waits, 25…400 it runs, 400…403 the parent waits, …450 it runs.
        #expect(made.results().anatomy() == [.onCPU: 442, .executorWait: 8])
    }

    @Test("an unstructured task, made by a child, that is awaited through a continuation")
    func unstructured() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        made.make(6, by: 5, at: 10)
        made.poll(5, on: 0, 0, 0, 20)
        made.make(7, by: 6, at: 40, thread: 1)
        made.poll(6, on: 1, 10, 30, 50, by: 0)
        made.poll(7, on: 2, 40, 44, 144, by: 1)
        made.poll(5, on: 0, 140, 150, 170, by: 2)
        made.end(request, at: 160, task: 5)
        #expect(made.results().anatomy() == [.onCPU: 126, .executorWait: 34])
    }

    @Test("a waker of another request is outside")
    func stranger() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        let other = made.begin(2, at: 0, task: 6, thread: 1)
        made.poll(5, on: 0, 0, 0, 20)
        made.poll(6, on: 1, 0, 10, 100)
        made.poll(5, on: 0, 90, 95, 110, by: 1)
        made.end(request, at: 105, task: 5)
        made.end(other, at: 99, task: 6, thread: 1)
        let results = made.results()
        #expect(results.anatomy() == [.onCPU: 30, .executorWait: 5, .outside: 70])
        #expect(results.shown()?.stretches[1].reason == .task)
    }

    @Test("a yield waits in the queue twice")
    func yield() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        made.poll(5, on: 0, 0, 0, 20)
        made.poll(5, on: 1, 18, 50, 52, by: 0, kind: POLLSCOPE_RECORD_YIELD)
        made.poll(5, on: 0, 51, 80, 100, by: 1)
        made.end(request, at: 90, task: 5)
        // 0…18 runs, 20…50 the helper waits (the poll before ended at 20), 50…51 it runs, 51…80 the task waits.
        #expect(made.results().anatomy() == [.onCPU: 31, .executorWait: 59])
    }

    @Test("a hop to an actor goes on in the same task, from the moment it asked")
    func hop() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        made.poll(5, on: 0, 0, 0, 20)
        made.drain(on: 1, 15, 40, 100)
        made.poll(5, on: 1, 15, 41, 60, by: 0, flags: [POLLSCOPE_POLL_NESTED], executor: POLLSCOPE_EXECUTOR_ACTOR)
        made.end(request, at: 50, task: 5, thread: 1)
        // 0…15 runs, 15…40 the drain waits for a thread, 40…41 for those before, 41…50 runs.
        #expect(made.results().anatomy() == [.onCPU: 24, .executorWait: 25, .actorWait: 1])
    }

    @Test("what waited before the begin counts where the arrival is known")
    func arrival() {
        var made = MadeRequests()
        let request = made.begin(at: 110, task: 5, arrived: 20)
        made.poll(5, on: 0, 60, 100, 200, outside: 3)
        made.end(request, at: 150, task: 5)
        #expect(made.results().anatomy() == [.onCPU: 50, .executorWait: 40, .outside: 40])
        #expect(made.results().shown()?.ticks == 130 * MadeRequests.tick)
    }

    @Test("parts and calls inside a request have anatomies of their own, and a call names what is waited for in it")
    func nested() {
        var made = MadeRequests()
        let request = made.begin(1, at: 0, task: 5)
        let part = made.begin(2, at: 10, task: 5)
        let call = made.begin(3, at: 15, task: 5, isCall: true)
        made.poll(5, on: 0, 0, 0, 20)
        made.poll(5, on: 0, 120, 130, 160, outside: 4)
        made.end(call, at: 135, task: 5)
        made.end(part, at: 140, task: 5)
        made.end(request, at: 150, task: 5)
        let results = made.results()
        #expect(results.anatomy(of: 1) == [.onCPU: 40, .executorWait: 10, .outside: 100])
        #expect(results.anatomy(of: 2, .part) == [.onCPU: 20, .executorWait: 10, .outside: 100])
        #expect(results.anatomy(of: 3, .call) == [.onCPU: 10, .executorWait: 10, .outside: 100])
        #expect(results.shown(1)?.stretches[1].reason == .call(3))
    }

    @Test("a child task's request is part of the one that its maker was in")
    func partOfMaker() {
        var made = MadeRequests()
        let request = made.begin(1, at: 0, task: 5)
        made.make(6, by: 5, at: 5)
        made.poll(5, on: 0, 0, 0, 10)
        let part = made.begin(2, at: 30, task: 6, thread: 1)
        made.end(part, at: 60, task: 6, thread: 1)
        made.poll(6, on: 1, 5, 20, 70, by: 0)
        made.poll(5, on: 0, 65, 66, 80, by: 1)
        made.end(request, at: 75, task: 5)
        let results = made.results()
        #expect(results.anatomy(of: 2, .part) == [.onCPU: 30])
        #expect(results.anatomy(of: 1) == [.onCPU: 59, .executorWait: 16])
    }

    @Test("a request that ended in another task leads back to the one that it began in")
    func endElsewhere() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        made.poll(5, on: 0, 0, 0, 20)
        made.poll(6, on: 1, 15, 30, 60, by: 0)
        made.end(request, at: 50, task: 6, thread: 1)
        let results = made.results()
        #expect(results.anatomy() == [.onCPU: 35, .executorWait: 15])
        #expect(results.counts.endedElsewhere == 1)
    }

    @Test("a wait for a pool in a blocking call is a wait for a pool")
    func blockingPool() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5, blocked: 0)
        made.acquire(2, since: 10, at: 50, task: 5, blocked: 38)
        made.end(request, at: 90, task: 5, blocked: 48)
        made.poll(5, on: 0, 0, 0, 100, blocked: 50)
        #expect(made.results().anatomy() == [.onCPU: 42, .blocked: 10, .poolWait: 38])
        #expect(made.results().shown()?.stretches.first { $0.part == .poolWait }?.pool == 2)
    }

    @Test("what the kernel kept a long poll from doing is kernel wait")
    func kernelWait() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        made.end(request, at: 20_000, task: 5)
        made.poll(5, on: 0, 0, 0, 20_000, blocked: 4_000)
        var split = SplitTicks()
        split.kernelWait = 3_000 * MadeRequests.tick
        split.other = 1_000 * MadeRequests.tick
        var splits = LongPollSplits()
        splits.note(tid: 100, start: MadeRequests.ticks(0), split)
        #expect(
            made.results(splits: splits).anatomy() == [.onCPU: 12_000, .blocked: 5_000, .kernelWait: 3_000])
    }
}
