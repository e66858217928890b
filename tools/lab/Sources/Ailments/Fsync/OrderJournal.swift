// Orders that are on the disk, line by line, before they are confirmed: by the task that answers.

import Foundation

extension Ailment {
    static let fsync = Ailment("fsync", "each line of an order is synced to the disk in the task that answers") {
        let journal = try await OwnThread.run { try OrderJournal() }
        let lines = try await OwnThread.run { try journal.linesWritten(in: .milliseconds(40)) }
        return PriceBoard().endpoints() + [
            Endpoint("POST /order", perSecond: 12) {
                try await Task.sleep(for: .milliseconds(2))
                try journal.append((0..<lines).map { "order line \($0): 3 pieces at 12.50" })
            }
        ]
    }
}

final class OrderJournal: Sendable {
    private let descriptor: Int32

    init() throws {
        var path = Array((NSTemporaryDirectory() + "/ailments-XXXXXX").utf8CString)
        descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw SystemFailure("mkstemp") }
        unlink(path)
    }

    /// As many lines as take this long here. On a fast disk a single one is too quick to be an ailment.
    func linesWritten(in time: Duration) throws -> Int {
        let trial = Array(repeating: "a line to try", count: 16)
        let times = try (0..<7).map { _ in try ContinuousClock().measure { try append(trial) } }
        return min(max(1, Int(Double(trial.count) * (time / times.sorted()[3]))), 2_000)
    }

    // planted: begin
    /// Every line is on the disk before the next is written.
    @inline(never)
    func append(_ lines: [String]) throws {
        for line in lines {
            let bytes = Array((line + "\n").utf8)
            guard write(descriptor, bytes, bytes.count) == bytes.count else { throw SystemFailure("write") }
            guard fdatasync(descriptor) == 0 else { throw SystemFailure("fdatasync") }
        }
    }
    // planted: end
}
