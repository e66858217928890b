// The journal of orders: a line an order, on the disk before the order is confirmed.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

final class Journal: Sendable {
    private let descriptor: Int32
    private let workplace: Workplace

    init(path: String, workplace: Workplace) throws(SystemFailure) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        self.workplace = workplace
        guard descriptor >= 0 else { throw SystemFailure("open \(path)") }
    }

    deinit {
        close(descriptor)
    }

    func append(_ line: String) async throws {
        try await workplace.run { [self] in
            // One write a line, at the end of the file: lines of many threads do not mix.
            let bytes = Array((line + "\n").utf8)
            guard write(descriptor, bytes, bytes.count) == bytes.count else { throw SystemFailure("write") }
            guard fsync(descriptor) == 0 else { throw SystemFailure("fsync") }
        }
    }
}

/// What the system refused, in its words.
struct SystemFailure: Error, CustomStringConvertible {
    var call: String
    var code = errno

    init(_ call: String) {
        self.call = call
    }

    var description: String { "\(call): \(String(cString: strerror(code)))" }
}
