// Time and memory of a report on many polls: a recording of real polls, repeated until there are enough of them.

import ArgumentParser
import CPollscopeLayout
import Glibc
import Recording
import Sessions

struct ReportSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Time and peak memory of `pollscope report`.")

    @Option(help: "The pollscope command.")
    var pollscope: String

    @Option(help: "A recording of real polls.")
    var recording: String

    @Option(help: "Polls in the recording that is reported.")
    var polls: UInt64 = 50_000_000

    @Option(help: "Where the large recording is written; it is removed afterwards.")
    var scratch = "/tmp/pollscope-bench.pollscope"

    func run() throws {
        let bytes = try repeatRecording()
        defer { unlink(scratch) }
        print("recording: \(polls) polls, \(text(Double(bytes) / Double(polls), decimals: 2)) bytes a poll")
        for format in ["text", "json"] {
            let child = try ChildProcess.run([pollscope, "report", "--format", format, scratch])
            guard child.status == 0 else { throw Failed("\(pollscope) report failed") }
            print(
                "report --format \(format): \(text(child.wallSeconds, decimals: 2)) s, "
                    + "\(text(child.cpuSeconds, decimals: 2)) CPU s, \(child.peakBytes >> 20) MiB; budget 10 s, 512 MiB"
            )
        }
    }

    /// Writes the real polls over and over, each round later by the length of the recording.
    private func repeatRecording() throws -> UInt64 {
        let reader = try RecordingReader(path: recording)
        var batches: [PollBatch] = []
        var earliest = UInt64.max
        var latest: UInt64 = 0
        let decoder = PollDecoder(reader)
        for chunk in reader.pollChunks {
            try decoder.decode(chunk) { batch in
                batches.append(
                    PollBatch(
                        thread: reader.threads[batch.thread].identity, ring: batch.ring,
                        firstSequence: batch.firstSequence, lost: 0, polls: Array(batch.polls), running: nil))
                for poll in batch.polls {
                    earliest = min(earliest, poll.start_ticks &- poll.wait_ticks)
                    latest = max(latest, poll.start_ticks &+ poll.duration_ticks)
                }
            }
        }
        let pollsARound = batches.reduce(0) { $0 + UInt64($1.polls.count) }
        guard pollsARound > 0 else { throw Failed("\(recording) holds no polls") }
        let sink = try FileSink(path: scratch, whenPresent: .replace)
        let writer = try RecordingWriter(
            sink: sink, info: reader.info, calibration: reader.calibration, modules: reader.modules)
        try writer.write(stacks: reader.stacks.values.sorted { $0.id < $1.id })
        if let first = reader.statuses.first { try writer.write(status: first) }
        var sequences: [UInt32: UInt64] = [:]
        var shift: UInt64 = 0
        while writer.pollsWritten < polls {
            for batch in batches where writer.pollsWritten < polls {
                var shifted = batch
                shifted.firstSequence = sequences[batch.ring, default: batch.firstSequence]
                sequences[batch.ring] = shifted.firstSequence + UInt64(batch.polls.count)
                for index in shifted.polls.indices { shifted.polls[index].start_ticks &+= shift }
                try writer.write(shifted)
            }
            shift &+= latest - earliest + 1000
        }
        if var last = reader.statuses.last {
            last.at = Ticks(last.at.rawValue &+ shift)
            last.calibrationLast.ticks = Ticks(last.calibrationLast.ticks.rawValue &+ shift)
            last.calibrationLast.monotonicNanoseconds &+= UInt64(reader.calibration.seconds(shift) * 1e9)
            try writer.write(status: last)
        }
        try writer.finish()
        return writer.bytesWritten
    }
}
