// What observing costs a real HTTP service at saturation: the lab's service unobserved, observed by parts and in whole,
// observed while it is being recorded, and, for comparison, under a sampling profiler, in turn.

import ArgumentParser
import Foundation

struct HTTPCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http", abstract: "Throughput, P99 and CPU a request of the lab's service at saturation.")

    @Option(help: "The lab's folder of programs: quotes and load.")
    var lab: String

    @Option(help: "The pollscope command.")
    var pollscope: String

    @Option(help: "The perf command, to compare with.")
    var perf: String?

    @Option(help: "The library that heaptrack preloads, to compare with.")
    var heaptrack: String?

    @Option(help: "Rounds: one run of each kind.")
    var rounds = 12

    @Option(help: "Seconds a run.")
    var seconds = 4

    @Option(help: "Connections, each with one request under way at all times.")
    var connections = 32

    @Option(help: "The endpoint.")
    var route = "GET /health"

    private struct Figures {
        var requestsPerSecond: [Double] = []
        var p99Seconds: [Double] = []
        var cpuMicrosecondsPerRequest: [Double] = []
        var peakMebibytes: [Double] = []
    }

    private enum Kind: String, CaseIterable {
        case off = "unobserved"
        case polls = "polls only"
        case uncounted = "observed but for allocations"
        case on = "observed"
        case recorded = "observed and recorded"
        case perf = "perf record -g -F 99"
        case heaptrack = "heaptrack"

        var environment: [String: String] {
            switch self {
            case .off, .perf, .heaptrack: ["POLLSCOPE": "off"]
            case .polls: ["POLLSCOPE_LONG_POLL": "off", "POLLSCOPE_BLOCKING": "off", "POLLSCOPE_ALLOC": "off"]
            case .uncounted: ["POLLSCOPE_ALLOC": "off"]
            case .on, .recorded: [:]
            }
        }
    }

    func run() throws {
        var figures: [Kind: Figures] = [:]
        for round in 0..<rounds {
            // The order turns, so that no kind always follows the same one.
            let kinds = Kind.allCases.filter {
                ($0 != .perf || perf != nil) && ($0 != .heaptrack || heaptrack != nil)
            }
            for offset in kinds.indices {
                let kind = kinds[(round + offset) % kinds.count]
                try measure(kind, into: &figures[kind, default: Figures()])
            }
        }
        let off = figures[.off]!
        print("\(route), \(connections) connections, \(rounds) rounds of \(seconds) s; medians, and ratios in a round")
        for kind in Kind.allCases {
            guard let these = figures[kind] else { continue }
            var line =
                "\(kind.rawValue): \(text(median(these.requestsPerSecond), decimals: 0)) requests/s, P99 "
                + "\(text(median(these.p99Seconds) * 1000, decimals: 2)) ms, "
                + "\(text(median(these.cpuMicrosecondsPerRequest), decimals: 2)) CPU µs a request, at most "
                + "\(text(median(these.peakMebibytes))) MiB resident"
            if kind != .off {
                line += "\n    throughput \(change(these.requestsPerSecond, off.requestsPerSecond)), P99 "
                line += "\(change(these.p99Seconds, off.p99Seconds)), CPU a request "
                line += change(these.cpuMicrosecondsPerRequest, off.cpuMicrosecondsPerRequest)
            }
            print(line)
        }
    }

    /// The median of the changes in a round, and the half of them that is in the middle.
    private func change(_ values: [Double], _ bases: [Double]) -> String {
        let changes = zip(values, bases).map { ($0 / $1 - 1) * 100 }
        let (low, high) = quartiles(changes)
        func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + text(value) }
        return "\(signed(median(changes))) % (quartiles \(signed(low)) to \(signed(high)))"
    }

    private func measure(_ kind: Kind, into figures: inout Figures) throws {
        let service = Process()
        service.executableURL = URL(fileURLWithPath: "\(lab)/quotes")
        service.arguments = ["--port", "0", "--paths", "1000"]
        var environment = kind.environment
        if kind == .heaptrack {
            environment["LD_PRELOAD"] = heaptrack
            environment["DUMP_HEAPTRACK_OUTPUT"] = "/tmp/pollscope-bench-heaptrack"
        }
        service.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        service.standardOutput = output
        service.standardError = FileHandle.nullDevice
        try service.run()
        defer {
            service.terminate()
            service.waitUntilExit()
            try? FileManager.default.removeItem(atPath: "/tmp/pollscope-bench-heaptrack")
        }
        let announcement = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let address = announcement.split(separator: "\n").first?.split(separator: " ").last else {
            throw Failed("\(lab)/quotes did not say where it listens")
        }
        let load = ["\(lab)/load", "http://\(address)", "--closed", String(connections), "--route", route]
        _ = try ChildProcess.run(load + ["--duration", "1s", "--warmup", "0s", "--format", "json"])

        var recorder: Process?
        let file = "/tmp/pollscope-bench-http-\(service.processIdentifier).pollscope"
        if let words = recorderWords(kind, of: service.processIdentifier, into: file) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: words[0])
            process.arguments = Array(words.dropFirst())
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            recorder = process
        }
        let before = cpuNanoseconds(of: service.processIdentifier)
        let child = try ChildProcess.run(
            load + ["--duration", "\(seconds)s", "--warmup", "0s", "--format", "json"])
        let spent = cpuNanoseconds(of: service.processIdentifier) - before
        let peak = peakMebibytes(of: service.processIdentifier)
        if let recorder {
            recorder.interrupt()
            recorder.waitUntilExit()
            try? FileManager.default.removeItem(atPath: file)
        }
        guard let json = try JSONSerialization.jsonObject(with: Data(child.output.utf8)) as? [String: Any],
            let routes = json["routes"] as? [[String: Any]], let route = routes.first,
            let requests = route["requests"] as? Double, let errors = route["errors"] as? Double, errors == 0,
            let rate = route["ratePerSecond"] as? Double, let p99 = route["p99Seconds"] as? Double, requests > 0
        else { throw Failed("load failed: \(child.output)") }
        figures.requestsPerSecond.append(rate)
        figures.p99Seconds.append(p99)
        figures.cpuMicrosecondsPerRequest.append(spent / 1000 / requests)
        figures.peakMebibytes.append(peak)
    }

    private func recorderWords(_ kind: Kind, of pid: Int32, into file: String) -> [String]? {
        switch kind {
        case .off, .polls, .uncounted, .on, .heaptrack: nil
        case .recorded: [pollscope, "record", "--force", "-o", file, "--pid", String(pid)]
        case .perf:
            perf.map {
                // It is told by a command of its own when to end.
                [$0, "record", "-g", "-F", "99", "-o", file, "-p", String(pid), "--", "sleep", String(seconds)]
            }
        }
    }

    /// The most memory that a process had resident.
    private func peakMebibytes(of pid: Int32) -> Double {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .nan) / 1024
    }

    /// CPU time of all threads of a process, in nanoseconds, by the scheduler's own count.
    private func cpuNanoseconds(of pid: Int32) -> Double {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return tasks.reduce(0) { sum, tid in
            let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(tid)/schedstat", encoding: .utf8)) ?? ""
            return sum + (text.split(separator: " ").first.flatMap { Double($0) } ?? 0)
        }
    }
}
