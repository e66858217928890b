// Everything that the routes work with, made from the options and given back at the end.

import NIOPosix

struct Desk: Sendable {
    var quotes = QuoteBook()
    var cache: PriceCache
    /// Nil: there is none.
    var exchange: ExchangeClient?
    var orders: any OrderStore
    var journal: Journal
    var passwords: PasswordHash
    var risk: RiskModel
    var wastefulText: Bool

    private var folder: DataFolder
    private var workplace: Workplace

    init(_ options: Switches, risk: RiskModel) async throws {
        self.risk = risk
        folder = try DataFolder(options.database.data)
        // For what takes a thread for some milliseconds: a few are enough.
        workplace = .threads(4)
        journal = try Journal(
            path: folder.path + "/journal", workplace: options.database.blockingJournal ? .here : workplace)
        passwords = PasswordHash(
            rounds: options.hashRounds, workplace: options.hash == .offloaded ? workplace : .here,
            yieldEvery: options.hash == .yielding ? max(1, options.hashRounds / 100) : 0)
        cache = PriceCache(actors: options.cacheActors)
        wastefulText = options.wastefulText
        exchange = options.exchange.map {
            ExchangeClient(address: $0, connections: options.exchangeConnections, patience: options.database.patience)
        }
        orders = try await options.database.open(in: folder)
    }

    func close() async throws {
        exchange?.shutDown()
        try await orders.close()
        try await workplace.close()
        folder.remove()
    }
}
