// Scenarios whose requests are known: how many of which name, how they end, how long they take.
//
// Lines on stdout, beside those of GroundTruth.swift and Durations.swift:
//   request NAME | KIND | COUNT | ERRORS | CANCELLED | TIMED-OUT     requests of a name, exactly
//   anatomy NAME | PART | LEAST                                      the only request of that name spent so much on it
//   count WHAT | N                                                   a figure of all requests, exactly

import Glibc
import Pollscope
import Synchronization

let requestScenarios: [String: @Sendable ([Int]) async -> Void] = [
    "request-anatomy": { _ in await requestAnatomy() },
    "request-march": { await requestMarch(count: $0[0]) },
    "request-outcomes": { await requestOutcomes(count: $0[0]) },
    "request-nesting": { await requestNesting(count: $0[0]) },
    "request-load": { await requestLoad(tasks: $0[0], count: $0[1]) },
    "request-crowd": { await requestCrowd(requests: $0[0]) },
    "request-open": { await requestsLeftOpen(count: $0[0]) },
    "request-forever": { await requestsForever(count: $0[0]) },
    "request-handles": { await requestHandles(count: $0[0]) },
    "request-arrivals": { await requestArrivals(count: $0[0]) },
    "request-names": { await requestNames(count: $0[0]) },
    "request-hostile": { await hostileNames(count: $0[0]) },
]

func expectCount(_ what: String, _ count: Int) { say("count \(what) | \(count)") }

/// Requests add no polls, and no hold of an actor: the body runs where the caller is.
func requestMarch(count: Int) async {
    let ledger = RequestLedger()
    for number in 0..<count {
        await Pollscope.request("to the main actor and back") {
            await onMain(number)
            returns.add()
        }
    }
    await onMainThroughout(count)
    for _ in 0..<count { await ledger.enter() }
    expectRequests("to the main actor and back", .endpoint, count: count)
    expectRequests("on the main actor", .endpoint, count: count)
    expectRequests("in an actor", .endpoint, count: count)
    expectHolds("RequestLedger", count)
    say("total \(2 * (count + 1) + 1)")
}

@MainActor private func onMainThroughout(_ count: Int) async {
    for number in 0..<count {
        await Pollscope.request("on the main actor") {
            await nothing()
            mainSum += number
        }
    }
}

/// Runs where its caller does.
nonisolated(nonsending) private func nothing() async {}

private actor RequestLedger {
    private var entries = 0
    func enter() async {
        await Pollscope.request("in an actor") {
            await nothing()
            entries += 1
        }
    }
}

/// All ways to end, by closures with and without suspensions.
func requestOutcomes(count: Int) async {
    struct Planned: Error {}
    for number in 0..<count {
        Pollscope.request("fine") { returns.add() }
        await Pollscope.request("fine") { await Task.yield() }
        try? Pollscope.request("throws") { throw Planned() }
        try? await Pollscope.request("throws") {
            await Task.yield()
            throw Planned()
        }
        _ = Pollscope.request("answers with an error", isError: { $0 >= 500 }) { number % 2 == 0 ? 503 : 200 }
        _ = await Pollscope.request("answers with an error", isError: { $0 >= 500 }) {
            await Task.yield()
            return 500
        }
        try? Pollscope.request("is cancelled") { throw CancellationError() }
        let task = Task { try await Pollscope.request("is cancelled") { try await Task.sleep(for: .seconds(3600)) } }
        task.cancel()
        _ = await task.result
        Pollscope.beginRequest("times out").end(.timedOut)
        Pollscope.beginCall("a call times out").end(.timedOut)
        try? await Pollscope.call("a call") {
            await Task.yield()
            throw Planned()
        }
        Pollscope.call("a call") { returns.add() }
    }
    expectRequests("fine", .endpoint, count: 2 * count)
    expectRequests("throws", .endpoint, count: 2 * count, errors: 2 * count)
    expectRequests("answers with an error", .endpoint, count: 2 * count, errors: count + (count + 1) / 2)
    expectRequests("is cancelled", .endpoint, count: 2 * count, cancelled: 2 * count)
    expectRequests("times out", .endpoint, count: count, timedOut: count)
    expectRequests("a call times out", .call, count: count, timedOut: count)
    expectRequests("a call", .call, count: 2 * count, errors: count)
}

/// Requests in requests, in the same task and in tasks that it makes.
func requestNesting(count: Int) async {
    for _ in 0..<count {
        await Pollscope.request("outer") {
            await Pollscope.request("first part") { await Task.yield() }
            async let second: Void = Pollscope.request("second part") {
                await Task.yield()
                await Pollscope.call("asked of another") { await nap() }
            }
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask { await Pollscope.request("part in a group") { await Task.yield() } }
                }
            }
            await Task.detached { Pollscope.request("part in a detached task") { returns.add() } }.value
            await second
        }
    }
    expectRequests("outer", .endpoint, count: count)
    for name in ["first part", "second part", "part in a detached task"] { expectRequests(name, .part, count: count) }
    expectRequests("part in a group", .part, count: 3 * count)
    expectRequests("asked of another", .call, count: count)
}

/// Many requests of three names at once, of very different lengths: counts, sums and quantiles.
func requestLoad(tasks: Int, count: Int) async {
    let names = ["short", "middling", "long"].map(Durations.init(of:))
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks {
            group.addTask {
                for number in 0..<count {
                    await names[0].measure { await Task.yield() }
                    if number % 3 == 0 { await names[1].measure { await nap() } }
                    if number % 50 == 0 { await names[2].measure { await sleeping(2, milliseconds: 10) } }
                }
            }
        }
    }
    for name in names { name.expect(.endpoint) }
}

/// All of them have begun before the first one ends.
func requestCrowd(requests: Int) async {
    let crowd = Crowd()
    let durations = Durations(of: "in the crowd")
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<requests {
            group.addTask {
                await durations.measure {
                    await withUnsafeContinuation { continuation in crowd.waiting.withLock { $0.append(continuation) } }
                }
            }
        }
        while crowd.waiting.withLock({ $0.count }) < requests { await nap() }
        let all = crowd.waiting.withLock { $0 }
        for continuation in all { continuation.resume() }
    }
    durations.expect(.endpoint)
}

private final class Crowd: Sendable {
    let waiting = Mutex<[UnsafeContinuation<Void, Never>]>([])
}

/// Some end, some do not while the process lives.
func requestsLeftOpen(count: Int) async {
    let waiting = Counter()
    for _ in 0..<count {
        _ = Pollscope.beginRequest("forgotten")
        Task.detached {
            await Pollscope.request("waits for ever") {
                waiting.add()
                await leak()
            }
        }
    }
    while waiting.load() < count { await nap() }
    await Task.detached {
        for _ in 0..<count { await Pollscope.request("fine") { await Task.yield() } }
    }.value
    expectCount("open", 2 * count)
    expectCount("begun", 3 * count)
    expectCount("ended", count)
}

/// Requests that are under way when the process is killed.
func requestsForever(count: Int) async {
    let waiting = Counter()
    for _ in 0..<count {
        Task.detached {
            await Pollscope.request("waits for ever") {
                waiting.add()
                await leak()
            }
        }
    }
    while waiting.load() < count { await nap() }
    say("ready")
    await leak()
}

/// Begun and ended by hand: twice, in another task, on a thread that runs none, never begun, with another name.
func requestHandles(count: Int) async {
    for _ in 0..<count {
        let twice = Pollscope.beginRequest("ends twice")
        twice.end(.error)
        twice.end()
        let elsewhere = Pollscope.beginRequest("ends in another task")
        await Task.detached { elsewhere.end() }.value
        let outside = Pollscope.beginRequest("ends outside of tasks")
        let isDone = Counter()
        OutsideThread.run {
            outside.end()
            isDone.add()
        }
        while isDone.load() == 0 { await nap() }
        OutsideThread.run {
            Pollscope.request("outside of tasks") { returns.add() }
            isDone.add()
        }
        while isDone.load() == 1 { await nap() }
        let whole = Pollscope.beginRequest("a whole")
        await Task.detached {
            Pollscope.beginRequest("given as a part", partOf: whole).end()
            Pollscope.beginCall("given as a call", partOf: whole).end()
        }.value
        whole.end()
        Pollscope.beginRequest("no route found").end(named: "GET /found/\(count)")
    }
    expectRequests("ends twice", .endpoint, count: count, errors: count)
    for name in ["ends in another task", "ends outside of tasks", "outside of tasks", "a whole", "GET /found/{id}"] {
        expectRequests(name, .endpoint, count: count)
    }
    expectRequests("given as a part", .part, count: count)
    expectRequests("given as a call", .call, count: count)
    expectCount("endedTwice", count)
    expectCount("endedElsewhere", 2 * count)
}

/// Requests that arrive while no task works for them yet: their time counts from there.
func requestArrivals(count: Int) async {
    let durations = Durations(of: "arrived before")
    for _ in 0..<count {
        let before = monotonicNanoseconds()
        let arrival = Pollscope.now()
        let begin = monotonicNanoseconds()
        await Task.detached {
            var end: UInt64 = 0
            await Pollscope.request("arrived before", arrived: arrival) {
                await sleeping(1, milliseconds: 5)
                end = monotonicNanoseconds()
            }
            durations.add(inside: end - begin, outside: monotonicNanoseconds() - before)
        }.value
    }
    durations.expect(.endpoint)
}
