// Session files that are cut, damaged, or somebody's bad joke: an error or a shorter result, and nothing worse.

import CPollscopeLayout
import Foundation
import Glibc
import Sessions
import TestSupport
import Testing

@Suite("Hostile session files", .serialized)
struct HostileSessionTests {
    /// A session with some of everything, as bytes.
    private func sample() throws -> [UInt8] {
        let folder = try TestFolder()
        let session = try SyntheticSession(in: folder)
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.recordPolls(100)
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        let stack = session.claimStack()
        session.publishStack(stack, frames: [0x1000, 0x2000, 0x3000])
        for _ in 0..<5 { session.recordPoll(ring: 1, stack: stack) }
        session.ringHeader(1).pointee.running.start_ticks = 77_777
        session.ringHeader(1).pointee.depth = 1
        session.header.pointee.probes_count = 1
        session.header.pointee.probes.0 = pollscope_probe(
            id: 1, state: 1, reason_offset: 0, reason_bytes: 4, reserved: 0)
        session.header.pointee.modules_used = 1
        let native = session.claimStack()
        session.publishStack(native, frames: [0x1100, 0x2200], kind: UInt64(POLLSCOPE_STACK_NATIVE.rawValue))
        for _ in 0..<8 { session.recordHold(ring: 1, type: 3) }
        session.record(ring: 1) { $0.kind = UInt8(POLLSCOPE_RECORD_TURN.rawValue) }
        session.publishExecutor(5, type: 1, name: "com.example.files")
        for _ in 0..<20 {
            session.recordCall { $0.native_stack = native }
            session.recordLongPoll(ring: 1, tid: 2) { $0.poll_stack = stack }
        }
        for _ in 0..<6 { session.recordSample { $0.poll_stack = stack } }
        for id: UInt16 in 1...3 { session.publishType(id, name: "Quotes.Order\(id)") }
        session.recordAllocations(20)
        for kind in [POLLSCOPE_ALLOCATION_SAMPLE, POLLSCOPE_ALLOCATION_FREE, POLLSCOPE_ALLOCATION_TIMING] {
            session.recordAllocation(kind: kind) {
                $0.poll_stack = stack
                $0.native_stack = native
                $0.type = 2
            }
        }
        for name: UInt32 in 1...3 { session.publishName(name, "GET /users/\(name)") }
        for name: UInt32 in 1...5 { session.recordBegin(name: name) }
        for _ in 0..<20 { session.recordEvent(ring: 1, tid: 2) }
        for index in 0..<3 { session.openPool(index, name: "pool \(index)") }
        return session.bytes
    }

    /// Does everything with a file that a collector does. True: it could be opened.
    @discardableResult
    private func exercise(_ path: String, capacity: Int) -> Bool {
        guard let file = try? SessionFile(path: path) else { return false }
        _ = file.info
        _ = file.info.notes
        _ = file.token
        _ = file.modules
        _ = file.calibration.secondsPerTick
        _ = file.isAlive
        for start in [SessionFollower.Start.beginning, .oldest, .now] {
            let follower = SessionFollower(file: file, from: start)
            for _ in 0..<2 {
                let look = follower.look()
                #expect(look.pollCount <= capacity)
                #expect(look.stacks.allSatisfy { $0.frames.count <= Int(POLLSCOPE_NATIVE_DEPTH_MAX) })
                let evidence = look.evidence
                #expect(evidence.calls.count + evidence.longPolls.count <= 2 * 16)
                #expect(evidence.calls.allSatisfy { $0.object.text.unicodeScalars.count <= POLLSCOPE_OBJECT_BYTES })
                #expect(evidence.samples.count <= 8)
                #expect(evidence.samples.allSatisfy { $0.frames.count <= POLLSCOPE_SAMPLE_FRAMES_MAX })
                #expect(evidence.runs.count <= 100)
                let allocations = look.allocations
                #expect(allocations.samples.count + allocations.frees.count + allocations.timings.count <= 32)
                #expect(allocations.runs.count <= 40)
                #expect(look.executors.count <= POLLSCOPE_EXECUTORS_MAX)
                #expect(look.executors.allSatisfy { $0.name.unicodeScalars.count <= POLLSCOPE_EXECUTOR_NAME_BYTES })
                #expect(look.types.count <= 16)
                #expect(look.types.allSatisfy { $0.name.unicodeScalars.count <= POLLSCOPE_TYPE_NAME_MAX })
                #expect(look.stacks.count <= 32)
                #expect(look.events.records.count <= 2 * 16)
                #expect(look.events.runs.count <= 40)
                #expect(look.requestNames.count <= 8)
                #expect(look.requestNames.allSatisfy { $0.text.unicodeScalars.count <= POLLSCOPE_REQUEST_NAME_MAX })
                #expect(look.threads.count <= 16)
            }
            _ = follower.counters()
            let pools = follower.status(now: nil).pools
            #expect(pools.count <= 4)
            #expect(pools.allSatisfy { $0.name.unicodeScalars.count <= POLLSCOPE_POOL_NAME_BYTES })
        }
        return true
    }

    private func write(_ bytes: ArraySlice<UInt8>, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0)
        // Safe: writes the slice's own bytes.
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        precondition(count == bytes.count)
        close(descriptor)
    }

    @Test("Cut at every offset of its header, and at many others", .timeLimit(.minutes(1)))
    func cut() throws {
        let whole = try sample()
        let folder = try TestFolder()
        let path = folder.file("cut.session")
        let dense = Array(0...MemoryLayout<pollscope_header>.size + 8)
        let sparse = stride(from: dense.count, to: whole.count, by: 61)
        let nearTheEnd = (whole.count - 200)...whole.count
        for count in dense + Array(sparse) + Array(nearTheEnd) {
            write(whole[..<count], to: path)
            let isOpened = exercise(path, capacity: 128)
            #expect(isOpened == (count == whole.count), "cut at \(count)")
        }
    }

    @Test("Cut after it was opened: the rest is missing, and nothing else happens")
    func cutWhileOpen() throws {
        let folder = try TestFolder()
        for count in [0, 1, 100, 4096, 5000, 8000, 10_000, 12_000] {
            let session = try SyntheticSession(in: folder, name: "\(count).session")
            session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
            session.recordPolls(30)
            let bytes = session.bytes
            let path = folder.file("open-\(count).session")
            write(bytes[...], to: path)
            let file = try SessionFile(path: path)
            let follower = SessionFollower(file: file, from: .oldest)
            #expect(truncate(path, off_t(count)) == 0)
            let look = follower.look()
            #expect(look.pollCount <= 64)
            _ = follower.counters()
            _ = file.info
            _ = file.modules
            _ = file.calibration.secondsPerTick
        }
    }

    @Test("Random bytes changed, thousands of times", .timeLimit(.minutes(1)))
    func flipped() throws {
        let whole = try sample()
        let folder = try TestFolder()
        let path = folder.file("flipped.session")
        let headerBytes = MemoryLayout<pollscope_header>.size
        var opened = 0
        let rounds = 4000
        for seed in 0..<rounds {
            var generator = SeededGenerator(seed: UInt64(seed))
            var bytes = whole
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                // Behind the magic and version half of the time: anything else would hardly ever be opened.
                let range = Bool.random(using: &generator) ? 12..<headerBytes : 4096..<bytes.count
                bytes[Int.random(in: range, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            write(bytes[...], to: path)
            if exercise(path, capacity: 128) { opened += 1 }
        }
        #expect(opened > rounds / 10, "the test looks at more than refusals: \(opened)")
    }

    @Test("Extreme values in every field of the header", .timeLimit(.minutes(1)))
    func extremes() throws {
        let whole = try sample()
        let folder = try TestFolder()
        let path = folder.file("extreme.session")
        let extremes: [UInt32] = [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
        for offset in stride(from: 8, to: MemoryLayout<pollscope_header>.size, by: 4) {
            for value in extremes {
                var bytes = whole
                bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt32.self) }
                write(bytes[...], to: path)
                exercise(path, capacity: 128)
            }
        }
    }

    @Test("Extreme values in every field of a ring's header", .timeLimit(.minutes(1)))
    func extremeRings() throws {
        let whole = try sample()
        let folder = try TestFolder()
        let path = folder.file("extreme.session")
        let rings = whole.withUnsafeBytes { $0.load(as: pollscope_header.self).ring_headers }
        let extremes: [UInt64] = [0, 1, 63, 64, 65, 1 << 31, 1 << 32, 1 << 63 - 1, 1 << 63, .max - 1, .max]
        for offset in stride(from: Int(rings.offset), to: Int(rings.offset) + 128, by: 8) {
            for value in extremes {
                var bytes = whole
                bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt64.self) }
                write(bytes[...], to: path)
                exercise(path, capacity: 128)
            }
        }
    }

    @Test("Extreme values in every field of evidence, allocations and events", .timeLimit(.minutes(1)))
    func extremeEvidence() throws {
        let whole = try sample()
        let folder = try TestFolder()
        let path = folder.file("extreme.session")
        let header = whole.withUnsafeBytes { $0.load(as: pollscope_header.self) }
        // A call, a long poll and a sample, but for the frames; the last three allocation records, a type, an executor.
        let places = [header.evidence_offset, header.evidence_offset + 16 * 128].map { (Int($0), 128) }
        let allocations = (Int(header.allocations.offset) + 20 * 64, 3 * 64)
        let type = (Int(header.types.offset) + 16, 16)
        let executor = (Int(header.executors.offset) + 5 * 64, 64)
        let requests = [
            (Int(header.events_offset), 64), (Int(header.request_names.offset) + 16, 16),
            (Int(header.pools.offset), 192),
        ]
        let others = [(Int(header.samples.offset), 144), allocations, type, executor]
        for (start, bytes) in places + others + requests {
            for offset in stride(from: start, to: start + bytes, by: 4) {
                for value: UInt32 in [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] {
                    var bytes = whole
                    bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt32.self) }
                    write(bytes[...], to: path)
                    exercise(path, capacity: 128)
                }
            }
        }
    }

    @Test("A layout that puts evidence or events outside the file, or in impossible numbers, is refused")
    func impossibleEvidence() throws {
        let whole = try sample()
        let folder = try TestFolder()
        let path = folder.file("impossible.session")
        func isRefused(_ change: (inout pollscope_header) -> Void) -> Bool {
            var bytes = whole
            bytes.withUnsafeMutableBytes {
                change(&$0.baseAddress!.assumingMemoryBound(to: pollscope_header.self).pointee)
            }
            write(bytes[...], to: path)
            do { _ = try SessionFile(path: path) } catch { return error.code == .damaged }
            return false
        }
        #expect(!isRefused { _ in })
        for records: UInt32 in [0, 3, 1 << 13, .max] { #expect(isRefused { $0.evidence_records = records }) }
        for offset in [UInt64(whole.count), .max, .max - 100] { #expect(isRefused { $0.evidence_offset = offset }) }
        for count: UInt32 in [0, 3, 512, .max] { #expect(isRefused { $0.samples.count = count }) }
        #expect(isRefused { $0.samples.entry_bytes = 1_000 })
        #expect(isRefused { $0.samples.offset = UInt64(whole.count) - 100 })
        for count: UInt32 in [0, 3, 1 << 14, .max] { #expect(isRefused { $0.allocations.count = count }) }
        #expect(isRefused { $0.allocations.entry_bytes = 63 })
        #expect(isRefused { $0.allocations.offset = .max })
        #expect(isRefused { $0.types.count = UInt32(POLLSCOPE_TYPES_MAX) + 1 })
        #expect(isRefused { $0.types.entry_bytes = 8 })
        #expect(isRefused { $0.types.offset = UInt64(whole.count) })
        #expect(isRefused { $0.executors.count = UInt32(POLLSCOPE_EXECUTORS_MAX) + 1 })
        #expect(isRefused { $0.executors.entry_bytes = 32 })
        #expect(isRefused { $0.executors.offset = UInt64(whole.count) - 64 })
        #expect(isRefused { $0.tasks.count = UInt32(POLLSCOPE_TASKS_MAX) * 2 })
        #expect(isRefused { $0.tasks.entry_bytes = 64 })
        #expect(isRefused { $0.tasks.offset = .max - 10 })
        #expect(isRefused { $0.type_names.count = UInt32(POLLSCOPE_TYPE_NAMES_BYTES) + 1 })
        #expect(isRefused { $0.type_names.entry_bytes = 2 })
        #expect(isRefused { $0.type_names.offset = UInt64(whole.count) - 1 })
        for records: UInt32 in [0, 3, 1 << 21, .max] { #expect(isRefused { $0.events_records = records }) }
        for offset in [UInt64(whole.count), .max, .max - 100] { #expect(isRefused { $0.events_offset = offset }) }
        #expect(isRefused { $0.request_names.count = UInt32(POLLSCOPE_REQUEST_NAMES_MAX) + 1 })
        #expect(isRefused { $0.request_names.entry_bytes = 8 })
        #expect(isRefused { $0.request_names.offset = .max - 10 })
        #expect(isRefused { $0.name_texts.count = UInt32(POLLSCOPE_REQUEST_NAMES_BYTES) + 1 })
        #expect(isRefused { $0.name_texts.entry_bytes = 2 })
        #expect(isRefused { $0.name_texts.offset = UInt64(whole.count) - 1 })
        #expect(isRefused { $0.pools.count = UInt32(POLLSCOPE_POOLS_MAX) + 1 })
        #expect(isRefused { $0.pools.entry_bytes = 64 })
        #expect(isRefused { $0.pools.offset = UInt64(whole.count) - 64 })
    }

    @Test("A file of zeros, of ones, and of nothing but a magic number")
    func nonsense() throws {
        let folder = try TestFolder()
        let path = folder.file("nonsense.session")
        func code(_ bytes: [UInt8]) -> SessionError.Code? {
            write(bytes[...], to: path)
            do { _ = try SessionFile(path: path) } catch { return error.code }
            return nil
        }
        #expect(code([]) == .foreign)
        #expect(code(Array(repeating: 0, count: 10_000)) == .foreign)
        #expect(code(Array(repeating: 0xFF, count: 10_000)) == .foreign)
        let magic = withUnsafeBytes(of: POLLSCOPE_MAGIC) { Array($0) }
        #expect(code(magic) == .foreign)
        #expect(code(magic + Array(repeating: 0, count: 10_000)) == .otherVersion)
        #expect(code(magic + [1, 0, 0, 0] + Array(repeating: 0, count: 10_000)) == .otherVersion)
        let version = withUnsafeBytes(of: POLLSCOPE_LAYOUT_VERSION) { Array($0) }
        #expect(code(magic + version + Array(repeating: 0, count: 10_000)) == .damaged)
        #expect(code(magic + version + Array(repeating: 0xFF, count: 10_000)) == .damaged)
    }

    @Test("What is no file is no session: a link, a folder, a device")
    func noFiles() throws {
        let folder = try TestFolder()
        let session = try SyntheticSession(in: folder)
        let link = folder.file("link.session")
        #expect(symlink(session.path, link) == 0)
        #expect(throws: SessionError.self) { try SessionFile(path: link) }
        #expect(throws: SessionError.self) { try SessionFile(path: folder.path) }
        #expect(throws: SessionError.self) { try SessionFile(path: "/dev/zero") }
        #expect(throws: SessionError.self) { try SessionFile(path: folder.file("none.session")) }
    }

    @Test("A large ring full of zeros takes no more memory than a few times its size", .timeLimit(.minutes(1)))
    func zeros() throws {
        let folder = try TestFolder()
        let records = 1 << 18
        let session = try SyntheticSession(in: folder, rings: 1, ringRecords: records)
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
        session.skip(to: 1 << 40, ring: 0)
        let before = try #require(ProcessFiles.own.residentBytes)
        let look = SessionFollower(file: try session.file(), from: .oldest).look()
        #expect(look.pollCount <= records)
        let after = try #require(ProcessFiles.own.residentBytes)
        let ringBytes = UInt64(records * 64)
        #expect(after < before + 6 * ringBytes, "\((after - min(before, after)) >> 20) MiB for a ring of 16 MiB")
    }
}

/// The same numbers for the same seed, on every machine (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
