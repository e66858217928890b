// The service `exchange`: what `quotes` asks for its upstream quotes; it takes its time, and is never busy.

import ArgumentParser
import Hummingbird
import LabService
import Logging
import NIOCore

@main
struct Exchange: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange",
        abstract: "The exchange that the service quotes asks over HTTP: GET /price/{symbol}.",
        discussion: """
            EXAMPLE
              exchange --port 9090 --delay 5
              quotes --port 8080 --exchange 127.0.0.1:9090
            """)

    @Option(help: "Port on 127.0.0.1; 0 takes any free one. The line 'listening on …' names it.")
    var port = 9090

    @Option(help: "How long an answer takes, in ms.")
    var delay = 5.0

    func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port is \(port); give one from 0 to 65535.")
        }
        guard (0...60_000).contains(delay) else {
            throw ValidationError("--delay is \(delay) ms; give from 0 to 60000.")
        }
    }

    func run() async throws {
        let delay = Duration.microseconds(Int64(delay * 1_000))
        let router = Router()
        router.get("price/:symbol") { _, context in
            try await Task.sleep(for: delay)
            // The same price for the same symbol in every run, so that answers can be compared.
            return try "\(1_000 + context.parameters.require("symbol").utf8.reduce(0) { $0 + Int($1) } % 9_000)"
        }
        var logger = Logger(label: "exchange")
        logger.logLevel = .warning
        let service = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "exchange"),
            onServerRunning: { channel in announce(channel.localAddress) },
            logger: logger)
        do {
            try await service.runService()
        } catch let error as IOError {
            throw PortTaken(error, port: port) ?? error
        }
    }
}
