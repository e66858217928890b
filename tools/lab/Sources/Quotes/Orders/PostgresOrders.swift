// Orders in PostgreSQL, behind a pool of connections of a given size.

import ConnectionPool
import NIOPosix
import Postgres

extension PostgresConnection: PooledConnection {}

struct PostgresOrders: OrderStore {
    private let pool: ObservedPool<PostgresConnection>
    private let workplace: Workplace
    /// What a read takes at least, in seconds, as text.
    private let readTime: String

    /// - Parameters:
    ///   - blocking: queries keep the runtime's threads; else there is a thread for each connection.
    init(poolSize: Int, patience: Duration, readTime: Duration, blocking: Bool) async throws {
        let workplace = blocking ? Workplace.here : .threads(poolSize)
        self.workplace = workplace
        self.readTime = "\(readTime / .seconds(1))"
        pool = ObservedPool(
            "postgres", capacity: poolSize, patience: patience, timers: MultiThreadedEventLoopGroup.singleton.next(),
            open: { try await workplace.run { try PostgresConnection() } }, close: { $0.close() })
        // Here, so that a database that is not there is an error at the start, and not at the first request.
        try await pool.withConnection { connection in
            try await workplace.run { try connection.prepareOrders() }
        }
    }

    func order(_ id: Int) async throws -> Order? {
        let rows = try await query(
            "select symbol, quantity, price from orders, pg_sleep($2::float8) where id = $1::bigint", "\(id)", readTime)
        return rows.first.flatMap { Order(id: id, row: $0) }
    }

    func add(symbol: String, quantity: Int, price: Double) async throws -> Int {
        let rows = try await query(
            "insert into orders (symbol, quantity, price) values ($1, $2::bigint, $3::float8) returning id",
            symbol, "\(quantity)", "\(price)")
        return rows.first?[0].flatMap { Int($0) } ?? 0
    }

    func close() async throws {
        pool.shutDown()
        try await workplace.close()
    }

    private func query(_ command: String, _ parameters: String...) async throws -> [[String?]] {
        try await pool.withConnection { connection in
            try await workplace.run { try connection.query(command, parameters) }
        }
    }
}

extension Order {
    /// Nil: the row is not of orders.
    fileprivate init?(id: Int, row: [String?]) {
        guard let symbol = row[0], let quantity = row[1].flatMap({ Int($0) }),
            let price = row[2].flatMap({ Double($0) })
        else { return nil }
        self.init(id: id, symbol: symbol, quantity: quantity, price: price)
    }
}

extension PostgresConnection {
    fileprivate func prepareOrders() throws {
        try query(
            "create table if not exists orders (id bigserial primary key, symbol text, quantity bigint, price float8)")
        try query(
            """
            insert into orders (symbol, quantity, price)
            select 'S' || n, n, n * 1.25 from generate_series(1, $1::int) as n where not exists (select from orders)
            """, ["\(Order.seeded)"])
    }
}
