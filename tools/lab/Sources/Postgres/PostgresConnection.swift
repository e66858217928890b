// A connection to PostgreSQL. Its calls block the thread until the server has answered.

import Synchronization

package final class PostgresConnection: Sendable {
    private static let numbers = Atomic<UInt64>(0)

    /// Of this process's connections.
    package let number: UInt64
    private let libpq: Libpq
    /// Nil: closed.
    private let handle: Mutex<OpaquePointer?>

    /// Connects as libpq's own settings say: the variables PGHOST, PGPORT, PGUSER, PGDATABASE and so on.
    package init(settings: String = "") throws(PostgresError) {
        let libpq = try Libpq.loaded.get()
        guard let connection = libpq.connect(settings) else {
            throw PostgresError(code: .notConnected, message: "no memory")
        }
        guard libpq.status(connection) == Libpq.connectionIsUp else {
            let message = Self.message(libpq, connection)
            libpq.finish(connection)
            throw PostgresError(code: .notConnected, message: message)
        }
        // The server's remarks, such as that a table is there already, are for nobody.
        _ = libpq.setNoticeProcessor(connection, { _, _ in }, nil)
        number = Self.numbers.wrappingAdd(1, ordering: .relaxed).newValue
        self.libpq = libpq
        handle = Mutex(connection)
    }

    deinit {
        close()
    }

    package var isUsable: Bool {
        handle.withLock { connection in connection.map { libpq.status($0) == Libpq.connectionIsUp } ?? false }
    }

    package func close() {
        handle.withLock { connection in
            if let open = connection { libpq.finish(open) }
            connection = nil
        }
    }

    /// The rows of a command whose `$1`, `$2` … are `parameters`, as text.
    @discardableResult
    package func query(_ command: String, _ parameters: [String] = []) throws(PostgresError) -> [[String?]] {
        let answer = handle.withLock { connection -> Result<[[String?]], PostgresError> in
            guard let connection else { return .failure(PostgresError(code: .notConnected, message: "it was closed")) }
            let result = Self.withTexts(parameters) { texts in
                libpq.execute(connection, command, CInt(texts.count), nil, texts.baseAddress, nil, nil, 0)
            }
            defer { libpq.clear(result) }
            switch libpq.resultStatus(result) {
            case Libpq.commandDone: return .success([])
            case Libpq.rowsReturned: return .success(result.map { rows(of: $0) } ?? [])
            default: return .failure(PostgresError(code: .refused, message: Self.message(libpq, connection)))
            }
        }
        return try answer.get()
    }

    private func rows(of result: OpaquePointer) -> [[String?]] {
        (0..<libpq.rows(result)).map { row in
            (0..<libpq.columns(result)).map { column in
                libpq.isNull(result, row, column) == 0 ? String(cString: libpq.value(result, row, column)) : nil
            }
        }
    }

    /// `body` with the strings as C's, which live as long as it runs.
    private static func withTexts<Result>(
        _ strings: [String], _ body: (UnsafeBufferPointer<Libpq.Text?>) -> Result
    ) -> Result {
        let ends = strings.map { Array($0.utf8CString) }
        var joined = ends.flatMap(\.self)
        // Safe: the pointers are into `joined`, at the starts of its parts, and are not used after `body`.
        return joined.withUnsafeMutableBufferPointer { bytes in
            var start = 0
            let texts = ends.map { text -> Libpq.Text? in
                defer { start += text.count }
                return bytes.baseAddress.map { UnsafePointer($0 + start) }
            }
            return texts.withUnsafeBufferPointer(body)
        }
    }

    private static func message(_ libpq: Libpq, _ connection: OpaquePointer) -> String {
        let lines = String(cString: libpq.errorMessage(connection)).split(whereSeparator: \.isNewline)
        return lines.joined(separator: "; ")
    }
}
