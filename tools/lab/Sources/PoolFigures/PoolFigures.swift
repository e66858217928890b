// The command `pool-figures`: reads what tools/lab/pool-sizes has recorded, and says whether the advice was right.

import ArgumentParser
import Foundation

@main
struct PoolFigures: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool-figures", abstract: "What a report says of a pool, beside what the clients saw.",
        subcommands: [Advised.self, Compare.self])
}

struct Advised: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the size that a report advises for a pool.")

    @Option(help: "The pool's name.")
    var pool = "postgres"

    @Argument(help: "A report, as pollscope report --format json writes it.")
    var report: String

    func run() throws {
        let pool = try PoolOfReport(named: pool, in: report)
        guard let advice = pool.advice else {
            throw Unusable("\(report) has no advice for it: \(pool.adviceMissing ?? "it does not say why")")
        }
        guard !advice.isAtLeast else {
            throw Unusable("\(report) says only that \(advice.size) or more are needed: record for longer")
        }
        print(advice.size)
    }
}

struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare three runs: too small, of the advised size, and of one less.",
        discussion: "Exits with 1 if the advised size does not do, or one less does.")

    @Option(help: "The pool's name.")
    var pool = "postgres"

    @Option(help: "The folder with SIZE.report.json and SIZE.load.json of each run.")
    var folder: String

    @Option(help: "The size that was too small.")
    var tooSmall: Int

    @Option(help: "The size that was advised.")
    var advised: Int

    func run() throws {
        let sizes = [tooSmall, advised, advised - 1]
        let proof = Proof(
            runs: try sizes.map { size in
                Run(
                    size: size, pool: try PoolOfReport(named: pool, in: "\(folder)/\(size).report.json"),
                    clients: try ClientFigures(in: "\(folder)/\(size).load.json"))
            })
        print(proof.text)
        guard proof.holds else { throw ExitCode.failure }
    }
}
