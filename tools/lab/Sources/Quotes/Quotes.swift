// The service `quotes`: light requests that share their threads with a heavy one.

import ArgumentParser
import Hummingbird
import Logging
import NIOCore
import Pollscope

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@main
struct Quotes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quotes",
        abstract: "An HTTP service whose GET /quote is slow whenever somebody asks for POST /risk.",
        discussion: """
            GET /quote waits 2 ms, as for a service downstream, and answers with a price.
            POST /risk values a portfolio, item after item, without ever suspending: for so long it keeps
            one of the runtime's threads, and every quote that is due waits. --yield-every is the cure.
            GET /health answers at once.

            EXAMPLES
              quotes --port 8080                     ill
              quotes --port 8080 --yield-every 1     cured
            """)

    @Option(help: "Port on 127.0.0.1; 0 takes any free one. The line 'listening on …' names it.")
    var port = 8080

    @Option(help: "Items in a portfolio, for a risk request that does not say (?items=).")
    var items = 40

    @Option(help: "CPU time of an item, in ms; measured at the start, on this machine.")
    var itemTime = 1.0

    @Option(
        help: """
            Random walks an item, instead of a time: for two runs that must do the same work. The first one \
            says on standard error how many it took.
            """)
    var paths: Int?

    @Option(help: "Let other tasks run after every so many items; 0 is never.")
    var yieldEvery = 0

    @Flag(inversion: .prefixedNo, help: "Observe this service.")
    var pollscope = true

    func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port is \(port); give one from 0 to 65535.")
        }
        guard Portfolio.sizes.contains(items) else {
            throw ValidationError("--items is \(items); give \(Portfolio.sizesInWords).")
        }
        guard (0.01...1_000).contains(itemTime) else {
            throw ValidationError("--item-time is \(itemTime) ms; give from 0.01 to 1000.")
        }
        guard (1...1_000_000_000).contains(paths ?? 1) else {
            throw ValidationError("--paths is \(paths ?? 0); give 1 or more.")
        }
        guard yieldEvery >= 0 else {
            throw ValidationError("--yield-every is \(yieldEvery); give 0 (never) or more.")
        }
    }

    func run() async throws {
        if pollscope { try? Pollscope.start() }

        let valuation =
            paths.map { Valuation(paths: $0) }
            ?? .calibrated(to: .microseconds(Int64(itemTime * 1_000)))
        announce(valuation)
        let risk = RiskModel(valuation: valuation, yieldEvery: yieldEvery)
        var logger = Logger(label: "quotes")
        logger.logLevel = .warning

        let service = Application(
            router: routes(quotes: QuoteBook(), risk: risk, items: items),
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "quotes"),
            onServerRunning: { channel in announce(channel.localAddress) },
            logger: logger)
        do {
            try await service.runService()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw PortTaken(port: port)
        }
    }
}

struct PortTaken: Error, CustomStringConvertible {
    var port: Int

    var description: String { "port \(port) is taken: give another, or --port 0 for any that is free" }
}
