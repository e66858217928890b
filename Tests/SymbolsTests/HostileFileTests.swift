// Truncated and corrupted binaries: any answer will do, a crash or a hang will not.

import Testing

@testable import Symbols

@Suite(.serialized)
struct HostileFileTests {
    private static let source = """
        @inline(never)
        public func leaf(_ n: Int) async -> Int {
            await Task.yield()
            return n
        }
        @inline(never)
        public func loop(_ n: Int, _ body: (Int) -> Int) -> Int {
            var sum = 0
            for outer in 0..<n { for inner in 0..<outer { sum &+= body(inner) } }
            switch sum {
            case 0: return body(1)
            case 1: return n
            case 2: return body(7) - 1
            case 3: return -n
            case 4: return body(3) / 3
            default: return sum
            }
        }
        public final class Book { public init() {} }
        """

    private struct Victim {
        var bytes: [UInt8]
        var image: ModuleImage
        var addresses: [UInt64]
    }

    private func victim(in fixture: Fixture) throws -> Victim {
        let image = try fixture.compile(Self.source, as: "victim.so", flags: ["-emit-library", "-g", "-O"])
        let addresses = try fixture.addresses(in: image).filter { $0.key.hasPrefix("$s6victim") }.values.sorted()
        return Victim(bytes: try fixture.read("victim.so"), image: image, addresses: addresses)
    }

    private func exercise(_ bytes: [UInt8], _ victim: Victim, in fixture: Fixture) throws {
        try fixture.write(bytes, to: "hostile.so")
        var image = victim.image
        image.path = fixture.path("hostile.so")
        // Without a build ID the file cannot be told from the real one, so that it is read to the end.
        image.buildID = []
        let symbolizer = Symbolizer(modules: [image])
        for address in victim.addresses + [image.start, image.end - 1] {
            #expect(!symbolizer.frames(at: address).isEmpty)
            for offset in stride(from: UInt64(5), to: 100, by: 19) {
                #expect(!symbolizer.codeFrames(atReturnAddress: address &+ offset).isEmpty)
            }
            _ = symbolizer.typeName(ofMetadata: address)
        }
        _ = symbolizer.problems
    }

    @Test
    func truncatedAnywhere() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let victim = try victim(in: fixture)
        let cuts = Array(0..<80) + stride(from: 80, to: victim.bytes.count, by: max(1, victim.bytes.count / 150))
        for cut in cuts { try exercise(Array(victim.bytes[..<cut]), victim, in: fixture) }
    }

    @Test
    func flippedAnywhere() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let victim = try victim(in: fixture)
        var generator = Steps(state: 0x5eed)
        for round in 0..<300 {
            var bytes = victim.bytes
            for _ in 0..<(1 << (round % 9)) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            // Most flips should be survived by the header, or nothing behind it is tried.
            if round % 4 != 0 { bytes.replaceSubrange(0..<64, with: victim.bytes[0..<64]) }
            try exercise(bytes, victim, in: fixture)
        }
    }

    /// The same numbers in each run, so that a failure can be looked at.
    private struct Steps {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 17
        }
    }
}
