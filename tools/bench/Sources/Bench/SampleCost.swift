// What a sample of a computing thread takes of that thread, by the signal handler's own clock.

import ArgumentParser
import CPollscopeLayout
import Foundation
import Sessions

struct SampleCost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample-cost", abstract: "Time that a thread loses to a sample of its stack.")

    @Option(help: "The CallService program.")
    var service: String

    @Option(help: "Frames that are known to be on the stack.")
    var depth = 40

    @Option(help: "Runs, each of which gives a dozen samples.")
    var runs = 5

    func run() throws {
        var nanoseconds: [Double] = []
        var frames: [Double] = []
        for _ in 0..<runs {
            let folder = NSTemporaryDirectory() + "pollscope-bench-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let child = try ChildProcess.run(
                [service, "deep", String(depth), "3"],
                environment: ["POLLSCOPE_DIR": folder, "POLLSCOPE_KEEP": "1", "POLLSCOPE_LONG_POLL": "1ms"])
            guard child.status == 0, let name = try FileManager.default.contentsOfDirectory(atPath: folder).first else {
                throw Failed("\(service) failed: \(child.output)")
            }
            let file = try SessionFile(path: "\(folder)/\(name)")
            let look = SessionFollower(file: file, from: .beginning).look(now: Ticks(0))
            for sample in look.evidence.samples where sample.source == UInt8(POLLSCOPE_SAMPLE_SIGNAL.rawValue) {
                nanoseconds.append(file.calibration.seconds(sample.handlerTicks) * 1e9)
                frames.append(Double(sample.frames.count))
            }
        }
        print("budget for a stack on the CPU: 50 µs at 40 frames")
        let (low, high) = quartiles(nanoseconds)
        print(
            "\(nanoseconds.count) samples of \(text(median(frames), decimals: 0)) frames: the thread loses "
                + "\(text(median(nanoseconds) / 1000)) µs in the handler (quartiles \(text(low / 1000)) to "
                + "\(text(high / 1000)), at most \(text((nanoseconds.max() ?? .nan) / 1000)))")
    }
}
