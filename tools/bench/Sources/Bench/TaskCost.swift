// What observing adds to a hop to an actor, and to a task: the same program off and on in turn.

import ArgumentParser

struct TaskCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task-cost", abstract: "CPU time that observing adds to a hop to an actor, and to a task.")

    @Option(help: "The TaskService program.")
    var service: String

    @Option(help: "Pairs of runs, off and on.")
    var pairs = 15

    func run() throws {
        print("budgets: 40 ns for a hop; 30 ns for making a task, besides its polls")
        for (kind, count) in [("hops", 2_000_000), ("tasks", 200_000)] {
            var offs: [Double] = []
            var added: [Double] = []
            for _ in 0..<pairs {
                let off = try time(kind, count, environment: ["POLLSCOPE": "off"])
                offs.append(off)
                added.append(try time(kind, count, environment: [:]) - off)
            }
            let (low, high) = quartiles(added)
            // A task that is waited for is two polls at most: its own, and that of who waits.
            print(
                "\(kind == "hops" ? "a hop" : "a task and the polls it takes"): \(text(median(offs))) ns unobserved; "
                    + "observing adds \(text(median(added))) ns (quartiles \(text(low)) to \(text(high)))")
        }
    }

    private func time(_ kind: String, _ count: Int, environment: [String: String]) throws -> Double {
        let child = try ChildProcess.run(
            ["taskset", "-c", "0", service, kind, String(count)], environment: environment)
        let fields = child.output.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
        guard child.status == 0, fields.count == 2 else { throw Failed("\(service) failed: \(child.output)") }
        return fields[1] / fields[0]
    }
}
