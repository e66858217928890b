// A program whose polls are known by construction. It prints what must be found, and ends.
//
//   GroundTruth SCENARIO [NUMBER …]
//
// Lines on stdout:
//   site FUNCTION | AWAIT-POINT | LINE | POLLS     polls of one site, exactly
//   kind KIND POLLS                                polls of a kind (task, timer, yield, actor), exactly
//   pending JOBS                                   jobs that are enqueued and never start

import Glibc
import Pollscope

@main
struct GroundTruth {
    static func main() async {
        do { try Pollscope.start() } catch { say("\(error)", to: STDERR_FILENO) }
        var arguments = CommandLine.arguments.dropFirst()
        let name = arguments.popFirst() ?? ""
        let numbers = arguments.compactMap { Int($0) }
        guard let scenario = scenarios[name] else {
            say("GroundTruth: no scenario \(name); there are \(scenarios.keys.sorted())", to: STDERR_FILENO)
            exit(64)
        }
        await scenario(numbers)
    }

    static let scenarios: [String: @Sendable ([Int]) async -> Void] = [
        "yields": { await yields(tasks: $0[0], count: $0[1]) },
        "sleeps": { await sleeps(tasks: $0[0], count: $0[1]) },
        "tolerant-sleeps": { await tolerantSleeps(tasks: $0[0], count: $0[1]) },
        "group": { await group(children: $0[0]) },
        "async-let": { await asyncLet(count: $0[0]) },
        "cancellation": { await cancellation(tasks: $0[0]) },
        "continuations": { await continuations(tasks: $0[0], count: $0[1]) },
        "main-actor": { await mainActor(hops: $0[0]) },
        "spin": { await spin(milliseconds: $0[0]) },
        "queue-behind-spin": { await queueBehindSpin(milliseconds: $0[0]) },
        "sleep-behind-spin": { await sleepBehindSpin(milliseconds: $0[0]) },
        "threads": { await threads(count: $0[0]) },
        "fork": { await forkWithoutExec(children: $0[0]) },
        "exec": { await forkAndExec(children: $0[0]) },
        "forever": { _ in await forever() },
        "stuck": { _ in await stuck() },
    ]
}

func expectSite(_ function: String, awaitPoint: Int, line: Int, polls: Int) {
    say("site \(function) | \(awaitPoint) | \(line) | \(polls)")
}

func expectKind(_ kind: String, polls: Int) { say("kind \(kind) \(polls)") }
