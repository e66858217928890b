// An access log that goes through a pipe to a program which reads slowly.

import Foundation

extension Ailment {
    static let slowLog = Ailment("slow-log", "log lines are written to a pipe that is read slowly") {
        let log = try AccessLog(readerPause: 0.02)
        return PriceBoard().endpoints() + [
            Endpoint("POST /upload", perSecond: 18) {
                try await Task.sleep(for: .milliseconds(2))
                log.write("POST /upload 200", dump: String(repeating: "x", count: 5_000))
            }
        ]
    }
}

final class AccessLog: Sendable {
    private let writer: Int32

    /// - Parameter readerPause: between two reads of a page each, in seconds.
    init(readerPause: TimeInterval) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemFailure("pipe") }
        let reader = ends[0]
        writer = ends[1]
        // The smallest that there is: a page.
        let setSize: Int32 = 1_031  // F_SETPIPE_SZ, which Swift does not import
        _ = fcntl(writer, setSize, 4_096)
        OwnThread.start("log-shipper") {
            var page = [UInt8](repeating: 0, count: 4_096)
            while read(reader, &page, page.count) > 0 { Thread.sleep(forTimeInterval: readerPause) }
        }
    }

    // planted: begin
    @inline(never)
    func write(_ line: String, dump: String) {
        let bytes = Array("\(line) \(dump)\n".utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(writer, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            written += count
        }
    }
    // planted: end
}
