// `pollscope report`: the diagnosis of a recording, or of a session's last moments.

import Analysis
import ArgumentParser
import Recording
import Reporting
import Sessions
import Symbols

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Say what is wrong, which line does it, whom it hurts, and what to do.",
        discussion: """
            Of a session (a pid, a program's name, or a session file) the report shows what its memory of the last \
            moments holds. That works for a service that was killed, too.

            Findings come first, worst first, and whether tuning is worth it; tables of what they rest on follow. --findings \
            shows the diagnosis in full. --site goes into the sites whose function, file:line or task has PATTERN in it, in upper or lower case: all \
            figures of their polls and waits, everything that was seen inside their long polls, their calls and slowest \
            polls. --allocations shows what is known of allocations in full: who makes them, on which lines, of which \
            types, and how memory went. --requests goes into requests: where the time of the median and of the slowest \
            went, and the slowest of each name moment by moment; with NAME behind it, those that have NAME in theirs. JSON \
            stays whole, and has all of it.
            """)

    @Argument(help: "A recording; or a pid, a program's name or a session file.")
    var source: String?

    @Option(help: "text or json.")
    var format: OutputFormat = .text

    @Option(help: ArgumentHelp("Part of the name of the sites to go into.", valueName: "pattern"))
    var site: String?

    @Flag(help: "Show the diagnosis in full: what each finding rests on, and who waited for whom.")
    var findings = false

    @Flag(help: "Show allocations in full.")
    var allocations = false

    @Option(
        defaultAsFlag: "",
        help: ArgumentHelp("Show requests in full: all, or those with NAME in theirs.", valueName: "name"))
    var requests: String?

    @Option(help: "Columns of the text. Default: the terminal's.")
    var width: Int?

    @Option(help: ArgumentHelp("A folder with separate debug files.", valueName: "folder"))
    var debugDirectory: [String] = []

    mutating func validate() throws {
        // `--requests FILE`: the name that may follow the option is the source.
        if source == nil, let name = requests, !name.isEmpty { (source, requests) = (name, "") }
        if source == nil {
            throw ValidationError("Say what to report: a recording, a pid, a program's name or a session file.")
        }
        if let width, width < 60 || width > 1000 { throw ValidationError("--width takes a number from 60 to 1000.") }
        if [findings, allocations, site != nil, requests != nil].count(where: { $0 }) > 1 {
            throw ValidationError("Give one of --findings, --site, --allocations and --requests.")
        }
        if site?.isEmpty ?? false { throw ValidationError("--site takes a part of a name.") }
    }

    func run() async throws {
        let reader = try Failure.wrap { try RecordingSource.open(source ?? "") }
        let symbolizer = Symbolizer(modules: reader.modules, debugDirectories: debugDirectory)
        let pattern = site.map { SitePattern($0) }
        // The slowest polls in JSON are those of all sites.
        let report = await ReportModel.analyzing(
            reader, symbolizer: symbolizer, sites: format == .json ? nil : pattern)
        if let pattern, report.sites(matching: pattern).isEmpty {
            throw Failure(ExitStatus.noInput, TextReport.noSites(matching: pattern, in: report))
        }
        switch format {
        case .json: Console.output(JSONReport().text(of: report))
        case .text:
            let page = TextReport(
                width: width ?? Console.reportWidth, ink: Console.usesColor ? .terminal : .plain)
            if let requests { return try Console.output(Self.text(of: report, requests: requests, on: page)) }
            if findings { return Console.output(page.textOfFindings(in: report)) }
            if allocations { return Console.output(page.textOfAllocations(in: report)) }
            Console.output(pattern.flatMap { page.text(of: report, sites: $0) } ?? page.text(of: report))
        }
    }

    /// `name` may be empty: all of them.
    private static func text(of report: ReportModel, requests name: String, on page: TextReport) throws -> String {
        let pattern = name.isEmpty ? nil : SitePattern(name)
        if let text = page.textOfRequests(in: report, matching: pattern) { return text }
        throw Failure(ExitStatus.noInput, pattern.map { TextReport.noRequests(matching: $0, in: report) } ?? "")
    }
}
