// A program that says nothing of requests itself: its spans, and a service in its group, do it.

import Analysis
import TestSupport
import Testing

@Suite("Adapters", .serialized)
struct AdapterTests {
    private static let program = BuiltPrograms.path(of: "GroundTruthAdapters")

    @Test("Spans become requests, calls and parts", .timeLimit(.minutes(1)))
    func spans() async throws {
        let (model, ending) = try await Workplace().recorded([Self.program, "spans"])
        model.requests.expectWhole()
        try RequestExpectation(ending.output).expect(in: model.requests)
    }

    @Test("A slow request says which trace it is", .timeLimit(.minutes(1)))
    func traces() async throws {
        let (model, ending) = try await Workplace().recorded([Self.program, "traces"])
        try RequestExpectation(ending.output).expect(in: model.requests)
        for line in ending.output.split(separator: "\n") where line.hasPrefix("trace ") {
            let fields = line.dropFirst(6).split(separator: " ").filter { $0 != "|" }
            let ids = try fields[1...].map { try #require(UInt64($0, radix: 16)) }
            let request = try #require(model.requests.endpoints.first { $0.name == fields[0] })
            #expect(request.exemplars.count == 1)
            let trace = try #require(request.exemplars.first?.trace)
            #expect([trace.high, trace.low, trace.span] == ids)
        }
        let unsampled = try #require(model.requests.endpoints.first { $0.name == "unsampled" })
        #expect(unsampled.exemplars.map(\.trace) == [nil])
    }

    @Test("The service's tracer sees what it would see without", .timeLimit(.minutes(1)), arguments: ["on", "off"])
    func transparent(observation: String) throws {
        let place = try Workplace()
        let ending = try place.run([Self.program, "transparent"], with: ["POLLSCOPE": observation])
        try #require(ending.status == 0, "\(ending)")
        #expect(!ending.output.contains("differs"), "\(ending)")
        #expect(ending.output.contains("lines 12"), "\(ending)")
        // It has no traceparent, and is not asked again.
        #expect(ending.output.contains("asked besides: \(observation == "on" ? 1 : 0)\n"), "\(ending)")
    }

    @Test("A group of services is observed from its start to its end", .timeLimit(.minutes(1)))
    func lifecycle() async throws {
        let (model, ending) = try await Workplace().recorded([Self.program, "lifecycle"])
        #expect(ending.output.contains("the group ended\n"), "\(ending)")
        #expect(!ending.output.contains("warning"), "\(ending)")
        try RequestExpectation(ending.output).expect(in: model.requests)
    }

    @Test("Where nothing can be observed, the log says so once, and the group works on", .timeLimit(.minutes(1)))
    func lifecycleUnobserved() throws {
        let place = try Workplace()
        let path = try place.folder.write("mine".utf8, to: "file")
        let ending = try place.run([Self.program, "lifecycle"], with: ["POLLSCOPE_DIR": path])
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.contains("the group ended\n"), "\(ending)")
        let warnings = ending.output.split(separator: "\n").filter { $0.contains("warning") }
        #expect(warnings.count == 1, "\(ending)")
        #expect(warnings.first?.contains("does not observe this process") == true, "\(ending)")
        let off = try place.run([Self.program, "lifecycle"], with: ["POLLSCOPE": "off"])
        #expect(off.status == 0 && !off.output.contains("warning"), "\(off)")
    }

    @Test("A service that is cancelled ends", .timeLimit(.minutes(1)))
    func lifecycleCancelled() throws {
        let ending = try Workplace().run([Self.program, "lifecycle-cancelled"])
        #expect(ending.status == 0 && ending.output.contains("the service ended"), "\(ending)")
    }
}
