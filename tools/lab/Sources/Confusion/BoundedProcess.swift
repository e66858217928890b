// Programs that end in time, or are ended.

import Foundation

enum BoundedProcess {
    struct Ending {
        /// The exit status, or 128 + the signal; nil: it had to be killed.
        var status: Int32?
    }

    /// Runs a program with its output in files, and kills it, by its number, when it takes too long.
    static func run(_ words: [String], output: String, errors: String, seconds: Double) throws -> Ending {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try file(output)
        process.standardError = try file(errors)
        try process.run()
        if wait(for: process, seconds: seconds) { return ending(of: process) }
        kill(process.processIdentifier, SIGTERM)
        if !wait(for: process, seconds: 5) { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return Ending(status: nil)
    }

    private static func file(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw CocoaError(.fileWriteUnknown)
        }
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    private static func wait(for process: Process, seconds: Double) -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while process.isRunning {
            guard ContinuousClock.now < end else { return false }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return true
    }

    private static func ending(of process: Process) -> Ending {
        let status = process.terminationStatus
        return Ending(status: process.terminationReason == .exit ? status : 128 + status)
    }
}
