// Why the database could not be asked, or did not do what it was asked.

package struct PostgresError: Error, CustomStringConvertible {
    package enum Code: Sendable {
        case libraryMissing
        case notConnected
        case refused
    }

    package var code: Code
    /// In the words of the loader, the client library or the server.
    package var message: String

    package var description: String {
        switch code {
        case .libraryMissing: "libpq cannot be loaded (\(message)): install Debian's package libpq5"
        case .notConnected: "PostgreSQL cannot be reached (\(message)): run this under tools/lab/postgres run"
        case .refused: "PostgreSQL says: \(message)"
        }
    }
}
