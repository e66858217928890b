// What the watcher's thread costs: in a process where nothing runs, and in one whose polls never stop.

import ArgumentParser
import Foundation

struct WatcherCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watcher-cost", abstract: "CPU time of the watcher's thread.")

    @Option(help: "The YieldService program.")
    var service: String

    @Option(help: "The lab's quotes program, which then waits for requests.")
    var quotes: String

    @Option(help: "Seconds.")
    var seconds = 5

    func run() throws {
        print("budget for the watcher: 0.1 % of a core where nothing runs")
        print("nothing runs: \(try share([quotes, "--port", "0", "--paths", "10"]))")
        print("polls without end: \(try share([service, "64", "2000000000"]))")
    }

    private func share(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        Thread.sleep(forTimeInterval: 1)  // the service is up, and what it does at its start is over
        guard let tid = watcher(of: process.processIdentifier) else { throw Failed("\(words[0]) has no watcher") }
        let before = cpuNanoseconds(process.processIdentifier, tid)
        Thread.sleep(forTimeInterval: Double(seconds))
        let spent = cpuNanoseconds(process.processIdentifier, tid) - before
        return "\(text(spent / (Double(seconds) * 1e9) * 100, decimals: 3)) % of a core"
    }

    private func watcher(of pid: Int32) -> String? {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return tasks.first {
            (try? String(contentsOfFile: "/proc/\(pid)/task/\($0)/comm", encoding: .utf8)) == "pollscope\n"
        }
    }

    private func cpuNanoseconds(_ pid: Int32, _ tid: String) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(tid)/schedstat", encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.flatMap { Double($0) } ?? 0
    }
}
