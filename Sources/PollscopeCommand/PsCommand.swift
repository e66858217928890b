// `pollscope ps`: the sessions on this machine.

import ArgumentParser
import Sessions

struct PsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List the sessions here, alive and dead.",
        discussion: """
            alive: the service runs. dead: it is gone, and its last moments can be reported. stale: nothing more \
            can come of it. refused: the service runs and could not be observed.
            """)

    @Option(help: "text or json.")
    var format: OutputFormat = .text

    @Flag(help: "Remove what is stale.")
    var clean = false

    @Flag(help: "Remove what is stale, and the last moments of the dead.")
    var cleanDead = false

    func run() throws {
        let folders = SessionFolder.all(environment: Console.sessionEnvironment)
        if clean || cleanDead {
            for session in folders.flatMap({ $0.clean(dead: cleanDead) }) { Console.error("Removed \(session.path)") }
        }
        let sessions = folders.flatMap { $0.sessions() }
        switch format {
        case .json: Console.output(SessionList.json(sessions))
        case .text:
            Console.output(SessionList.text(sessions, folders: folders.map(\.path)))
        }
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
