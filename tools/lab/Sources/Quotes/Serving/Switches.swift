// What is well and what is ill in the service, but for the risk reports: each has a before and an after.

import ArgumentParser

struct Switches: ParsableArguments {
    enum Hash: String, CaseIterable, ExpressibleByArgument {
        case inline, yielding, offloaded
    }

    @OptionGroup var database: DatabaseOptions

    @Option(help: "Where passwords are hashed: in the task, in the task with yields, or on a thread pool.")
    var hash = Hash.offloaded

    @Option(help: "Rounds of a password's hash; a million are some milliseconds.")
    var hashRounds = 2_000_000

    @Option(help: "Actors that the price cache is spread over; with 1, all prices of all requests come from one.")
    var cacheActors = 16

    @Flag(help: "Make portfolio statements of many small strings, instead of in one buffer.")
    var wastefulText = false

    @Option(
        help: ArgumentHelp("Where the program exchange listens, for GET /upstream-quote.", valueName: "host:port"),
        transform: ExchangeAddress.parse)
    var exchange: ExchangeAddress?

    @Option(help: "Connections to the exchange at most.")
    var exchangeConnections = 8

    func validate() throws {
        guard (1...1_000_000_000).contains(hashRounds) else {
            throw ValidationError("--hash-rounds is \(hashRounds); give from 1 to 1000000000.")
        }
        guard (1...1_000).contains(cacheActors) else {
            throw ValidationError("--cache-actors is \(cacheActors); give from 1 to 1000.")
        }
        guard DatabaseOptions.poolSizes.contains(exchangeConnections) else {
            throw ValidationError(
                "--exchange-connections is \(exchangeConnections); give \(DatabaseOptions.poolSizesInWords).")
        }
    }
}

extension ExchangeAddress {
    fileprivate static func parse(_ text: String) throws -> ExchangeAddress {
        guard let address = ExchangeAddress(text) else {
            throw ValidationError("--exchange is \(text); give its host and port, such as 127.0.0.1:9090.")
        }
        return address
    }
}
