// What observing adds to a request, and to a lease of a pool: the same program off and on in turn.

import ArgumentParser

struct RequestCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request-cost", abstract: "CPU time that observing adds to a request, and to a lease of a pool.")

    @Option(help: "The RequestService program.")
    var service: String

    @Option(help: "Pairs of runs, off and on.")
    var pairs = 15

    @Option(help: "Requests a run.")
    var count = 1_000_000

    func run() throws {
        print("budget for a request, besides its polls: 250 ns")
        for (kind, name) in [
            ("cost", "a request"), ("sync", "one that cannot suspend"), ("pool", "a lease of a pool"),
        ] {
            var offs: [Double] = []
            var ons: [Double] = []
            for _ in 0..<pairs {
                offs.append(try time(kind, environment: ["POLLSCOPE": "off"]))
                ons.append(try time(kind, environment: [:]))
            }
            let (low, high) = quartiles(ons)
            // The call that is measured is in both.
            print(
                "\(name): \(text(median(ons))) ns in all (quartiles \(text(low)) to \(text(high))); "
                    + "with POLLSCOPE=off \(text(median(offs))) ns")
        }
    }

    private func time(_ kind: String, environment: [String: String]) throws -> Double {
        let child = try ChildProcess.run(
            ["taskset", "-c", "0", service, kind, String(count)], environment: environment)
        let fields = child.output.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
        guard child.status == 0, fields.count == 2 else { throw Failed("\(service) failed: \(child.output)") }
        return fields[1] / fields[0]
    }
}
