// What one observed poll costs: the same program off and on in turn, CPU time a poll, as a multiple of one reading
// of the clock.

import ArgumentParser

struct PollCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "poll-cost", abstract: "CPU time that observing adds to a poll.")

    @Option(help: "The YieldService program.")
    var service: String

    @Option(help: "Pairs of runs, off and on.")
    var pairs = 15

    @Option(help: "Yields a run.")
    var yields = 400_000

    func run() throws {
        print("budget for a poll: 4.5 readings of the clock")
        // On one processor nothing but the instructions differs. On all of them a poll that ends a little later can
        // be taken over by another thread, or not: that costs or saves more than the observing itself.
        let places = [("on one processor", ["taskset", "-c", "0", service]), ("on all processors", [service])]
        for (place, program) in places {
            for tasks in [1, 64] {
                print("\(place), \(tasks) task\(tasks == 1 ? "" : "s"): \(try measure(tasks, program))")
            }
        }
    }

    private struct Run {
        var pollNanoseconds: Double
        var readingNanoseconds: Double
    }

    private func measure(_ tasks: Int, _ program: [String]) throws -> String {
        var offs: [Double] = []
        var added: [Double] = []
        var readings: [Double] = []
        for _ in 0..<pairs {
            let off = try time(program, tasks: tasks, environment: ["POLLSCOPE": "off"])
            let on = try time(program, tasks: tasks, environment: [:])
            offs.append(off.pollNanoseconds)
            added.append(on.pollNanoseconds - off.pollNanoseconds)
            readings.append((off.readingNanoseconds + on.readingNanoseconds) / 2)
        }
        let (low, high) = quartiles(added)
        let ratios = zip(added, readings).map { $0 / $1 }
        let (ratioLow, ratioHigh) = quartiles(ratios)
        return "\(text(median(offs))) ns a poll unobserved; observing adds \(text(median(added))) ns (quartiles "
            + "\(text(low)) to \(text(high))); a reading took \(text(median(readings))) ns: "
            + "\(text(median(ratios))) readings (quartiles \(text(ratioLow)) to \(text(ratioHigh)))"
    }

    private func time(_ program: [String], tasks: Int, environment: [String: String]) throws -> Run {
        let child = try ChildProcess.run(program + [String(tasks), String(yields)], environment: environment)
        let fields = child.output.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
        guard child.status == 0, fields.count == 3 else { throw Failed("\(service) failed: \(child.output)") }
        // In this runtime a yield is two polls: the helper job that resumes the task, and the task's own.
        return Run(pollNanoseconds: fields[1] / fields[0] / 2, readingNanoseconds: fields[2])
    }
}
