// What observing adds to a fast call that could have blocked: the same program off and on in turn.

import ArgumentParser

struct CallCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call-cost", abstract: "CPU time that observing adds to a fast call.")

    @Option(help: "The CallService program.")
    var service: String

    @Option(help: "Pairs of runs, off and on.")
    var pairs = 15

    @Option(help: "Calls a run.")
    var calls = 1_000_000

    func run() throws {
        print("budget for a fast interposed call: 15 ns more")
        for kind in ["lock", "read"] {
            for place in ["poll", "thread"] {
                var offs: [Double] = []
                var added: [Double] = []
                for _ in 0..<pairs {
                    let off = try time(kind, place, environment: ["POLLSCOPE": "off"])
                    offs.append(off)
                    added.append(try time(kind, place, environment: [:]) - off)
                }
                let (low, high) = quartiles(added)
                print(
                    "\(kind), \(place == "poll" ? "in a poll" : "outside polls"): \(text(median(offs))) ns "
                        + "unobserved; observing adds \(text(median(added))) ns (quartiles \(text(low)) to \(text(high)))"
                )
            }
        }
    }

    private func time(_ kind: String, _ place: String, environment: [String: String]) throws -> Double {
        let child = try ChildProcess.run(
            ["taskset", "-c", "0", service, kind, place, String(calls)], environment: environment)
        let fields = child.output.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
        guard child.status == 0, fields.count == 2 else { throw Failed("\(service) failed: \(child.output)") }
        return fields[1] / fields[0]
    }
}
