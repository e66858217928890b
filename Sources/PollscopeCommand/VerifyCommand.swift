// `pollscope verify`: the conservation laws over a recording.

import Analysis
import ArgumentParser
import Recording
import Sessions

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that a recording obeys the conservation laws.",
        discussion: """
            Every enqueue has one start, a thread's polls do not overlap, sequence numbers are whole or counted as \
            lost, totals add up. A violation is a fault of Pollscope or of the file; the exit status is then 1.
            """)

    @Argument(help: "A recording; or a pid, a program's name or a session file.")
    var source: String

    func run() throws {
        let reader = try Failure.wrap { try RecordingSource.open(source) }
        let results = RecordingLaws.check(reader)
        var lines: [String] = []
        let width = results.map(\.name.count).max() ?? 0
        for law in results {
            let verdict = !law.holds ? "BROKEN" : law.checked == 0 ? "-     " : "holds "
            let padding = String(repeating: " ", count: width - law.name.count)
            lines.append("\(verdict)  \(law.name)\(padding)  checked \(law.checked) times")
            if !law.holds {
                lines.append("        \(law.statement) \(law.violations) violations, for example:")
                lines += law.examples.map { "        - \($0)" }
            }
        }
        if let damage = reader.damage { lines.append("The recording is not whole: \(damage.description)") }
        let broken = results.filter { !$0.holds }.count
        lines.append(broken == 0 ? "All laws hold." : "\(broken) of \(results.count) laws do not hold.")
        Console.output(lines.joined(separator: "\n"))
        if broken > 0 { throw ExitCode(ExitStatus.checkFailed) }
    }
}
