// `pollscope tasks`: the live tasks of a process, and where each of them waits.

import Analysis
import ArgumentParser
import Reporting
import Sessions
import Symbols

struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "Show the live tasks of a service by where they wait.",
        discussion: """
            The service is asked, and looks at its tasks without stopping them: what each awaits, where and since when, \
            who made it. A continuation that nobody resumes is seen here, and what hangs for another task. Of a service \
            that has ended its session still knows which tasks lived.
            """)

    @Argument(help: "A pid, a program's name or a session file.")
    var session: String

    @Option(help: "text or json.")
    var format: OutputFormat = .text

    @Flag(help: "Show every task with its async stack.")
    var all = false

    @Option(help: "Columns of the text. Default: the terminal's.")
    var width: Int?

    @Option(help: ArgumentHelp("A folder with separate debug files.", valueName: "folder"))
    var debugDirectory: [String] = []

    /// The watcher of a process looks at a thousand tasks in some milliseconds; a busy machine may keep it waiting.
    private static let patienceSeconds = 2.0

    func validate() throws {
        if let width, width < 60 || width > 1000 { throw ValidationError("--width takes a number from 60 to 1000.") }
    }

    func run() throws {
        let model = try Failure.wrap {
            let folders = SessionFolder.all(environment: Console.sessionEnvironment)
            let file = try SessionQuery(session).find(in: folders)
            let look = try file.lookAtTasks(within: Self.patienceSeconds)
            let symbolizer = Symbolizer(
                modules: file.modules + file.modulesLoadedLater(), debugDirectories: debugDirectory)
            let info = file.info
            return TasksModel(
                look: look, info: info,
                isStopped: look.answer == .silent && ProcessFiles(processID: info.processID).isStopped,
                secondsPerTick: file.calibration.secondsPerTick, name: symbolizer.name)
        }
        switch format {
        case .json: Console.output(TasksJSON().text(of: model))
        case .text:
            let page = TasksText(width: width ?? Console.reportWidth, ink: Console.usesColor ? .terminal : .plain)
            Console.output(all ? page.textOfAll(model) : page.text(of: model))
        }
    }
}
