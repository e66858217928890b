// How many records a second go through the reader: from the rings of a session into an encoded recording.

import ArgumentParser
import Glibc
import Recording
import Sessions

struct ReaderSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reader", abstract: "Records a second through follower and encoder, and bytes a poll.")

    @Argument(help: "A session file that a process has left (POLLSCOPE_KEEP=1).")
    var session: String

    @Option(help: "Polls to read, over and over.")
    var polls = 20_000_000

    func run() throws {
        let file = try SessionFile(path: session)
        let sink = CountingSink()
        let writer = try RecordingWriter(
            sink: sink, info: file.info, calibration: file.calibration, modules: file.modules)
        var read = 0
        var looks = 0
        let before = cpuSeconds()
        while read < polls {
            let look = SessionFollower(file: file, from: .oldest).look(now: file.calibration.last.ticks)
            guard look.pollCount > 0 else { throw Failed("\(session) holds no polls") }
            for batch in look.batches { try writer.write(batch) }
            read += look.pollCount
            looks += 1
        }
        try writer.finish()
        let spent = cpuSeconds() - before
        print(
            "reader: \(text(Double(read) / spent / 1e6)) million records a second a core (\(read) records in "
                + "\(text(spent, decimals: 2)) CPU seconds, \(read / looks) a look); budget 10")
        print("recording: \(text(Double(sink.bytes) / Double(read), decimals: 2)) bytes a poll; budget 12")
    }
}

/// Counts what it is given and forgets it.
final class CountingSink: ByteSink {
    private(set) var bytes = 0
    func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) { self.bytes += bytes.count }
    func close() throws(RecordingError) {}
}

func cpuSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}
