// `pollscope watch`: what goes wrong in a service, while it does, a line each.

import ArgumentParser
import LiveView
import Sessions
import Wording

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Tell what goes wrong in a service while it does, a line each.",
        discussion: """
            Tells when all threads of an executor are busy while jobs wait: who has them, how many wait, and in the end \
            who was to blame; new kinds of long polls and blocking calls; polls that go on for a second and more; pools \
            that keep askers waiting; records lost; and what becomes of the service. The service is not asked for \
            anything: this works while every thread of it is stuck.

            What happens again and again is told at growing distances, with the number of the others. Ends when the time \
            is up, the service ends, or by Ctrl-C.
            """)

    @Argument(help: "A pid, a program's name or a session file.")
    var session: String

    @Option(help: "How long: 30s, 500ms, 2m, 1h. Default: until the service ends or Ctrl-C.")
    var duration: TimeArgument?

    @Option(help: "text or json, an object a line.")
    var format: OutputFormat = .text

    @Option(help: "Columns that a line should fit in. Default: the terminal's; into a pipe, without end.")
    var width: Int?

    @Option(help: ArgumentHelp("A folder with separate debug files.", valueName: "folder"))
    var debugDirectory: [String] = []

    func validate() throws {
        if let width, width < 60 || width > 1000 { throw ValidationError("--width takes a number from 60 to 1000.") }
    }

    func run() throws {
        let file = try Failure.wrap {
            try SessionQuery(session).find(in: SessionFolder.all(environment: Console.sessionEnvironment))
        }
        let info = file.info
        if let reason = Self.reasonNotToWatch(file) {
            let program = info.executable.split(separator: "/").last.map(String.init) ?? "The process"
            throw Failure(ExitStatus.noInput, "\(program) (pid \(info.processID)) cannot be watched: \(reason)")
        }
        Interruption.note()
        let began = ContinuousClock.now
        let watcher = SessionWatcher(file, debugDirectories: debugDirectory)
        let write = writer(of: watcher)
        for probe in info.probes where !probe.isOn && !probe.reason.isEmpty {
            Console.error("Not observed: \(probe.name.printable): \(probe.reason.printable)")
        }
        write([watcher.watch.beginning()])
        while !Interruption.happened {
            write(watcher.step())
            if watcher.watch.isOver { break }
            if Console.isOutputClosed { return }
            if let duration, ContinuousClock.now - began >= .seconds(duration.seconds) { break }
            watcher.wait()
        }
        write(watcher.ending())
    }

    /// Each event as it comes: whoever reads a pipe has it at once.
    private func writer(of watcher: SessionWatcher) -> ([WatchEvent]) -> Void {
        switch format {
        case .json:
            let json = WatchJSON(clock: watcher.clock)
            return { for event in $0 { Console.output(json.line(of: event)) } }
        case .text:
            let text = WatchText(
                width: width ?? Console.width(of: 1) ?? 0, ink: Console.usesColor ? .terminal : .plain,
                clock: watcher.clock)
            return { for event in $0 { Console.output(text.line(of: event)) } }
        }
    }

    /// `nil`: it can be watched. Else a sentence or two, with what to do instead.
    private static func reasonNotToWatch(_ file: SessionFile) -> String? {
        if case .stale(let why) = file.state(isRunning: file.isAlive) {
            return "\(why) `pollscope ps` lists the sessions here."
        }
        guard !file.isAlive else { return nil }
        return "it has ended. `pollscope report \(file.path)` tells its last moments."
    }
}
