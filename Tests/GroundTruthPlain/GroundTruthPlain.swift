// A program with polls known by construction that knows nothing of Pollscope. It prints what must be found, as
// GroundTruth does, and ends as it is told.
//
//   GroundTruthPlain SCENARIO [NUMBER …]

import Glibc

@main
struct GroundTruthPlain {
    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        let numbers = words.dropFirst().compactMap { Int($0) }
        switch words.first {
        case "group": await group(children: numbers[0])
        case "yields": await yields(tasks: numbers[0], count: numbers[1])
        case "sleeps": await sleeps(tasks: numbers[0])
        case "allocations": await allocations(tasks: numbers[0], count: numbers[1])
        case "exit":
            await group(children: 10)
            exit(Int32(numbers[0]))
        case "kill":
            await group(children: 10)
            kill(getpid(), Int32(numbers[0]))
            while true { pause() }
        case "become": await become(Array(words.dropFirst()))
        case "forever": await forever()
        default:  // no such scenario
            exit(64)
        }
    }
}

/// Children that do not suspend are one poll each.
func group(children: Int) async {
    let sum = await withTaskGroup(of: Int.self) { group in
        for number in 0..<children { group.addTask { await child(number) } }
        return await group.reduce(0, +)
    }
    precondition(sum == children * (children - 1) / 2)
    print("site closure 1 in closure 1 in group(children:) | 0 | 0 | \(children)")
}

@inline(never) @Sendable func child(_ number: Int) async -> Int { number }

/// Each task begins once and resumes after each yield.
func yields(tasks: Int, count: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await yielding(count) } }
    }
    print("site yielding(_:) | 1 | \(yieldingLine) | \(tasks * count)")
    print("kind yield \(tasks * count)")
}

let yieldingLine = #line + 2
@Sendable func yielding(_ count: Int) async {
    for _ in 0..<count { await Task.yield() }
}

/// Each sleep is a timer's helper task, and the sleeper's own poll.
func sleeps(tasks: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await sleeping() } }
    }
    print("site sleeping() | 1 | \(sleepingLine) | \(tasks)")
    print("kind timer \(tasks)")
}

let sleepingLine = #line + 2
@Sendable func sleeping() async {
    try? await Task.sleep(for: .milliseconds(30))
}

/// Polls that make a known number of allocations.
func allocations(tasks: Int, count: Int) async {
    for _ in 0..<tasks { await Task.detached { allocating(count) }.value }
    print("site closure 1 in allocations(tasks:count:) | 0 | 0 | \(tasks)")
}

@inline(never) func allocating(_ count: Int) {
    for _ in 0..<count {
        let block = malloc(100)
        precondition(block != nil)
        free(block)
    }
}

/// The process runs another program.
func become(_ words: [String]) async {
    await group(children: 3)
    fflush(nil)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    execv(words[0], &arguments)
    exit(127)
}

func forever() async {
    print("running")
    fflush(nil)
    while true { try? await Task.sleep(for: .milliseconds(5)) }
}
