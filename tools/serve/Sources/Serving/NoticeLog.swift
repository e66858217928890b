// What the collector has to say while it runs: a line each on stderr.

import Glibc
import Logging

public struct NoticeLog: Sendable {
    private let write: @Sendable (String) -> Void

    /// To stderr. The journal knows the time itself.
    public static let standardError = NoticeLog(
        isJournal: leadsToJournal(
            STDERR_FILENO, variable: getenv("JOURNAL_STREAM").map { String(cString: $0) }),
        write: writeLine)

    /// To stderr.
    @Sendable public static func writeLine(_ line: String) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            // Safe: writes from the slice's own bytes.
            let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress!, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }  // who should hear of it?
            bytes = bytes.dropFirst(count)
        }
    }

    /// `write` gets each line, without its end.
    public init(isJournal: Bool, write: @escaping @Sendable (String) -> Void) {
        guard !isJournal else {
            self.write = write
            return
        }
        self.write = { line in write("\(Self.timestamp) \(line)") }
    }

    /// JOURNAL_STREAM names the device and inode of what systemd connected: a child may have another stderr.
    static func leadsToJournal(_ descriptor: Int32, variable: String?) -> Bool {
        var status = stat()
        guard let variable, fstat(descriptor, &status) == 0 else { return false }
        return variable == "\(status.st_dev):\(status.st_ino)"
    }

    public func say(_ sentence: String) { write(sentence.printable) }

    private static var timestamp: String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }

    /// For libraries that log: what goes wrong in them is said; what they do is not.
    var logger: Logger { Logger(label: "pollscope") { _ in NoticeLogHandler(log: self) } }
}

private struct NoticeLogHandler: LogHandler {
    let log: NoticeLog
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .error

    func log(event: LogEvent) { log.say("\(event.message)") }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
