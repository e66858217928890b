// Orders in a database, whose client blocks until it is answered.

import Foundation
import Synchronization

extension Ailment {
    static let syncDatabase = Ailment("sync-database", "a database's client blocks for the 25 ms of each answer") {
        let table = OrderTable(port: try Database(delay: 0.025).port)
        return PriceBoard().endpoints() + [
            Endpoint("GET /order/{id}", perSecond: 18) {
                try await Task.sleep(for: .milliseconds(2))
                _ = try table.order(17)
            }
        ]
    }
}

/// A database in a thread for each connection: a line for a line.
struct Database: Sendable {
    let port: UInt16

    init(delay: TimeInterval) throws {
        let (listener, port) = try Loopback.listen()
        self.port = port
        OwnThread.start("database") {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { continue }
                OwnThread.start("database-query") {
                    Self.serve(connection, delay)
                }
            }
        }
    }

    private static func serve(_ connection: Int32, _ delay: TimeInterval) {
        var query = [UInt8](repeating: 0, count: 4_096)
        while recv(connection, &query, query.count, 0) > 0 {
            Thread.sleep(forTimeInterval: delay)
            guard (try? connection.sendLine("17,ACME,3,12.50")) != nil else { break }
        }
        close(connection)
    }
}

/// Orders, over as many connections as are asked at once.
final class OrderTable: Sendable {
    private let port: UInt16
    private let idle = Mutex<[Int32]>([])

    init(port: UInt16) { self.port = port }

    func order(_ number: Int) throws -> String {
        let connection = try idle.withLock { $0.popLast() } ?? Loopback.connect(port: port)
        defer { idle.withLock { $0.append(connection) } }
        return try query("select * from orders where id = \(number)", on: connection)
    }

    // planted: begin
    @inline(never)
    private func query(_ text: String, on connection: Int32) throws -> String {
        try connection.sendLine(text)
        var row = [UInt8](repeating: 0, count: 4_096)
        let count = recv(connection, &row, row.count, 0)
        guard count > 0 else { throw SystemFailure("recv") }
        return String(decoding: row[..<count], as: UTF8.self)
    }
    // planted: end
}
