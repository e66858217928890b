// `pollscope report`: the diagnosis of a recording, or of a session's last moments.

import Analysis
import ArgumentParser
import Recording
import Reporting
import Sessions
import Symbols

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Say where polls are long, how long jobs wait, and who does it.",
        discussion: """
            Of a session (a pid, a program's name, or a session file) the report shows what its memory of the last \
            moments holds. That works for a service that was killed, too.
            """)

    @Argument(help: "A recording; or a pid, a program's name or a session file.")
    var source: String

    @Option(help: "text or json.")
    var format: OutputFormat = .text

    @Option(help: "Columns of the text. Default: the terminal's.")
    var width: Int?

    @Option(help: ArgumentHelp("A folder with separate debug files.", valueName: "folder"))
    var debugDirectory: [String] = []

    func validate() throws {
        if let width, width < 60 || width > 1000 { throw ValidationError("--width takes a number from 60 to 1000.") }
    }

    func run() async throws {
        let reader = try Failure.wrap { try RecordingSource.open(source) }
        let symbolizer = Symbolizer(modules: reader.modules, debugDirectories: debugDirectory)
        let report = await ReportModel.analyzing(reader, symbolizer: symbolizer)
        switch format {
        case .json: Console.output(JSONReport().text(of: report))
        case .text:
            let page = TextReport(
                width: width ?? Console.reportWidth, ink: Console.usesColor ? .terminal : .plain)
            Console.output(page.text(of: report))
        }
    }
}
