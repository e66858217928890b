// Orders in a file, by GRDB: one connection writes, as many as the pool's size read.

import GRDB
import Pollscope

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

struct SQLiteOrders: OrderStore {
    private let database: DatabasePool
    private let readers: Pollscope.Pool
    private let writer: Pollscope.Pool
    private let readTime: Duration
    private let blocking: Bool

    /// - Parameters:
    ///   - blocking: queries keep the runtime's threads; else GRDB's own queues run them.
    init(path: String, poolSize: Int, readTime: Duration, blocking: Bool) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = poolSize
        database = try DatabasePool(path: path, configuration: configuration)
        readers = Pollscope.pool("sqlite readers", capacity: poolSize)
        writer = Pollscope.pool("sqlite writer", capacity: 1)
        self.readTime = readTime
        self.blocking = blocking
        try database.write { database in
            try database.execute(
                sql: """
                    create table if not exists orders
                        (id integer primary key, symbol text, quantity integer, price real);
                    with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < \(Order.seeded))
                    insert into orders (symbol, quantity, price)
                    select 'S' || n, n, n * 1.25 from numbers where not exists (select 1 from orders);
                    """)
        }
    }

    func order(_ id: Int) async throws -> Order? {
        let readTime = readTime
        return try await read { database in
            // Stands for a query that takes so long, as pg_sleep does.
            if readTime > .zero { usleep(UInt32(readTime / .microseconds(1))) }
            let row = try Row.fetchOne(
                database, sql: "select symbol, quantity, price from orders where id = ?", arguments: [id])
            return row.map { Order(id: id, symbol: $0["symbol"], quantity: $0["quantity"], price: $0["price"]) }
        }
    }

    func add(symbol: String, quantity: Int, price: Double) async throws -> Int {
        try await write { database in
            try database.execute(
                sql: "insert into orders (symbol, quantity, price) values (?, ?, ?)",
                arguments: [symbol, quantity, price])
            return Int(database.lastInsertedRowID)
        }
    }

    func close() async throws {
        try database.close()
        readers.close()
        writer.close()
    }

    private func read<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await readers.waiting { wait in
            let work = lending(wait, to: body)
            return if blocking { try database.blockingRead(work) } else { try await database.read(work) }
        }
    }

    private func write<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await writer.waiting { wait in
            let work = lending(wait, to: body)
            return if blocking { try database.blockingWrite(work) } else { try await database.write(work) }
        }
    }

    /// GRDB lends a connection by calling a closure: the wait for it ends where the closure begins.
    private func lending<Result>(
        _ wait: Pollscope.Pool.Wait, to body: @escaping @Sendable (Database) throws -> Result
    ) -> @Sendable (Database) throws -> Result {
        { database in
            let lease = wait.acquired(connection: database.number)
            defer { lease.release() }
            return try body(database)
        }
    }
}

extension Database {
    /// Tells the connections of a pool apart.
    fileprivate var number: UInt64 { UInt64(UInt(bitPattern: ObjectIdentifier(self))) }
}

extension DatabasePool {
    // In an async function these would be taken for GRDB's asynchronous ones of the same name.
    fileprivate func blockingRead<Result>(_ body: (Database) throws -> Result) throws -> Result { try read(body) }
    fileprivate func blockingWrite<Result>(_ body: (Database) throws -> Result) throws -> Result { try write(body) }
}
