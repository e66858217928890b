// A server with a made-up collector, on a free port of this machine, for as long as a test needs it.

import AsyncHTTPClient
import NIOCore
import Synchronization

@testable import Serving

/// What came back.
struct Answer: Sendable {
    var status: Int
    var headers: [String: String]
    var bytes: [UInt8]
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

final class RunningServer: Sendable {
    let collector: MadeUpCollector
    let port: Int
    private let scheme: String
    private let client: HTTPClient
    private let lines: Lines

    final class Lines: Sendable {
        private let said = Mutex<[String]>([])
        var all: [String] { said.withLock { $0 } }
        func add(_ line: String) { said.withLock { $0.append(line) } }
    }

    private init(_ collector: MadeUpCollector, _ port: Int, _ scheme: String, _ client: HTTPClient, _ lines: Lines) {
        self.collector = collector
        self.port = port
        self.scheme = scheme
        self.client = client
        self.lines = lines
    }

    /// What it said on stderr.
    var said: [String] { lines.all }

    func get(_ path: String, _ headers: [(String, String)] = [], method: String = "GET") async throws -> Answer {
        var request = HTTPClientRequest(url: "\(scheme)://127.0.0.1:\(port)\(path)")
        request.method = .init(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        let response = try await client.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 256 << 20)
        let pairs = response.headers.map { ($0.name.lowercased(), $0.value) }
        return Answer(
            status: Int(response.status.code), headers: Dictionary(pairs) { first, _ in first },
            bytes: Array(body.readableBytesView))
    }

    /// Runs `body` beside a server, which is stopped afterwards as a signal would stop it.
    static func run(
        _ settings: [Setting] = [], collector: MadeUpCollector = MadeUpCollector(),
        limits: ConnectionLimits = ConnectionLimits(), _ body: @escaping @Sendable (RunningServer) async throws -> Void
    ) async throws {
        let plan = try ServePlan(ServeSettings(file: [], options: [Setting(.listen, "127.0.0.1:0")] + settings))
        let lines = Lines()
        let port = SharedPort()
        let (ends, end) = AsyncStream<Void>.makeStream()
        var server = CollectorServer(plan, source: collector, log: NoticeLog(isJournal: true) { lines.add($0) })
        server.limits = limits
        server.whenListening = { port.set($0) }
        server.untilStopped = { for await _ in ends {} }
        var configuration = HTTPClient.Configuration(certificateVerification: .none)
        configuration.decompression = .disabled
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await withThrowingTaskGroup(of: Void.self) { [server] group in
                group.addTask { try await server.run() }
                defer { end.finish() }
                try await wait(for: "the server to listen") { port.number != nil || !lines.all.isEmpty }
                try await body(
                    RunningServer(collector, port.number ?? 0, plan.identity == nil ? "http" : "https", client, lines))
                end.finish()
                try await group.waitForAll()
            }
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }
}

private final class SharedPort: Sendable {
    private let port = Mutex<Int?>(nil)
    var number: Int? { port.withLock { $0 } }
    func set(_ number: Int) { port.withLock { $0 = number } }
}
