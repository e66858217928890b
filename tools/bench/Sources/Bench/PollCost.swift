// What one observed poll costs: the same program off and on in turn, CPU time a poll, as a multiple of one reading
// of the clock.

import ArgumentParser
import CPollscopeLayout
import Glibc

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
        let read = clockReadNanoseconds()
        print("one clock reading: \(text(read)) ns; budget for a poll: \(text(4.5 * read)) ns (4.5 readings)")
        // On one processor nothing but the instructions differs. On all of them a poll that ends a little later can
        // be taken over by another thread, or not: that costs or saves more than the observing itself.
        let places = [("on one processor", ["taskset", "-c", "0", service]), ("on all processors", [service])]
        for (place, program) in places {
            for tasks in [1, 64] {
                print("\(place), \(tasks) task\(tasks == 1 ? "" : "s"): \(try measure(tasks, program, read))")
            }
        }
    }

    private func measure(_ tasks: Int, _ program: [String], _ read: Double) throws -> String {
        var differences: [Double] = []
        var offs: [Double] = []
        for _ in 0..<pairs {
            let off = try cpuPerYield(program, tasks: tasks, environment: ["POLLSCOPE": "off"])
            let on = try cpuPerYield(program, tasks: tasks, environment: [:])
            // In this runtime a yield is two polls: the helper job that resumes the task, and the task's own.
            differences.append((on - off) / 2)
            offs.append(off / 2)
        }
        let (low, high) = quartiles(differences)
        let middle = median(differences)
        return "\(text(median(offs))) ns a poll unobserved; observing adds \(text(middle)) ns (quartiles "
            + "\(text(low)) to \(text(high))) = \(text(middle / read)) readings"
    }

    private func cpuPerYield(_ program: [String], tasks: Int, environment: [String: String]) throws -> Double {
        let child = try ChildProcess.run(program + [String(tasks), String(yields)], environment: environment)
        let fields = child.output.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
        guard child.status == 0, fields.count == 3 else { throw Failed("\(service) failed: \(child.output)") }
        return fields[1] / fields[0]
    }

    private func clockReadNanoseconds() -> Double {
        #if arch(x86_64)
            let clock = UInt32(POLLSCOPE_CLOCK_TSC.rawValue)
        #else
            let clock = UInt32(POLLSCOPE_CLOCK_CNTVCT.rawValue)
        #endif
        guard pollscope_has_counter(clock) else { return .nan }
        let readings = 1_000_000
        var best = Double.infinity
        for _ in 0..<5 {
            let before = pollscope_system_clock_ns(CLOCK_MONOTONIC)
            var sum: UInt64 = 0
            for _ in 0..<readings { sum &+= pollscope_counter() }
            let after = pollscope_system_clock_ns(CLOCK_MONOTONIC)
            // Uses the sum, so that the readings are not optimised away.
            best = min(best, Double(after - before) / Double(readings) + (sum == 1 ? 1 : 0))
        }
        return best
    }
}
