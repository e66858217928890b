// What people type is understood, or refused with words that help.

import LoadModel
import Testing

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("20s", Duration.seconds(20)), ("500ms", .milliseconds(500)), ("1.5m", .seconds(90)), ("0s", .zero),
        ("0.25s", .milliseconds(250)),
    ])
    func understood(text: String, duration: Duration) throws {
        #expect(try Duration(parsing: text) == duration)
    }

    @Test(arguments: ["", "20", "s", "ms", "-1s", "nans", "infs", "1e9m", "20 seconds", "20h"])
    func refused(text: String) {
        let error = #expect(throws: LoadError.self) { try Duration(parsing: text) }
        #expect(error?.code == .badDuration)
    }
}

@Suite struct RouteTests {
    @Test func understood() throws {
        let quote = try Route(parsing: "GET /quote=200")
        #expect(quote.name == "GET /quote")
        #expect(quote.rate == 200)
        let risk = try Route(parsing: "POST /risk?items=40=2.5")
        #expect(risk.path == "/risk?items=40")
        #expect(risk.rate == 2.5)
    }

    @Test(arguments: [
        "", "GET", "/quote=1", "GET /quote", "GET quote=1", "get /quote=1", "GET /quote=", "GET /quote=0",
        "GET /quote=-1", "GET /quote=nan", "GET /quote=inf", "GET /a b=1", "GET /ä=1", "GET /a\r\nX:=1",
        "POST /risk?items=40",
    ])
    func refused(text: String) {
        let error = #expect(throws: LoadError.self) { try Route(parsing: text) }
        #expect(error?.code == .badRoute)
    }

    @Test func inAClosedLoopThereIsNoRate() throws {
        let route = try Route(parsingWithoutRate: "POST /risk?items=40")
        #expect(route.path == "/risk?items=40")
        #expect(route.rate == nil)
        #expect(throws: LoadError.self) { try Route(parsingWithoutRate: "GET /quote=200") }
    }
}

@Suite struct TargetTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "127.0.0.1", 8080), ("http://127.9.0.255:1/", "127.9.0.255", 1),
        ("http://localhost:8080", "127.0.0.1", 8080), ("http://[::1]:8080", "::1", 8080),
        ("http://127.0.0.1", "127.0.0.1", 80),
    ])
    func understood(text: String, address: String, port: Int) throws {
        let target = try Target(parsing: text)
        #expect(target.address == address)
        #expect(target.port == port)
    }

    @Test(arguments: [
        "http://10.0.0.1:80", "http://example.org", "http://127.0.0.1.example.org:80", "http://128.0.0.1",
        "http://0.0.0.0:80", "http://[::]:80", "http://127.1:80", "http://127.0.0.256", "http://127.0.0.010",
        "http://localhost.example.org", "http://user@127.0.0.1",
    ])
    func notThisMachine(text: String) {
        let error = #expect(throws: LoadError.self) { try Target(parsing: text) }
        #expect(error?.code == .notLoopback)
    }

    @Test(arguments: [
        "", "127.0.0.1:8080", "https://127.0.0.1", "http://", "http://:80", "http://127.0.0.1:0",
        "http://127.0.0.1:65536", "http://127.0.0.1:80/quote", "http://[::1", "http://[::1]8080",
        "http://127.0.0.1:+80",
    ])
    func malformed(text: String) {
        let error = #expect(throws: LoadError.self) { try Target(parsing: text) }
        #expect(error?.code == .badTarget)
    }

    @Test func anIPv6AuthorityHasBrackets() throws {
        #expect(try Target(parsing: "http://[::1]:8080").authority == "[::1]:8080")
    }
}
