// `pollscope record`: a session's events into a file.

import ArgumentParser
import Glibc
import Recording
import Sessions

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Record what an observed service does.",
        usage: "pollscope record [-o FILE] [--duration 30s] (--pid PID | SESSION | -- COMMAND …)",
        discussion: """
            Records until the time is up, the service ends, or Ctrl-C; the recording is whole in each case. \
            SESSION is a program's name or a session file.

            COMMAND is run and recorded from its start, and ended when the recording ends first; its exit status is \
            passed on, also when it could not be observed, which is then said. A service that does not link Pollscope \
            is observed by a library that is preloaded into it, if it is linked dynamically; COMMAND may be a script \
            that runs it.
            """)

    @Option(name: .shortAndLong, help: "The file to write. Default: PROGRAM-PID.pollscope, here.")
    var output: String?

    @Flag(name: .shortAndLong, help: "Replace the output file if it exists.")
    var force = false

    @Option(help: "How long: 30s, 500ms, 2m, 1h. Default: until the service ends or Ctrl-C.")
    var duration: TimeArgument?

    @Option(help: "The process to record.")
    var pid: Int32?

    @Flag(help: "Also take what the service's memory of the last moments holds.")
    var fromOldest = false

    @Flag(help: "Run the command as it is: only a service that links Pollscope is observed.")
    var noPreload = false

    @Argument(help: "A program's name or a session file.")
    var session: String?

    @Argument(parsing: .postTerminator, help: "A command to run and record.")
    var command: [String] = []

    func validate() throws {
        let given = [pid != nil, session != nil, !command.isEmpty].filter { $0 }.count
        guard given == 1 else {
            throw ValidationError(
                given == 0
                    ? "Say what to record: --pid PID, a session, or -- COMMAND. `pollscope ps` lists the sessions."
                    : "Give one of --pid, a session, or -- COMMAND, not several.")
        }
        if noPreload, command.isEmpty { throw ValidationError("--no-preload goes with -- COMMAND.") }
        if let pid, pid <= 0 { throw ValidationError("--pid takes the number of a process.") }
    }

    func run() throws {
        try Failure.wrap {
            let folders = SessionFolder.all(environment: Console.sessionEnvironment)
            if !command.isEmpty { throw ExitCode(try recordCommand(in: folders)) }
            let query = pid.map(SessionQuery.processID) ?? SessionQuery(session!)
            let file = try query.find(in: folders)
            let sink = try output.map { try openSink($0) }
            Interruption.note()
            try record(file, sink: sink, from: fromOldest || !file.isAlive ? .oldest : .now, of: nil)
        }
    }

    /// Runs the command and records it; its exit status.
    private func recordCommand(in folders: [SessionFolder]) throws -> Int32 {
        let plan = try LaunchPlan(command, preloads: !noPreload)
        // Before the command runs: a path that cannot be written should not cost a run.
        var sink = try output.map { try openSink($0) }
        if let warning = plan.warning { Console.error("pollscope: \(warning)") }
        Interruption.noteWhatIsNotIgnored()
        let service: LaunchedCommand
        do {
            service = try LaunchedCommand(plan)
        } catch {
            try sink.map(discard)
            throw error
        }
        Interruption.note()
        var sessions = LaunchedSessions(of: service, in: folders)
        defer { sessions.removeEnded() }
        while let file = try sessions.wait() {
            let ending = try record(file, sink: sink, from: .beginning, of: (service, sessions))
            guard case .another(let path) = ending else { return service.waitForEnd() }
            Console.error("\(command[0]) runs another program now, which is recorded in the place of this one.")
            unlink(path)
            sink = try output.map { try FileSink(path: $0, whenPresent: .replace) }
        }
        try sink.map(discard)
        Console.error("pollscope: \(service.unobserved(sessions.refusal))")
        return service.waitForEnd()
    }

    /// An empty file is no recording.
    private func discard(_ sink: FileSink) throws {
        try sink.close()
        unlink(sink.path)
    }

    private func openSink(_ path: String) throws -> FileSink {
        try FileSink(path: path, whenPresent: force ? .replace : .fail)
    }

    /// PROGRAM-PID.pollscope, with a number behind it where that is taken.
    private func openDefaultSink(for info: SessionInfo) throws -> FileSink {
        let program = info.executable.split(separator: "/").last.map(String.init) ?? "service"
        let stem = "\(program)-\(info.processID)"
        var path = "\(stem).pollscope"
        var number = 2
        while access(path, F_OK) == 0 {
            path = "\(stem)-\(number).pollscope"
            number += 1
        }
        return try FileSink(path: path)
    }

    private enum Ending {
        case complete
        /// The command has a session that is to be recorded instead, in the file of this path.
        case another(path: String)
    }

    @discardableResult
    private func record(
        _ file: SessionFile, sink given: FileSink?, from start: SessionFollower.Start,
        of launched: (service: LaunchedCommand, sessions: LaunchedSessions)?
    ) throws -> Ending {
        let info = file.info
        let program = info.executable.split(separator: "/").last.map(String.init) ?? "process"
        let sink = try given ?? openDefaultSink(for: info)
        let recorder = try Recorder(session: file, sink: sink, from: start)
        Console.error(
            "Recording \(program) (pid \(info.processID)) into \(sink.path)"
                + (duration == nil ? ". Ctrl-C ends it." : "."))

        let began = ContinuousClock.now
        var nextProgress = began
        var nextSearch = began
        var ending = "the time is up"
        while true {
            if Interruption.happened {
                ending = "interrupted"
                break
            }
            // Asked before the step, so that the last step takes all that the process has written.
            let isAlive = launched?.service.isRunning() ?? recorder.isProcessAlive
            let count = try recorder.step()
            let now = ContinuousClock.now
            if let launched, !isAlive || now >= nextSearch {
                nextSearch = now + .milliseconds(20)
                if launched.sessions.haveBetter(than: file) {
                    Console.endProgress()
                    try recorder.finish()
                    return .another(path: sink.path)
                }
            }
            if !isAlive {
                ending = "the service has ended"
                break
            }
            let elapsed = now - began
            if let duration, elapsed >= .seconds(duration.seconds) { break }
            if now >= nextProgress {
                nextProgress = now + .milliseconds(250)
                Console.progress(progress(recorder, elapsed))
            }
            // A full ring holds a good tenth of a second of a busy service's thread. Where polls come so fast that
            // a quarter of a ring is full already, looking costs less than losing.
            let isFast = count > info.ringRecords / 4
            usleep(isFast ? 1_000 : 10_000)
        }
        Console.endProgress()
        try recorder.finish()
        let elapsed = ContinuousClock.now - began
        Console.error("Recorded \(progress(recorder, elapsed)); \(ending).")
        Console.error("Read it: pollscope report \(sink.path)")
        if let service = launched?.service, service.isRunning() {
            Console.error("Ending \(program), which was started to be recorded …")
            service.terminate()
        }
        return .complete
    }

    private func progress(_ recorder: Recorder, _ elapsed: Duration) -> String {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        let tenths = Int((seconds * 10).rounded())
        return "\(recorder.pollsWritten) polls in \(tenths / 10).\(tenths % 10) s, \(recorder.pollsLost) lost, "
            + "\(recorder.bytesWritten / 1024) KiB"
    }
}
