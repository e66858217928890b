// The program `ailments`: small services with one planted ailment each, and healthy ones that look suspicious.

import ArgumentParser
import Pollscope

@main
struct AilmentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ailments",
        abstract: "Small services with one planted ailment each, and healthy ones.",
        subcommands: [List.self, Run.self, Neighbour.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Name all services.")

        func run() {
            let width = allAilments.map(\.name.count).max() ?? 0
            for ailment in allAilments {
                print(ailment.name + String(repeating: " ", count: width + 2 - ailment.name.count) + ailment.summary)
            }
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Run a service under load, in one process.")

        @Argument(help: "Its name, as 'ailments list' says it.")
        var name: String

        @Option(help: "How long.")
        var seconds = 10.0

        func validate() throws {
            guard (0.1...3_600).contains(seconds) else {
                throw ValidationError("--seconds is \(seconds); give from 0.1 to 3600.")
            }
        }

        func run() async throws {
            try? Pollscope.start()
            guard let ailment = allAilments.first(where: { $0.name == name }) else {
                throw ValidationError("there is no service \(name): 'ailments list' names all.")
            }
            Workload(try await ailment.open(), seconds: seconds).start()
            // The clients end the process.
            while true { try await Task.sleep(for: .seconds(3_600)) }
        }
    }
}
