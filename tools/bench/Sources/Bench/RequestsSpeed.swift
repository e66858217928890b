// Time and memory of a report on many requests.

import ArgumentParser
import Recording

struct RequestsSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests", abstract: "Time and peak memory of `pollscope report` on many requests.")

    @Option(help: "The pollscope command.")
    var pollscope: String

    @Option(help: "A recording of many requests, as `RequestService many` makes them.")
    var recording: String

    func run() throws {
        let reader = try RecordingReader(path: recording)
        let events = reader.eventChunks.reduce(0) { $0 + $1.count }
        let polls = reader.pollChunks.reduce(0) { $0 + $1.polls }
        print(
            "recording: \(events) event records, \(polls) polls and holds; budget for 1,000,000 requests 10 s, 512 MiB")
        let child = try ChildProcess.run([pollscope, "report", "--format", "json", recording])
        guard child.status == 0 else { throw Failed("\(pollscope) report failed") }
        print(
            "report: \(text(child.wallSeconds, decimals: 2)) s, \(text(child.cpuSeconds, decimals: 2)) CPU s, "
                + "\(child.peakBytes >> 20) MiB")
    }
}
