// `pollscope watch` on real services: what goes wrong is told while it goes on, and what becomes of the service.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Watching", .serialized)
struct WatchTests {
    private func lines(_ output: String) throws -> [[String: Any]] {
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let schema = try JSONSchema(
            Data(contentsOf: package.appending(path: "Sources/LiveView/Schema/pollscope.watch.1.schema.json")))
        // The last line may not be whole yet.
        return try output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
            let bytes = Data(line.utf8)
            #expect(try schema.violations(in: bytes).isEmpty, "\(line)")
            return try JSONSerialization.jsonObject(with: bytes) as? [String: Any] ?? [:]
        }
    }

    private func start(
        _ scenario: String..., in place: Workplace, until word: String = "running"
    ) throws -> ChildProcess {
        let service = try place.start([GroundTruth.path] + scenario)
        try service.waitForOutput(word)
        return service
    }

    private func watch(
        _ service: ChildProcess, _ more: String..., in place: Workplace
    ) throws -> ChildProcess {
        let watch = try place.start(
            [BuiltPrograms.path(of: "pollscope"), "watch", "\(service.processID)"] + more)
        try watch.waitForOutput("watching")
        return watch
    }

    private func expectEnd(
        of watch: ChildProcess, status: Int32 = 0, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let ending = try watch.waitForEnd()
        #expect(ending.status == status, "\(ending)", sourceLocation: sourceLocation)
        #expect((ending.output + ending.errors).contains(words), "\(ending)", sourceLocation: sourceLocation)
    }

    @Test("Episodes are told of with their culprit, and their victims in the end", .timeLimit(.minutes(2)))
    func episodes() throws {
        let place = try Workplace()
        let service = try start("starvation", "8", "300", in: place, until: "fed")
        let watch = try watch(service, "--format", "json", in: place)
        _ = try service.waitForEnd()
        let ending = try watch.waitForEnd()
        #expect(ending.status == 0, "\(ending)")
        let events = try lines(ending.output)
        let begun = events.filter { $0["event"] as? String == "episode-began" }
        #expect(!begun.isEmpty, "\(ending)")
        for event in begun {
            let busy = event["busy"] as? [[String: Any]] ?? []
            let functions = busy.compactMap { ($0["place"] as? [String: Any])?["function"] as? String }
            #expect(functions.contains("starving(_:_:)"), "\(event)")
        }
        let ended = events.filter { $0["event"] as? String == "episode-ended" && $0["wasTold"] as? Bool == true }
        #expect(ended.count == begun.count)
        for event in ended where event["isPartial"] as? Bool == false {
            #expect((event["victims"] as? Int ?? 0) >= 30, "\(event)")
            let culprit = (event["culprits"] as? [[String: Any]])?.first
            #expect((culprit?["place"] as? [String: Any])?["function"] as? String == "starving(_:_:)", "\(event)")
        }
        #expect(events.last?["event"] as? String == "summary")
        #expect(events.contains { $0["event"] as? String == "ended" && $0["how"] as? String == "ended" })
    }

    @Test("One that never ends is told of while every thread of the pool is stuck", .timeLimit(.minutes(1)))
    func stuck() throws {
        let place = try Workplace()
        let service = try start("starvation-for-ever", in: place)
        let watch = try watch(service, in: place)
        try watch.waitForOutput("starvation begins")
        try watch.waitForOutput("hang: ")
        try watch.waitForOutput("… ")
        #expect(watch.output.contains("starving(_:_:)"))
        watch.send(SIGINT)
        try expectEnd(of: watch, "watched for")
        #expect(!service.hasEnded)
    }

    @Test("A hang is told of with what it was seen doing", .timeLimit(.minutes(1)))
    func hang() throws {
        let place = try Workplace()
        let service = try start("stuck-reading", in: place)
        let watch = try watch(service, in: place)
        try watch.waitForOutput("called by readsForEver(_:) (StuckPolls.swift:")
        #expect(watch.output.contains("hang: neverEnding(_:)"))
        #expect(watch.output.contains(", in read for "))
    }

    @Test("Sleepers and long polls are no starvation", .timeLimit(.minutes(1)))
    func sleepers() throws {
        let place = try Workplace()
        let service = try start("sleepers", "20", "30", in: place)
        let watch = try watch(service, "--duration", "1s", in: place)
        let ending = try watch.waitForEnd()
        #expect(ending.status == 0)
        #expect(!ending.output.contains("starvation begins"), "\(ending)")
        _ = service
    }

    @Test("A service that is stopped, goes on, and is killed", .timeLimit(.minutes(1)))
    func stoppedAndKilled() throws {
        let place = try Workplace()
        let service = try start("paced", "4", "5", in: place)
        let watch = try watch(service, in: place)
        service.send(SIGSTOP)
        try watch.waitForOutput("the service is stopped")
        service.send(SIGCONT)
        try watch.waitForOutput("the service goes on after")
        service.send(SIGKILL)
        try watch.waitForOutput("watched for")
        #expect(watch.output.contains("SIGKILL") || watch.output.contains("the service is gone"))
        try expectEnd(of: watch, "watched for")
        // Now it is dead: there is nothing to watch, and something else to do.
        _ = try service.waitForEnd()
        let ending = try place.pollscope("watch", "\(service.processID)")
        #expect(ending.status == 66, "\(ending)")
        #expect(ending.errors.contains("has ended. `pollscope report"), "\(ending)")
    }

    @Test("What is no session is refused in a sentence", .timeLimit(.minutes(1)))
    func hostile() throws {
        let place = try Workplace()
        for (name, bytes) in [("empty", 0), ("short", 100), ("long", 100_000)] {
            let path = try place.folder.write(
                (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 37) }, to: name + ".session")
            let ending = try place.pollscope("watch", path)
            #expect(ending.status == 65, "\(ending)")
            #expect(ending.errors.hasPrefix("pollscope: "), "\(ending)")
        }
        #expect(try place.pollscope("watch", "no-such-program").status == 66)
    }

    @Test(
        "A session that changes under the reader into anything ends nothing but the watching", .timeLimit(.minutes(1)))
    func changing() throws {
        let place = try Workplace()
        let service = try start("paced", "4", "5", in: place)
        let session = try #require(place.sessionFiles.first { $0.hasSuffix(".session") })
        let path = "\(place.sessions)/\(session)"
        let watch = try watch(service, "--duration", "2s", in: place)
        // Everything behind the places of its parts, again and again.
        let file = open(path, O_WRONLY)
        defer { close(file) }
        var status = stat()
        fstat(file, &status)
        var state: UInt64 = 42
        while !watch.hasEnded {
            var noise = [UInt64](repeating: 0, count: 512)
            for index in noise.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                noise[index] = state
            }
            let offset = 4096 + off_t(state >> 20) % max(1, min(status.st_size, 8_000_000) - 8192)
            _ = noise.withUnsafeBytes { pwrite(file, $0.baseAddress!, $0.count, offset) }
            usleep(200)
        }
        // The service has the file mapped, and may have come to harm: the reader must not.
        let ending = try watch.waitForEnd()
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.contains("watched for"), "\(ending)")
    }

    @Test("A reader that goes away ends it quietly", .timeLimit(.minutes(1)))
    func closedPipe() throws {
        let place = try Workplace()
        let service = try start("paced", "4", "5", in: place)
        let command = "\(BuiltPrograms.path(of: "pollscope")) watch \(service.processID)"
        let ending = try place.run(["sh", "-c", "(\(command); echo status $? >&2) | head -1"])
        #expect(ending.output.contains("watching"), "\(ending)")
        #expect(ending.errors == "status 0\n", "\(ending)")
    }
}
