// Which database the orders are in, and how it is asked.

import ArgumentParser

struct DatabaseOptions: ParsableArguments {
    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case sqlite, postgres
    }

    static let poolSizes = 1...200
    static let poolSizesInWords = "from 1 to 200"

    @Option(
        help: """
            Where orders are kept: in a file, or in PostgreSQL, which PGHOST, PGPORT and so on name \
            (tools/lab/postgres run starts one and sets them).
            """)
    var database = Kind.sqlite

    @Option(help: "Connections to the database at most; of SQLite's, those that read. From 1 to 200.")
    var poolSize = 10

    @Option(
        name: .customLong("patience"),
        help: ArgumentHelp("How long a request waits for a connection at most, in ms.", valueName: "ms"))
    var patienceMilliseconds = 5_000.0

    @Option(
        name: .customLong("read-time"),
        help: ArgumentHelp("What reading an order takes in the database at least, in ms.", valueName: "ms"))
    var readMilliseconds = 0.0

    @Flag(help: "Let queries keep the runtime's threads until they are answered, instead of threads of their own.")
    var blockingQueries = false

    @Flag(help: "Let the journal of orders be written and synced on the runtime's threads, too.")
    var blockingJournal = false

    @Option(
        help: ArgumentHelp("Folder of the journal and of SQLite's file; else a temporary one.", valueName: "folder"))
    var data: String?

    var patience: Duration { .microseconds(Int64(patienceMilliseconds * 1_000)) }

    func validate() throws {
        guard Self.poolSizes.contains(poolSize) else {
            throw ValidationError("--pool-size is \(poolSize); give \(Self.poolSizesInWords).")
        }
        guard (1...600_000).contains(patienceMilliseconds) else {
            throw ValidationError("--patience is \(patienceMilliseconds) ms; give from 1 to 600000.")
        }
        guard (0...10_000).contains(readMilliseconds) else {
            throw ValidationError("--read-time is \(readMilliseconds) ms; give from 0 to 10000.")
        }
    }

    func open(in folder: DataFolder) async throws -> any OrderStore {
        let readTime = Duration.microseconds(Int64(readMilliseconds * 1_000))
        return switch database {
        case .sqlite:
            try SQLiteOrders(
                path: folder.path + "/orders.sqlite", poolSize: poolSize, readTime: readTime, blocking: blockingQueries)
        case .postgres:
            try await PostgresOrders(
                poolSize: poolSize, patience: patience, readTime: readTime, blocking: blockingQueries)
        }
    }
}
