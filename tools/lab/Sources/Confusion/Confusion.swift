// The program `confusion`: runs services whose ailment is known, has Pollscope diagnose them, and compares.

import AilmentModel
import ArgumentParser
import Foundation

@main
struct Confusion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confusion",
        abstract: "Run the services of the ailment lab, and compare what is planted with what Pollscope finds.")

    @Argument(help: "Services; none: all.")
    var names: [String] = []

    @Option(help: "Times each.")
    var runs = 1

    @Option(help: ArgumentHelp("A file of names, a line each.", valueName: "file"))
    var subset: String?

    @Option(help: "How long each is recorded.")
    var seconds = 6.0

    @Option(help: ArgumentHelp("Where recordings and reports of failures are kept.", valueName: "folder"))
    var keep: String?

    @Flag(help: "Keep those of all.")
    var keepAll = false

    @Option(help: "The program pollscope.")
    var pollscope: String

    @Option(help: "The program ailments.")
    var ailments: String

    @Option(help: "The folder of the services' code.")
    var sources: String

    func validate() throws {
        guard (1...1_000).contains(runs) else { throw ValidationError("--runs is \(runs); give from 1 to 1000.") }
        guard (1...600).contains(seconds) else {
            throw ValidationError("--seconds is \(seconds); give from 1 to 600.")
        }
    }

    func run() throws {
        // So that what else the machine does is not taken for an ailment; where that is not allowed, it is as it is.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -10)
        let truths = try GroundTruths(sources: sources)
        let chosen = try truths.named(names + subsetNames())
        let width = chosen.map(\.name.count).max() ?? 0
        let kindWidth = chosen.map { expected($0).count }.max() ?? 0
        var matrix = ConfusionMatrix()
        var failures = 0
        for number in 1...runs {
            if runs > 1 { print("run \(number) of \(runs)") }
            for expectation in chosen {
                let (findings, judgement) = try judged(expectation, number, truths)
                if !judgement.isOk { failures += 1 }
                matrix.add(expectation, findings)
                let found = findings.first(where: \.isSerious)?.summary ?? ConfusionMatrix.nothing
                print(
                    "\(padded(expectation.name, width))  \(padded(expected(expectation), kindWidth))  \(found)  \(judgement.word)"
                        + (judgement.reason.map { ": \($0)" } ?? ""))
                fflush(nil)
            }
        }
        print("\n\(matrix.text)\n\n\(chosen.count * runs - failures) passed, \(failures) failed")
        guard failures == 0 else { throw ExitCode(1) }
    }

    private func expected(_ expectation: Expectation) -> String {
        expectation.isHealthy ? Expectation.healthy : expectation.expectedKinds.joined(separator: " + ")
    }

    private func judged(
        _ expectation: Expectation, _ number: Int, _ truths: GroundTruths
    ) throws -> ([ReportedFinding], Judgement) {
        let files = FileManager.default
        let folder = NSTemporaryDirectory() + "/confusion-\(getpid())-\(expectation.name)"
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: folder) }
        let run = LabRun(pollscope: pollscope, ailments: ailments, seconds: seconds, folder: folder)
        var findings: [ReportedFinding] = []
        let judgement: Judgement
        do {
            let (all, others) = try run.findings(of: expectation.name)
            // A machine that is busy with other things is contended, and a report that says so is right.
            let isBusy = others > 0.25
            if isBusy {
                print("others kept \(others.formatted(.number.precision(.fractionLength(1)))) processors busy:")
            }
            findings = expectation.judged(all, ignoring: isBusy ? ["kernel-contention", "timer-lateness"] : [])
            judgement = expectation.judge(findings, planted: truths.planted)
        } catch {
            judgement = .failed("\(error)")
        }
        if let keep, keepAll || !judgement.isOk {
            try files.createDirectory(atPath: keep, withIntermediateDirectories: true)
            let kept = "\(keep)/\(expectation.name)" + (runs > 1 ? "-\(number)" : "")
            try? files.removeItem(atPath: kept)
            try files.copyItem(atPath: folder, toPath: kept)
        }
        return (findings, judgement)
    }

    private func subsetNames() throws -> [String] {
        guard let subset else { return [] }
        guard let text = FileManager.default.contents(atPath: subset) else {
            throw LabFailure("\(subset) cannot be read.")
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
