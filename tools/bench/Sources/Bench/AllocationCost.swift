// What counting adds to an allocation and its free: the same program with the C library's own functions, off, counting,
// and counting with samples and timings, in turn.

import ArgumentParser

struct AllocationCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allocation-cost", abstract: "CPU time that counting adds to a malloc and a free of 32 bytes.")

    @Option(help: "The CallService program.")
    var service: String

    @Option(help: "Rounds: one run of each kind.")
    var rounds = 15

    @Option(help: "Pairs of malloc and free a run.")
    var pairs = 10_000_000

    private static let kinds: [(name: String, function: String, environment: [String: String])] = [
        ("Pollscope off", "allocate", ["POLLSCOPE": "off"]),
        ("counted", "allocate", ["POLLSCOPE_ALLOC_SAMPLE": "off"]),
        ("counted, sampled, timed", "allocate", [:]),
    ]

    func run() throws {
        print("budget for an allocation that is counted: 2 ns more a pair")
        var base: [Double] = []
        var added = Array(repeating: [Double](), count: Self.kinds.count)
        for round in 0..<rounds {
            let libc = try time("libc", environment: [:])
            base.append(libc)
            for offset in Self.kinds.indices {
                let index = (round + offset) % Self.kinds.count
                let kind = Self.kinds[index]
                added[index].append(try time(kind.function, environment: kind.environment) - libc)
            }
        }
        print("malloc and free of the C library alone: \(text(median(base), decimals: 2)) ns a pair")
        for (kind, values) in zip(Self.kinds, added) {
            let (low, high) = quartiles(values)
            print(
                "\(kind.name): \(text(median(values), decimals: 2)) ns more "
                    + "(quartiles \(text(low, decimals: 2)) to \(text(high, decimals: 2)))")
        }
    }

    private func time(_ function: String, environment: [String: String]) throws -> Double {
        let child = try ChildProcess.run(
            ["taskset", "-c", "0", service, function, "poll", String(pairs)], environment: environment)
        let fields = child.output.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
        guard child.status == 0, fields.count == 2 else { throw Failed("\(service) failed: \(child.output)") }
        return fields[1] / fields[0]
    }
}
