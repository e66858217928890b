// The command `load`: its options, its output and its exit codes.

import ArgumentParser
import Foundation
import LoadModel
import NIOPosix

@main
struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Ask a service of this machine for answers on schedule, and say how late they come.",
        discussion: """
            An open loop: requests are due by schedule, and a latency counts from when its request was due, \
            not from when it was sent. A service that stalls gets no pause for it, and its stall shows in \
            every request that was due meanwhile. --closed N is the other kind: N connections that each ask \
            again as soon as they are answered, to find what a service can do at most.

            Figures are exact (nearest rank, from every value). They leave out the warm-up, which comes \
            before the duration. rate/s counts good answers. A request without one within --timeout, or \
            with a status of 400 or more, is an error; one that timed out counts in the quantiles with the \
            time that it had waited, other errors do not.

            EXAMPLES
              load http://127.0.0.1:8080 --duration 15s --route 'GET /quote=150' --route 'POST /risk=8'
              load http://127.0.0.1:8080 --closed 32 --route 'GET /quote' --format json

            EXIT CODES
              0 done; 64 wrong usage; 69 no service there, or not one good answer
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    @Argument(help: "The service, such as http://127.0.0.1:8080; loopback addresses only.")
    var target: String

    @Option(
        name: .customLong("route"),
        help: ArgumentHelp(
            "A method, a path and requests a second; repeat for a mix. No rate with --closed.",
            valueName: "'GET /path=rate'"))
    var routes: [String]

    @Option(help: ArgumentHelp("Measured time, after the warm-up.", valueName: "time"))
    var duration = "20s"

    @Option(help: ArgumentHelp("Load before the measured time.", valueName: "time"))
    var warmup = "2s"

    @Option(help: ArgumentHelp("When a request counts as lost.", valueName: "time"))
    var timeout = "10s"

    @Option(help: "How arrivals are spread.")
    var arrivals = ArrivalProcess.poisson

    @Option(help: "Equal seeds give equal arrivals.")
    var seed: UInt64 = 1

    @Option(help: "Connections at most; a request that finds none free waits, its latency counting.")
    var connections = 256

    @Option(help: ArgumentHelp("Connections that ask back to back instead.", valueName: "n"))
    var closed: Int?

    @Option(help: "Output.")
    var format = Format.text

    func validate() throws {
        do {
            _ = try plan()
        } catch let error as LoadError {
            throw ValidationError(error.description)
        }
    }

    func run() throws {
        let plan = try plan()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        do {
            let outcome = try Generator.run(plan, on: group.next()).wait()
            complain(outcome.remarks(on: plan))
            let summary = outcome.summary(of: plan)
            print(format == .json ? try summary.json() : summary.table)
            try outcome.requireAnswers()
        } catch let error as LoadError {
            complain(["load: \(error)"])
            throw ExitCode(EX_UNAVAILABLE)
        }
    }

    private func plan() throws -> Plan {
        let duration = try Duration(parsing: duration)
        let warmup = try Duration(parsing: warmup)
        let timeout = try Duration(parsing: timeout)
        guard duration > .zero, timeout > .zero else {
            throw ValidationError("--duration and --timeout must be above zero.")
        }
        guard (1...10_000).contains(closed ?? connections) else {
            throw ValidationError("Give from 1 to 10000 connections.")
        }
        guard !routes.isEmpty else {
            throw ValidationError("Nothing to ask for: add --route 'GET /quote=200'.")
        }

        let target = try Target(parsing: target)
        let measured = warmup..<(warmup + duration)
        let parsed: [Route]
        let pace: Plan.Pace
        if let closed {
            guard routes.count == 1 else {
                throw ValidationError("--closed takes one --route; there are \(routes.count).")
            }
            parsed = try routes.map { try Route(parsingWithoutRate: $0) }
            pace = .backToBack(closed)
        } else {
            parsed = try routes.map { try Route(parsing: $0) }
            pace = .scheduled(
                Schedule(rates: parsed.compactMap(\.rate), process: arrivals, seed: seed, measured: measured))
        }
        return Plan(
            target: target, routes: parsed, pace: pace, connections: closed ?? connections,
            timeout: timeout, measured: measured)
    }
}

extension ArrivalProcess: ExpressibleByArgument {}

/// Lines for a person, who may have redirected the results.
func complain(_ lines: [String]) {
    FileHandle.standardError.write(Data(lines.map { $0 + "\n" }.joined().utf8))
}
