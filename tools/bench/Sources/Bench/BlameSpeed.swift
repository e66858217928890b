// How many polls a second the blame sweep charges, and what a report of a saturated pool takes.

import Analysis
import ArgumentParser
import Glibc
import Recording

struct BlameSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blame", abstract: "Polls a second through the blame sweep, and a report of a saturated pool.")

    @Option(help: "The pollscope command.")
    var pollscope: String

    @Option(help: "Polls in the recording of each pool.")
    var polls: UInt64 = 20_000_000

    @Option(help: "Polls in the recording that is reported.")
    var reported: UInt64 = 50_000_000

    @Option(help: "Times that each sweep is measured.")
    var rounds = 5

    @Option(help: "Where the recordings are written; they are removed afterwards.")
    var scratch = "/tmp/pollscope-bench.pollscope"

    func run() throws {
        defer { unlink(scratch) }
        for threads in [2, 4, 8] {
            var pool = SaturatedPool(threads: threads)
            try pool.record(polls, to: scratch)
            try sweep(threads: threads)
        }
        var pool = SaturatedPool(threads: 4)
        try pool.record(reported, to: scratch)
        let child = try ChildProcess.run([pollscope, "report", "--format", "json", scratch])
        guard child.status == 0 else { throw Failed("\(pollscope) report failed") }
        print(
            "report of \(reported) polls: \(text(child.wallSeconds, decimals: 2)) s, "
                + "\(text(child.cpuSeconds, decimals: 2)) CPU s, \(child.peakBytes >> 20) MiB; budget 10 s, 512 MiB")
    }

    /// The sweep alone: what it takes with reading less what reading takes.
    private func sweep(threads: Int) throws {
        let reader = try RecordingReader(path: scratch)
        var rates: [Double] = []
        for _ in 0..<rounds {
            let before = cpuSeconds()
            let decoder = PollDecoder(reader)
            for chunk in reader.pollChunks.reversed() { try decoder.decode(chunk) { _ in } }
            let decoded = cpuSeconds()
            // By executor: the global pool is the second.
            let results = BlameResults(reader, widths: [0, threads])
            let swept = cpuSeconds()
            withExtendedLifetime(results) {}
            rates.append(Double(polls) / (swept - decoded - (decoded - before)))
        }
        let spread = quartiles(rates)
        print(
            "blame, \(threads) threads: \(text(median(rates) / 1e6)) million polls a second a core, quartiles "
                + "\(text(spread.0 / 1e6)) to \(text(spread.1 / 1e6)); budget 5")
    }
}
