// `pollscope check`: whether a recording keeps to limits and has no findings that matter, for CI.

import Analysis
import ArgumentParser
import Checking
import Diagnosis
import Glibc
import Recording
import Symbols

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Fail where a recording has findings or breaks limits: for CI.",
        discussion: """
            A limit is for each executor, request or pool; with NAME= in front for that one alone, and then instead of \
            the other. What a limit is for must be in the recording. A recording without signal, of an idle service, or \
            with too little in it fails, whatever else is in it.

              pollscope check FILE --max-wait-p99 5ms --max-request-p99 "GET /quote=50ms"

            --limits takes a file of the same in YAML, and options win over it:

              fail-on: warning
              max-request-p99:
                all: 100ms
                GET /quote: 50ms
              allow: [pool-too-large, long-poll:RiskModel.score]

            The exit status is 0 if all passed and 1 if not.
            """)

    @Argument(help: "A recording; or a pid, a program's name or a session file.")
    var source: String

    @Option(
        help: ArgumentHelp(
            "The least severity of findings that fail: critical, warning, info; or none. Default: critical.",
            valueName: "severity"))
    var failOn: FailOn?

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    @Option(
        help: ArgumentHelp(
            "Findings that are accepted: of a kind, or those with PART in their function, file:line or subject.",
            valueName: "kind[:part]"))
    var allow: [String] = []

    @Option(name: .customLong("limits"), help: ArgumentHelp("A file of limits, in YAML.", valueName: "file"))
    var limitsFile: String?

    @Option(help: ArgumentHelp("Write JUnit's XML there; -: on stdout, and the rest on stderr.", valueName: "file"))
    var junit: String?

    @Option(help: ArgumentHelp("Write SARIF 2.1.0 there; -: likewise.", valueName: "file"))
    var sarif: String?

    @Option(help: ArgumentHelp("A folder with separate debug files.", valueName: "folder"))
    var debugDirectory: [String] = []

    func validate() throws {
        if junit == "-", sarif == "-" {
            throw ValidationError("Both --junit and --sarif cannot go to stdout: give one of them a file.")
        }
    }

    func run() async throws {
        let plan = try plan()
        // Before all work: a path that cannot be written should not cost any.
        let sources = [source] + (limitsFile.map { [$0] } ?? [])
        let junitFile = try junit.map { try ResultFile($0, option: "--junit", besides: sources) }
        let sarifFile = try sarif.map {
            try ResultFile($0, option: "--sarif", besides: sources + (junit.map { [$0] } ?? []))
        }
        let reader = try Failure.wrap { try RecordingSource.open(source) }
        let symbolizer = Symbolizer(modules: reader.modules, debugDirectories: debugDirectory)
        let model = await ReportModel.analyzing(reader, symbolizer: symbolizer)
        let results = CheckResults(plan, of: model, diagnosis: Diagnosis(of: model))

        let folder = CurrentFolder.path
        let summary = CheckSummary(folder: folder).text(of: results)
        // Before the files: what is known is said even where a disk is full.
        if [junit, sarif].contains("-") {
            Console.error(String(summary.dropLast()))
        } else {
            Console.output(summary)
        }
        try junitFile?.write(JUnitReport(folder: folder).text(of: results))
        try sarifFile?.write(SARIFReport(folder: folder).text(of: results))
        if !results.hasPassed { throw ExitCode(ExitStatus.checkFailed) }
    }

    private func plan() throws(Failure) -> CheckPlan {
        do {
            let options = try CheckSettings(failOn: failOn, limits: limits.words, allow: allow)
            guard let path = limitsFile else { return try CheckPlan(options: options) }
            let bytes = try SmallFile.bytes(of: path, option: "--limits", most: CheckSettings.fileBytesMax)
            return try CheckPlan(options: options, file: CheckSettings(file: bytes, name: path))
        } catch let error as CheckError {
            throw Failure(error.code == .usage ? ExitStatus.usage : ExitStatus.badData, error.message)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(ExitStatus.internalError, "\(error)")
        }
    }
}

extension FailOn: ExpressibleByArgument {}

enum CurrentFolder {
    /// `/` where nobody knows.
    static var path: String {
        guard let buffer = getcwd(nil, 0) else { return "/" }
        defer { free(buffer) }
        return String(cString: buffer)
    }
}
