// What can be asked for over HTTP, by whom, and what those who are slow do to the others.

import Collecting
import Foundation
import Glibc
import Testing

@testable import Serving

@Suite("The server answers, and says why where it does not")
struct ServerTests {
    @Test("The pages, and a list of them")
    func pages() async throws {
        try await RunningServer.run { server in
            let list = try await server.get("/")
            #expect(list.status == 200)
            for page in ["/metrics", "/healthz", "/sessions", "/findings", "/report/SESSION"] {
                #expect(list.text.contains(page))
            }
            #expect(list.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(list.headers["x-content-type-options"] == "nosniff")

            let health = try await server.get("/healthz")
            #expect((health.status, health.text) == (200, "following 2 sessions\n"))
            server.collector.state.withLock { $0.health = (false, "the last look was 9 s late") }
            let late = try await server.get("/healthz")
            #expect((late.status, late.text) == (503, "the last look was 9 s late\n"))

            let sessions = try await server.get("/sessions")
            #expect(sessions.headers["content-type"] == "application/json")
            #expect(sessions.text.contains("pollscope.sessions/1"))
            #expect(try await server.get("/findings").text.contains("pollscope.findings/1"))
            #expect(server.collector.state.withLock { $0.starts } == 1)
        }
    }

    @Test("What is not there, and what cannot be done")
    func refusals() async throws {
        try await RunningServer.run { server in
            for path in ["/metric", "/metrics/", "/report", "/report/", "/report/a/b"] {
                let answer = try await server.get(path)
                #expect(answer.status == 404, "\(path)")
                #expect(answer.text.contains("/ lists what there is."), "\(path): \(answer.text)")
            }
            for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
                let answer = try await server.get("/metrics", method: method)
                #expect(answer.status == 405)
                #expect(answer.headers["allow"] == "GET, HEAD")
                #expect(answer.text.contains("can only be got (GET)"))
            }
            let head = try await server.get("/healthz", method: "HEAD")
            #expect(head.status == 200 && head.bytes.isEmpty && head.headers["content-length"] == "21")
        }
    }

    @Test("Reports as text, and as JSON for those who ask for it; of what there is")
    func reports() async throws {
        try await RunningServer.run { server in
            let text = try await server.get("/report/4121")
            #expect(text.text == "GET /quote   P99 50.9 ms\n")
            #expect(text.headers["content-type"] == "text/plain; charset=utf-8")
            let json = try await server.get("/report/quotes%20service?format=json")
            #expect(json.headers["content-type"] == "application/json")
            _ = try await server.get("/report/1", [("Accept", "application/json")])
            _ = try await server.get("/report/2", [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")])
            _ = try await server.get("/report/3", [("Accept", "application/json;q=0.5, text/plain")])
            _ = try await server.get("/report/4?format=text", [("Accept", "application/json")])
            #expect(
                server.collector.state.withLock { $0.reports } == [
                    "4121 text", "quotes service json", "1 json", "2 text", "3 text", "4 text",
                ])
            let wrong = try await server.get("/report/4121?format=xml")
            #expect((wrong.status, wrong.text) == (400, "There is no format \"xml\": take text or json.\n"))
            server.collector.state.withLock { $0.answer = .unknown("There is no session 1. There are 2 and 3.") }
            let unknown = try await server.get("/report/1")
            #expect((unknown.status, unknown.text) == (404, "There is no session 1. There are 2 and 3.\n"))
            server.collector.state.withLock { $0.answer = .unavailable("Its events are not read yet.") }
            let unavailable = try await server.get("/report/1")
            #expect(unavailable.status == 503 && unavailable.headers["retry-after"] == "10")
        }
    }

    @Test(
        "The format is the scraper's choice",
        arguments: [
            ("", "text/plain; version=0.0.4"), ("*/*", "text/plain; version=0.0.4"),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                "application/openmetrics-text"
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.3",
                "application/vnd.google.protobuf"
            ),
        ])
    func formats(accept: String, type: String) async throws {
        try await RunningServer.run { server in
            let answer = try await server.get("/metrics", accept.isEmpty ? [] : [("Accept", accept)])
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"]?.hasPrefix(type) ?? false, "\(answer.headers)")
            if type.hasPrefix("text/plain") {
                #expect(answer.text.contains("pollscope_long_polls_total{executor=\"pool 0\"} 7"))
            }
        }
    }

    @Test("Figures are compressed for those who take it, and scrapes are counted")
    func compression() async throws {
        try await RunningServer.run { server in
            server.collector.state.withLock { $0.samples = 2000 }
            let plain = try await server.get("/metrics")
            #expect(plain.headers["content-encoding"] == nil)
            let packed = try await server.get("/metrics", [("Accept-Encoding", "deflate, gzip")])
            #expect(packed.headers["content-encoding"] == "gzip")
            #expect(Array(packed.bytes.prefix(2)) == [0x1F, 0x8B])
            #expect(packed.bytes.count * 5 < plain.bytes.count)
            #expect(try Gunzip.text(of: packed.bytes).contains("pollscope_long_polls_total{executor=\"pool 1999\"} 7"))
            let refused = try await server.get("/metrics", [("Accept-Encoding", "gzip;q=0")])
            #expect(refused.headers["content-encoding"] == nil)
            // The page is from before this scrape, and may be the first one's.
            let other = try await server.get("/metrics", [("Accept", "application/openmetrics-text")])
            #expect(other.text.contains("pollscope_collector_scrapes_total 3"))
            #expect(other.text.contains("pollscope_collector_scrape_seconds_count 3"))
            #expect(other.text.contains("pollscope_collector_series 2003"))
        }
    }

    @Test("Who asks while figures are being made gets the same")
    func sharing() async throws {
        try await RunningServer.run { server in
            let gate = Gate()
            defer { gate.open() }
            server.collector.state.withLock { $0.gate = gate }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await server.get("/metrics").status } }
                try await wait(for: "the first look") { server.collector.state.withLock { $0.looks } == 1 }
                // Others are not held up by it.
                #expect(try await server.get("/healthz").status == 200)
                gate.open()
                for try await status in group { #expect(status == 200) }
            }
            // Those who came late may have come a second after it began, on a slow machine.
            #expect(server.collector.state.withLock { $0.looks } <= 3)
        }
    }

    @Test("With a token, every page but one takes it")
    func token() async throws {
        let place = try TestPlace()
        let token = try place.file("token", "s3cret\n")
        try await RunningServer.run([Setting(.tokenFile, token)]) { server in
            for path in ["/", "/metrics", "/sessions", "/findings", "/report/1", "/none"] {
                let answer = try await server.get(path)
                #expect(answer.status == 401, "\(path)")
                #expect(answer.headers["www-authenticate"] == "Bearer")
                #expect(answer.text.contains("Authorization: Bearer TOKEN"))
                let wrong = try await server.get(path, [("Authorization", "Bearer s3cres")])
                #expect(wrong.status == 401, "\(path)")
            }
            #expect(try await server.get("/healthz").status == 200)
            #expect(try await server.get("/metrics", [("Authorization", "Bearer s3cret")]).status == 200)
        }
    }

    @Test("TLS, with the certificate that is there")
    func tls() async throws {
        let place = try TestPlace()
        let files = try place.certificate()
        let settings = [Setting(.tlsCertificate, files.certificate), Setting(.tlsKey, files.key)]
        try await RunningServer.run(settings) { server in
            let health = try await server.get("/healthz")
            #expect(health.status == 200)
            #expect(server.said.first?.hasPrefix("Listens on https://127.0.0.1:\(server.port)") ?? false)
        }
    }

    @Test("Secrets are exchanged while it runs; what cannot be read leaves them as they were")
    func newSecrets() async throws {
        let place = try TestPlace()
        let path = try place.file("token", "first")
        let files = try place.certificate()
        let plan = try ServePlan(
            ServeSettings(
                file: [],
                options: [
                    Setting(.tokenFile, path), Setting(.tlsCertificate, files.certificate), Setting(.tlsKey, files.key),
                ]))
        let token = CurrentToken(plan.token)
        let lines = RunningServer.Lines()
        let signals = Signals(
            plan: plan, source: MadeUpCollector(), token: token, identity: plan.identity.map(CurrentIdentity.init),
            log: NoticeLog(isJournal: true) { lines.add($0) })
        _ = try place.file("token", "second")
        signals.readSecrets()
        #expect(token.value?.isIn("Bearer second") ?? false)
        #expect(
            lines.all == [
                "SIGHUP: the token was read anew.",
                "SIGHUP: the certificate was read anew; new connections are shown it.",
            ])
        _ = try place.file("token", "third", mode: 0o644)
        signals.readSecrets()
        #expect(token.value?.isIn("Bearer second") ?? false)
        #expect(lines.all[2] == "SIGHUP: the token stays as it was. \(path) can be read by others: chmod 600 \(path)")
    }

    @Test("A port in use: which, and what to do")
    func portInUse() async throws {
        try await RunningServer.run { server in
            let collector = MadeUpCollector()
            let plan = try ServePlan(
                ServeSettings(file: [], options: [Setting(.listen, "127.0.0.1:\(server.port)")]))
            let second = CollectorServer(plan, source: collector, log: NoticeLog(isJournal: true) { _ in })
            let error = await #expect(throws: ServeError.self) { try await second.run() }
            #expect(error?.code == .unavailable)
            #expect(
                error?.message.hasPrefix("Port \(server.port) of 127.0.0.1 is in use: ") ?? false,
                "\(error?.message ?? "")")
            #expect(error?.message.contains("--listen") ?? false)
            #expect(collector.state.withLock { $0.starts } == 0, "it follows nothing where it cannot listen")
        }
    }

    @Test("A socket in the file system: one's own, never another's")
    func socketFile() async throws {
        let place = try TestPlace()
        let path = place.path + "/serve.socket"
        try await RunningServer.run([Setting(.listen, "unix:\(path)")]) { server in
            #expect(server.said.first == "Listens on unix:\(path).")
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)
            let plan = try ServePlan(ServeSettings(file: [], options: [Setting(.listen, "unix:\(path)")]))
            let second = CollectorServer(plan, source: MadeUpCollector(), log: NoticeLog(isJournal: true) { _ in })
            let error = await #expect(throws: ServeError.self) { try await second.run() }
            #expect(error?.message.hasPrefix("\(path) is in use: ") ?? false)
        }
        #expect(access(path, F_OK) != 0, "none is left behind")
        _ = try place.file("serve.socket", "not a socket")
        let plan = try ServePlan(ServeSettings(file: [], options: [Setting(.listen, "unix:\(path)")]))
        let other = CollectorServer(plan, source: MadeUpCollector(), log: NoticeLog(isJournal: true) { _ in })
        let error = await #expect(throws: ServeError.self) { try await other.run() }
        #expect(error?.message.contains("is there, and no socket") ?? false)
        #expect(access(path, F_OK) == 0)
    }

    @Test("What the collector notices is said, a line each, and nothing moves the terminal")
    func notices() async throws {
        let collector = MadeUpCollector()
        try await RunningServer.run(collector: collector) { server in
            collector.state.withLock { $0.notices = ["quotes\u{1B}[2J (4121) ended by a signal"] }
            try await wait(for: "the notice") { server.said.contains("quotes\u{FFFD}[2J (4121) ended by a signal") }
            collector.state.withLock { $0.notices = ["the last word"] }
        }
        #expect(collector.state.withLock { ($0.stops, $0.notices.isEmpty) } == (1, true))
    }

    // MARK: Those who are slow

    @Test("Who never finishes a request is hung up on, and nobody waits for it")
    func slowAsker() async throws {
        var limits = ConnectionLimits()
        limits.request = .milliseconds(300)
        try await RunningServer.run(limits: limits) { server in
            let nothing = try RawConnection(port: server.port)
            let half = try RawConnection(port: server.port)
            half.send("GET /metrics HTTP/1.1\r\nHost: a\r\nX-")
            let body = try RawConnection(port: server.port)
            body.send("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
            #expect(try await server.get("/healthz").status == 200)
            #expect(await half.end() == 0)
            #expect(await nothing.end() == 0)
            #expect(await body.end() != nil)
        }
    }

    @Test("Who does not read its answer is hung up on, and holds one answer at most")
    func slowReader() async throws {
        var limits = ConnectionLimits()
        limits.answer = .milliseconds(500)
        let collector = MadeUpCollector()
        // More than any buffer of the kernel takes.
        collector.state.withLock { $0.samples = 400_000 }
        try await RunningServer.run(collector: collector, limits: limits) { server in
            let slow = try (0..<8).map { _ in try RawConnection(port: server.port, receiveBuffer: 4096) }
            for connection in slow { connection.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n") }
            #expect(try await server.get("/healthz").status == 200)
            let whole = try await server.get("/metrics").bytes.count
            #expect(whole > 10_000_000)
            // Hung up on after the limit: what had not been sent by then never comes.
            try await Task.sleep(for: .seconds(1))
            for connection in slow {
                let count = await connection.end()
                #expect(count != nil && count! < whole, "\(count ?? -1) of \(whole)")
            }
        }
    }

    @Test("Too many connections wait outside, and are let in when others leave")
    func manyConnections() async throws {
        var limits = ConnectionLimits()
        limits.request = .milliseconds(500)
        try await RunningServer.run(limits: limits) { server in
            let idle = try (0..<CollectorServer.connectionsMax + 10).map { _ in try RawConnection(port: server.port) }
            #expect(try await server.get("/healthz").status == 200)
            _ = idle
        }
    }

    @Test("It stops although somebody does not read")
    func stopping() async throws {
        var limits = ConnectionLimits()
        limits.lastAnswer = .milliseconds(200)
        let collector = MadeUpCollector()
        collector.state.withLock { $0.samples = 400_000 }
        let clock = ContinuousClock.now
        try await RunningServer.run(collector: collector, limits: limits) { server in
            let slow = try RawConnection(port: server.port, receiveBuffer: 4096)
            slow.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await server.get("/metrics")
            withExtendedLifetime(slow) {}
        }
        #expect(collector.state.withLock { $0.stops } == 1)
        // The bound is that of a slow reader in peace: half of it shows that stopping has its own.
        #expect(ContinuousClock.now - clock < .seconds(25))
    }
}
