import Testing
import Tracing

@testable import PollscopeTracing

@Suite("What a request is called by its span")
struct SpanNameTests {
    private func name(_ name: String, _ kind: SpanKind, _ attributes: SpanAttributes) -> String {
        SpanName(name, kind, attributes).text
    }

    @Test("A route gets its method", arguments: ["http.request.method", "http.method"])
    func route(key: String) {
        #expect(name("/quote", .server, SpanAttributes([key: "POST"])) == "POST /quote")
        #expect(name("/quote", .internal, SpanAttributes([key: "POST"])) == "/quote")
        #expect(name("POST /quote", .server, SpanAttributes([key: "POST"])) == "POST /quote")
        #expect(name("/quote", .server, [:]) == "/quote")
    }

    @Test("A client's method gets its host", arguments: ["server.address", "net.peer.name"])
    func call(key: String) {
        let attributes = SpanAttributes(["http.request.method": "GET", key: "rates.example.com"])
        #expect(name("GET", .client, attributes) == "GET rates.example.com")
        #expect(name("rates.Rates/Get", .client, attributes) == "rates.Rates/Get")
        #expect(name("GET", .client, ["http.request.method": "GET"]) == "GET")
    }

    @Test("Attributes of types that nobody expects are none")
    func odd() {
        let odd = SpanAttributes(["http.request.method": 7, "http.status_code": "503"])
        #expect(name("/quote", .server, odd) == "/quote")
        #expect(odd.httpStatus == 503)
        #expect(SpanAttributes(["http.status_code": true]).httpStatus == nil)
        #expect(SpanAttributes(["http.response.status_code": .int32(404)]).httpStatus == 404)
    }
}

@Suite("W3C traceparent")
struct TraceIdentityTests {
    @Test("The ids are read")
    func ids() throws {
        let identity = try #require(TraceIdentity("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        #expect(identity.high == 0x0AF7_6519_16CD_43DD)
        #expect(identity.low == 0x8448_EB21_1C80_319C)
        #expect(identity.span == 0xB7AD_6B71_6920_3331)
        #expect(TraceIdentity("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more") == identity)
    }

    @Test(
        "What is none is not taken for one",
        arguments: [
            "", "-", "---", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "trace-1",
        ])
    func noIds(text: String) {
        #expect(TraceIdentity(text) == nil)
    }
}
