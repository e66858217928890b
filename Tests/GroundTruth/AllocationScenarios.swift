// The scenarios of allocations by name.

let allocationScenarios: [String: @Sendable ([Int]) async -> Void] = [
    // The name of the work comes before the numbers.
    "allocations": { await allocations(of: CommandLine.arguments[2], polls: $0[0], repeats: $0[1]) },
    "garbage": { await freesAtOnce(polls: $0[0]) },
    "keeping": { await keeps(polls: $0[0]) },
    "handing-over": { await handsOver(polls: $0[0]) },
    "freeing-later": { await freesLater(polls: $0[0]) },
    "planted-line": { await plantedLine(polls: $0[0]) },
    "type-zoo": { await typeZoo(objects: $0[0]) },
    "outside-allocations": { outsideAllocations(threads: $0[0], count: $0[1]) },
    "ending-threads": { endingThreads(count: $0[0]) },
]
