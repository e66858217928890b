// The service `quotes`: light requests that share their threads, and their database's connections, with heavy ones.

import ArgumentParser
import Hummingbird
import LabService
import Logging
import NIOCore
import Pollscope

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif

@main
struct Quotes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quotes",
        abstract: "An HTTP service with an ailment for every kind of slow request, and its cure.",
        discussion: """
            GET /quote           waits 2 ms, as for a service downstream; answers a price
            POST /risk           values a portfolio (?items=), item after item, without
                                 ever suspending: so long it keeps one of the runtime's
                                 threads, and every quote that is due waits
            GET /order/{id}      reads an order from the database
            POST /order          adds one (?symbol=, ?quantity=), and writes it to a
                                 journal that is on the disk before the answer is sent
            GET /portfolio       asks the price cache for each item (?items=), and
                                 writes a statement
            POST /login          hashes a password (?password=)
            GET /upstream-quote  asks another process over HTTP: the program exchange
            GET /health          answers at once

            WHAT IS ILL                                      AND THE CURE
              /risk            as it is                      --yield-every 1
              GET /order/{id}  --read-time 20 --pool-size 2  a larger --pool-size
                               --blocking-queries            without
              POST /order      --blocking-journal            without
              /login           --hash inline                 without, or --hash yielding
              /portfolio       --cache-actors 1 --items 500  without --cache-actors
                               --wasteful-text               without
              /upstream-quote  --exchange-connections 1      without

            EXAMPLES
              quotes --port 8080                     ill: risk reports only
              quotes --port 8080 --yield-every 1     cured
              tools/lab/postgres run quotes --database postgres --pool-size 4
            """)

    @Option(help: "Port on 127.0.0.1; 0 takes any free one. The line 'listening on …' names it.")
    var port = 8080

    @Option(help: "Items in a portfolio, for a request that does not say (?items=).")
    var items = 40

    @Option(help: "CPU time of an item of a risk report, in ms; measured at the start, on this machine.")
    var itemTime = 1.0

    @Option(
        help: """
            Random walks an item, instead of a time: for two runs that must do the same work. The first one \
            says on standard error how many it took.
            """)
    var paths: Int?

    @Option(help: "Let other tasks run after every so many items of a risk report; 0 is never.")
    var yieldEvery = 0

    @OptionGroup var switches: Switches

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
        let desk = try await Desk(switches, risk: RiskModel(valuation: valuation, yieldEvery: yieldEvery))
        var logger = Logger(label: "quotes")
        logger.logLevel = .warning

        let service = Application(
            router: routes(desk, items: items),
            server: .http1(configuration: .init(additionalChannelHandlers: [ArrivalStamp()])),
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "quotes"),
            onServerRunning: { channel in announce(channel.localAddress) },
            logger: logger)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await service.runService()) } catch { outcome = .failure(error) }
        try await desk.close()
        do { try outcome.get() } catch let error as IOError { throw PortTaken(error, port: port) ?? error }
    }
}

/// For a person: how much work an item is.
private func announce(_ valuation: Valuation) {
    fputs(
        "an item is \(valuation.paths) random walks (--paths \(valuation.paths) for the same again)\n", stderr)
}
