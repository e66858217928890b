// The writer against a server that answers as it is told.

import Exporting
import Foundation
import StoreSupport
import Synchronization
import Testing

@testable import RemoteWriting

@Suite("Remote writer")
struct RemoteWriterTests {
    /// A server that takes requests after the answers that it was given.
    private final class Receiver: Sendable {
        let requests = Mutex<[LoopbackServer.Request]>([])
        let answers: Mutex<[LoopbackServer.Answer]>
        init(_ answers: [LoopbackServer.Answer]) { self.answers = Mutex(answers) }

        func answer(_ request: LoopbackServer.Request) -> LoopbackServer.Answer {
            requests.withLock { $0.append(request) }
            return answers.withLock { $0.isEmpty ? .init(204) : $0.removeFirst() }
        }
        var bodies: [[UInt8]] { requests.withLock { $0.map(\.body) } }

        func series() throws -> [[WireTimeSeries]] {
            try bodies.map { body in
                try WireWriteRequest(serializedBytes: try #require(SnappyCompression.uncompressed(body))).timeseries
            }
        }
    }

    private func settings(_ port: Int) -> RemoteWriteSettings {
        var settings = RemoteWriteSettings(url: "http://127.0.0.1:\(port)/api/v1/write")
        settings.intervalSeconds = 3_600
        settings.backoffSeconds = 0.01
        settings.longestBackoffSeconds = 0.02
        return settings
    }

    private static let up: @Sendable () -> [MetricFamily] = {
        [MetricFamily("up", .gauge, help: "", samples: [MetricSample([], .number(1))])]
    }

    private func value(_ writer: RemoteWriter, _ name: String) -> Double {
        let family = writer.metrics().first { $0.name == "pollscope_collector_remote_write_" + name }
        return family?.samples.reduce(0) {
            guard case .number(let number) = $1.value else { return $0 }
            return $0 + number
        } ?? -1
    }

    @Test("A round is sent with the headers of the protocol; cancelling marks the end of every series")
    func rounds() async throws {
        let receiver = Receiver([])
        let server = try await LoopbackServer { receiver.answer($0) }
        let writer = try RemoteWriter(settings(server.port))
        let task = Task { await writer.run(Self.up) }
        _ = try await eventually("a round") { receiver.bodies.isEmpty ? nil : true }
        task.cancel()
        await task.value
        let request = try #require(receiver.requests.withLock { $0.first })
        #expect(request.method == "POST" && request.path == "/api/v1/write")
        #expect(request.headers["content-encoding"] == ["snappy"])
        #expect(request.headers["content-type"] == ["application/x-protobuf"])
        #expect(request.headers["x-prometheus-remote-write-version"] == ["0.1.0"])
        #expect(request.headers["authorization"] == [])
        let values = try receiver.series().map { $0.flatMap { $0.samples.map(\.value.bitPattern) } }
        #expect(values == [[(1.0).bitPattern], [0x7FF0_0000_0000_0002]])
        #expect(value(writer, "samples") == 2 && value(writer, "pending") == 0 && value(writer, "failures") == 0)
        #expect(writer.takeNotices().isEmpty)
        try await server.close()
    }

    @Test("What fails is sent again as it was")
    func retries() async throws {
        let receiver = Receiver([.init(503), .init(429, headers: [("Retry-After", "0")]), .init(500)])
        let server = try await LoopbackServer { receiver.answer($0) }
        let writer = try RemoteWriter(settings(server.port))
        let task = Task { await writer.run(Self.up) }
        _ = try await eventually("four attempts") { self.value(writer, "samples") == 1 ? true : nil }
        task.cancel()
        await task.value
        let bodies = receiver.bodies
        #expect(bodies.count == 5 && bodies[..<4].allSatisfy { $0 == bodies[0] })
        #expect(value(writer, "failures") == 3)
        let notices = writer.takeNotices()
        #expect(notices.count == 2 && notices[0].contains("503") && notices[1].contains("works again"))
        try await server.close()
    }

    @Test("What a store refuses is dropped, with its own words, and the next round is sent")
    func refused() async throws {
        let receiver = Receiver([.init(400, body: Array("out of\norder \u{1B}[31m".utf8))])
        let server = try await LoopbackServer { receiver.answer($0) }
        var settings = settings(server.port)
        settings.intervalSeconds = 0.1
        let writer = try RemoteWriter(settings)
        let task = Task { await writer.run(Self.up) }
        _ = try await eventually("the second round") { self.value(writer, "samples") >= 1 ? true : nil }
        task.cancel()
        await task.value
        #expect(value(writer, "dropped_samples") == 1)
        let notices = writer.takeNotices()
        #expect(notices.count == 1 && notices[0].contains("HTTP status 400: out of order [31m"))
        try await server.close()
    }

    @Test("A store that is not there: the end comes in its time, and all is counted")
    func unreachable() async throws {
        let deaf = try DeafPort()
        var settings = settings(deaf.port)
        settings.intervalSeconds = 0.1
        settings.samplesPending = 3
        settings.flushSeconds = 0.2
        let writer = try RemoteWriter(settings)
        let rounds = Mutex(0)
        let task = Task {
            await writer.run {
                rounds.withLock { $0 += 1 }
                return Self.up()
            }
        }
        _ = try await eventually("a full queue, and a failure") {
            rounds.withLock { $0 } > 5 && self.value(writer, "failures") > 0 ? true : nil
        }
        task.cancel()
        await task.value
        #expect(value(writer, "samples") == 0 && value(writer, "pending") == 0 && value(writer, "failures") > 0)
        // Each round has a sample, and the end has one more.
        #expect(value(writer, "dropped_samples") == Double(rounds.withLock { $0 } + 1))
        #expect(writer.takeNotices().first?.contains("cannot be reached") == true)
    }

    @Test("A store that takes a request and never answers")
    func hanging() async throws {
        let hanging = try await LoopbackServer { _ in nil }
        var settings = settings(hanging.port)
        settings.timeoutSeconds = 0.1
        settings.flushSeconds = 0.1
        let writer = try RemoteWriter(settings)
        let task = Task { await writer.run(Self.up) }
        _ = try await eventually("a failure") { self.value(writer, "failures") >= 1 ? true : nil }
        task.cancel()
        await task.value
        #expect(value(writer, "samples") == 0)
        try await hanging.close()
    }

    @Test("Secrets are read for each request")
    func secrets() async throws {
        let receiver = Receiver([])
        let server = try await LoopbackServer { receiver.answer($0) }
        let path = FileManager.default.temporaryDirectory.appending(path: "pollscope-secret-\(UUID().uuidString)")
            .path()
        defer { unlink(path) }
        try Data("first\n".utf8).write(to: URL(filePath: path))
        for (authorization, expected) in [
            (RemoteWriteSettings.Authorization.basic(user: "me", passwordFile: path), "Basic bWU6Zmlyc3Q="),
            (.bearer(tokenFile: path), "Bearer first"),
        ] {
            var settings = settings(server.port)
            settings.authorization = authorization
            let writer = try RemoteWriter(settings)
            let task = Task { await writer.run(Self.up) }
            _ = try await eventually("a round") { self.value(writer, "samples") == 1 ? true : nil }
            try Data("second\n".utf8).write(to: URL(filePath: path))
            task.cancel()
            await task.value
            let headers = receiver.requests.withLock { requests in
                defer { requests = [] }
                return requests.flatMap { $0.headers["authorization"] }
            }
            #expect(headers.count == 2 && headers[0] == expected && headers[1] != expected)
            try Data("first\n".utf8).write(to: URL(filePath: path))
        }
        try await server.close()
    }
}
