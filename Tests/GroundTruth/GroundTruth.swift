// A program whose polls are known by construction. It prints what must be found, and ends.
//
//   GroundTruth SCENARIO [NUMBER …]
//
// Lines on stdout:
//   site FUNCTION | AWAIT-POINT | LINE | POLLS     polls of one site, exactly; point and line 0: any of the function
//   most FUNCTION | AWAIT-POINT | LINE | POLLS     polls of one site, at most
//   kind KIND POLLS                                polls of a kind, exactly: timer, yield, actor; first (first polls
//                                                  of tasks); main (on the main actor)
//   total POLLS                                    polls of the whole process, exactly
//   pending JOBS                                   jobs that are enqueued and never start
//   poll FUNCTION | LEAST | MOST                   the site's longest poll lasts between these, in nanoseconds
//   wait FUNCTION | LEAST | MOST                   its longest wait does
//   timer-wait FUNCTION | LEAST | MOST             the longest wait of a timer that woke a sleeper there does

import Glibc
import Pollscope

@main
struct GroundTruth {
    static func main() async {
        if CommandLine.arguments.count > 1 { preparations[CommandLine.arguments[1]]?() }
        do { try Pollscope.start() } catch { say("\(error)", to: STDERR_FILENO) }
        var arguments = CommandLine.arguments.dropFirst()
        let name = arguments.popFirst() ?? ""
        let numbers = arguments.compactMap { Int($0) }
        if name == "allocations-alone" { allocationsAlone(of: CommandLine.arguments[2], repeats: numbers[0]) }
        guard let scenario = scenarios[name] else {
            say("GroundTruth: no scenario \(name); there are \(scenarios.keys.sorted())", to: STDERR_FILENO)
            exit(64)
        }
        await scenario(numbers)
        // A poll whose work is done may not have ended yet, and one that has not ended is not counted.
        Suspended.waitUntilOthersSleep()
    }

    static let scenarios: [String: @Sendable ([Int]) async -> Void] =
        pollScenarios.merging(executorScenarios) { $1 }.merging(hostScenarios) { $1 }.merging(allocationScenarios) {
            $1
        }
        .merging(liveTaskScenarios) { $1 }.merging(loadScenarios) { $1 }.merging(requestScenarios) { $1 }.merging(
            poolScenarios
        ) { $1 }.merging(starvationScenarios) { $1 }

    static let pollScenarios: [String: @Sendable ([Int]) async -> Void] = [
        "yields": { await yields(tasks: $0[0], count: $0[1]) },
        "steps": { await steps(tasks: $0[0]) },
        "deep": { await deep(tasks: $0[0], frames: $0[1]) },
        "sleeps": { await sleeps(tasks: $0[0], count: $0[1]) },
        "tolerant-sleeps": { await tolerantSleeps(tasks: $0[0], count: $0[1]) },
        "group": { await group(children: $0[0]) },
        "nested-groups": { await nestedGroups(outer: $0[0], inner: $0[1]) },
        "async-let": { await asyncLet(count: $0[0]) },
        "throwing": { await throwingTasks(count: $0[0]) },
        "detached": { await detached(tasks: $0[0]) },
        "priorities": { await priorities(tasks: $0[0], count: $0[1]) },
        "cancellation": { await cancellation(tasks: $0[0]) },
        "continuations": { await continuations(tasks: $0[0], count: $0[1]) },
        "async-sequence": { await asyncSequence(elements: $0[0]) },
        "main-actor": { await mainActor(hops: $0[0]) },
        "hops": { await hops(tasks: $0[0], count: $0[1]) },
        "march": { await march(count: $0[0]) },
        "actor-hops": { await actorHops(count: $0[0]) },
        "actor-drain": { await actorDrain(tasks: $0[0]) },
        "spin": { await spin(milliseconds: $0[0]) },
        "queue-behind-spin": { await queueBehindSpin(milliseconds: $0[0]) },
        "sleep-behind-spin": { await sleepBehindSpin(milliseconds: $0[0]) },
        "threads": { await threads(count: $0[0]) },
        "fork": { await forkWithoutExec(children: $0[0]) },
        "exec": { await forkAndExec(children: $0[0]) },
        "become": { _ in become() },
        "exit": { exit(Int32($0[0])) },
        "forever": { _ in await forever() },
        "stuck": { _ in await stuck() },
        "calls": { _ in await KnownCall.makeAll() },
        "deep-spin": { await deepSpin(milliseconds: $0[0]) },
        "library-spin": { await librarySpin(milliseconds: $0[0]) },
        "bare-library-spin": { await bareLibrarySpin(milliseconds: $0[0]) },
        "many-spins": { await manySpins(tasks: $0[0], milliseconds: $0[1]) },
        "mixture": { await mixture(milliseconds: $0[0]) },
        "crowd": { await crowd(threads: $0[0], milliseconds: $0[1]) },
        "healthy": { _ in await healthy() },
        "stuck-computing": { _ in await stuckComputing() },
        "stuck-reading": { _ in await stuckReading() },
        "stuck-locking": { _ in await stuckLocking() },
    ]
}

let executorScenarios: [String: @Sendable ([Int]) async -> Void] = [
    "actor-calls": { await actorCalls($0[0]) },
    "actor-queue": { await actorQueue(tasks: $0[0], milliseconds: $0[1]) },
    "actor-suspensions": { await actorSuspensions(tasks: $0[0], count: $0[1]) },
    "actor-throws": { await actorThrows(tasks: $0[0], count: $0[1]) },
    "actor-march": { await actorMarch(hops: $0[0]) },
    "executor-calls": { await executorCalls(tasks: $0[0], count: $0[1]) },
    "loop-turns": { await loopTurns($0[0]) },
    "queue-works": { await queueWorks($0[0], milliseconds: $0[1]) },
    "executor-preference": { await executorPreference(tasks: $0[0], count: $0[1]) },
]

func expectSite(_ function: String, awaitPoint: Int, line: Int, polls: Int) {
    say("site \(function) | \(awaitPoint) | \(line) | \(polls)")
}

func expectMost(_ function: String, awaitPoint: Int, line: Int, polls: Int) {
    say("most \(function) | \(awaitPoint) | \(line) | \(polls)")
}

/// Where `Task.yield()` is the suspension. The runtime resumes a task by a helper job, and on another thread that job
/// can be quicker than the task can suspend: the task then goes on without a poll. With one thread it cannot; but
/// where a poll blocks, as for a child process, the pool may add a thread.
func expectYieldSite(_ function: String, awaitPoint: Int, line: Int, polls: Int) {
    let expect = poolWidth == 1 ? expectSite : expectMost
    expect(function, awaitPoint, line, polls)
}

func expectKind(_ kind: String, polls: Int) { say("kind \(kind) \(polls)") }

/// `kind`: poll, wait or timer-wait.
func expectLength(_ kind: String, _ function: String, nanoseconds: ClosedRange<UInt64>) {
    say("\(kind) \(function) | \(nanoseconds.lowerBound) | \(nanoseconds.upperBound)")
}
