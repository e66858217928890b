// Follows what a session tells of long polls and blocking calls: each record is taken once, and what is gone is counted.

import CPollscopeLayout
import Sessions
import TestSupport
import Testing

@Suite("Evidence follower")
struct EvidenceFollowerTests {
    let folder: TestFolder
    let session: SyntheticSession

    init() throws {
        folder = try TestFolder()
        session = try SyntheticSession(in: folder)
        session.claim(ring: 0, slot: 0, tid: 1, claimed: 5)
    }

    private func follower(from start: SessionFollower.Start = .oldest) throws -> SessionFollower {
        SessionFollower(file: try session.file(), from: start)
    }

    @Test("Calls, long polls and samples come once, whole, and in the order they were written")
    func inOrder() throws {
        for _ in 0..<3 {
            session.recordCall()
            session.recordLongPoll()
            session.recordSample()
        }
        let follower = try follower()
        let evidence = follower.look().evidence
        #expect(evidence.calls.map(\.context.poll.start) == [Ticks(10_000), Ticks(10_200), Ticks(10_400)])
        #expect(evidence.longPolls.map(\.context.poll.start) == [Ticks(10_100), Ticks(10_300), Ticks(10_500)])
        #expect(evidence.samples.map(\.context.poll.start) == [Ticks(10_000), Ticks(10_100), Ticks(10_200)])
        #expect(
            evidence.runs == [
                EvidenceRun(ring: 0, first: 0, count: 6, passedOver: 0, lost: 0),
                EvidenceRun(ring: nil, first: 0, count: 3, passedOver: 0, lost: 0),
            ])
        #expect(evidence.recordsLost == 0)
        #expect(follower.look().evidence.isEmpty)
        session.recordCall()
        let next = follower.look().evidence
        #expect(next.calls.count == 1)
        #expect(next.runs == [EvidenceRun(ring: 0, first: 6, count: 1, passedOver: 0, lost: 0)])
        var followed = FollowedEvidence()
        followed.add(evidence)
        followed.add(next)
        #expect(followed.faults == [])
    }

    @Test("A session without evidence gives none")
    func none() throws {
        session.recordPolls(10)
        #expect(try follower().look().evidence.isEmpty)
        #expect(try follower(from: .now).look().evidence.isEmpty)
    }

    // MARK: Loss

    @Test("What was overwritten between two looks is lost, and counted")
    func overwritten() throws {
        let follower = try follower()
        for _ in 0..<10 { session.recordCall() }
        _ = follower.look()
        for _ in 0..<40 { session.recordLongPoll() }
        for _ in 0..<20 { session.recordSample() }
        let evidence = follower.look().evidence
        // Of a full ring the oldest record may be overwritten at any moment: 15 of 16 are taken, and 7 of 8 samples.
        #expect(evidence.longPolls.count == 15)
        #expect(evidence.recordsLost == 25)
        #expect(evidence.samples.count == 7)
        #expect(evidence.samplesLost == 13)
        #expect(
            evidence.runs == [
                EvidenceRun(ring: 0, first: 35, count: 15, passedOver: 0, lost: 25),
                EvidenceRun(ring: nil, first: 13, count: 7, passedOver: 0, lost: 13),
            ])
    }

    @Test("Rings that are read in time lose nothing when they wrap")
    func wraps() throws {
        let follower = try follower()
        var followed = FollowedEvidence()
        for round in 0..<40 {
            for _ in 0..<7 { round % 2 == 0 ? session.recordCall() : session.recordLongPoll() }
            for _ in 0..<3 { session.recordSample() }
            followed.add(follower.look().evidence)
        }
        #expect(followed.faults == [])
        #expect(followed.taken == 280)
        #expect(followed.samplesTaken == 120)
        #expect(followed.lost == 0)
        #expect(followed.samplesLost == 0)
    }

    @Test("From the beginning on, everything that is gone is lost; from the oldest on, it is history")
    func beginnings() throws {
        for _ in 0..<40 { session.recordCall() }
        for _ in 0..<20 { session.recordSample() }
        let fromBeginning = try follower(from: .beginning).look().evidence
        #expect(fromBeginning.calls.count == 15)
        #expect(fromBeginning.recordsLost == 25)
        #expect(fromBeginning.samplesLost == 13)
        let fromOldest = try follower(from: .oldest).look().evidence
        #expect(fromOldest.calls == fromBeginning.calls)
        #expect(fromOldest.recordsLost == 0)
        #expect(fromOldest.runs.first == EvidenceRun(ring: 0, first: 25, count: 15, passedOver: 25, lost: 0))
        #expect(fromOldest.runs.last == EvidenceRun(ring: nil, first: 13, count: 7, passedOver: 13, lost: 0))
    }

    @Test("From now on means what comes after")
    func fromNow() throws {
        for _ in 0..<5 { session.recordCall() }
        for _ in 0..<3 { session.recordSample() }
        let follower = try follower(from: .now)
        let first = follower.look().evidence
        #expect(first.calls.isEmpty)
        #expect(first.samples.isEmpty)
        #expect(
            first.runs == [
                EvidenceRun(ring: 0, first: 5, count: 0, passedOver: 5, lost: 0),
                EvidenceRun(ring: nil, first: 3, count: 0, passedOver: 3, lost: 0),
            ])
        session.recordCall()
        session.recordSample()
        session.claim(ring: 1, slot: 1, tid: 2, claimed: 6)
        session.recordCall(ring: 1, tid: 2)
        let next = follower.look().evidence
        #expect(next.calls.map(\.context.poll.tid) == [1, 2])
        #expect(next.samples.count == 1)
        #expect(next.recordsLost == 0)
    }

    @Test("From now on, what is known of the polls that run is taken, too")
    func fromNowWhileRunning() throws {
        let start: UInt64 = 77_000
        session.recordCall()
        session.recordCall { $0.poll_start_ticks = start }
        session.recordCall()
        session.recordSample()
        session.recordSample { $0.poll_start_ticks = start }
        session.recordSample {
            $0.poll_start_ticks = start
            $0.ring = 1  // the same start by chance, on another thread
        }
        session.ringHeader(0).pointee.running.start_ticks = start
        let follower = try follower(from: .now)
        session.recordCall()
        let evidence = follower.look().evidence
        #expect(evidence.calls.map(\.context.poll.start) == [Ticks(start), Ticks(10_300)])
        #expect(evidence.samples.map(\.context.poll.start) == [Ticks(start)])
        #expect(
            evidence.runs == [
                EvidenceRun(ring: 0, first: 1, count: 1, passedOver: 1, lost: 0),
                EvidenceRun(ring: 0, first: 3, count: 1, passedOver: 1, lost: 0),
                EvidenceRun(ring: nil, first: 1, count: 1, passedOver: 1, lost: 0),
                EvidenceRun(ring: nil, first: 3, count: 0, passedOver: 1, lost: 0),
            ])
        #expect(evidence.recordsLost == 0)
        #expect(evidence.samplesLost == 0)
    }

    @Test("A ring that overflows before the first look has lost what came since the start, and no more")
    func overflowsAfterNow() throws {
        for _ in 0..<10 { session.recordCall() }
        let follower = try follower(from: .now)
        for _ in 0..<30 { session.recordCall() }
        let evidence = follower.look().evidence
        #expect(evidence.runs == [EvidenceRun(ring: 0, first: 25, count: 15, passedOver: 10, lost: 15)])
        #expect(evidence.recordsLost == 15)
    }

    @Test("A number goes on beyond 32 bits")
    func longNumbers() throws {
        session.skipEvidence(to: 1 << 32 - 2)
        let follower = try follower(from: .now)
        _ = follower.look()
        for _ in 0..<5 { session.recordCall() }
        let evidence = follower.look().evidence
        #expect(evidence.calls.count == 5)
        #expect(evidence.recordsLost == 0)
        #expect(evidence.runs.first?.first == 1 << 32 - 2)
    }

    @Test("What is no record counts as lost")
    func damaged() throws {
        for _ in 0..<8 { session.recordCall() }
        session.evidencePlace(0, 2).storeBytes(of: 77, as: UInt32.self)
        session.evidencePlace(0, 5).storeBytes(of: 9, toByteOffset: 4, as: UInt8.self)
        for _ in 0..<4 { session.recordSample() }
        session.samplePlace(1).storeBytes(of: 1 << 40, as: UInt64.self)
        let frames = MemoryLayout<pollscope_sample_record>.offset(of: \.frame_count)!
        session.samplePlace(2).storeBytes(of: 111, toByteOffset: frames, as: UInt32.self)
        let evidence = try follower().look().evidence
        #expect(evidence.calls.count == 6)
        #expect(evidence.recordsLost == 2)
        #expect(evidence.samples.count == 2)
        #expect(evidence.samplesLost == 2)
        #expect(evidence.runs.filter { $0.ring == 0 }.map(\.first) == [0, 3, 6])
        #expect(evidence.runs.filter { $0.ring == 0 }.map(\.lost) == [0, 1, 1])
        #expect(evidence.runs.filter { $0.ring == nil }.map(\.lost) == [0, 2])
    }

    // MARK: Values

    private func text(_ bytes: [UInt8], length: UInt8? = nil, flags: UInt32 = 0) throws -> CallObject {
        session.recordCall {
            $0.flags = UInt8(flags)
            $0.object = pollscope_call_record().object
            SyntheticSession.write(bytes, to: &$0)
            if let length { $0.object_bytes = length }
        }
        return try #require(try follower().look().evidence.calls.last).object
    }

    @Test("What a call worked on is text that can be shown")
    func text() throws {
        #expect(try text(Array("/srv/späte quotes".utf8)).text == "/srv/späte quotes")
        #expect(try text(Array("a\u{1B}[2Jb\nc\u{7F}d\u{202E}e\u{0}".utf8)).text == "a�[2Jb�c�d�e�")
        #expect(try text([0x61, 0xFF, 0xC3]).text == "a��")
        #expect(try text([]).text == "")
        let full = String(repeating: "x", count: Int(POLLSCOPE_OBJECT_BYTES))
        #expect(try text(Array(full.utf8), length: 255).text == full, "no more than there is room for")
    }

    @Test("Of a text whose beginning is missing, half a character at its head is dropped")
    func cutText() throws {
        let cut = try text([0x84, 0xA4] + Array("/ledger".utf8), flags: POLLSCOPE_CALL_OBJECT_CUT.rawValue)
        #expect(cut == CallObject(kind: UInt8(POLLSCOPE_OBJECT_PATH.rawValue), text: "/ledger", isCut: true))
        #expect(try text([0x84] + Array("/ledger".utf8)).text == "�/ledger")
    }

    @Test("What was not read is not there")
    func missingValues() throws {
        session.recordLongPoll {
            $0.first_ticks = 0
            $0.end_cpu_ns = 0
        }
        session.recordSample {
            $0.first_ticks = 0
            $0.call_start_ticks = 0
            $0.call = 0
            $0.system_call = Int32(POLLSCOPE_UNKNOWN_SYSTEM_CALL)
            $0.run_queue_ns = 0
            $0.state = 7
            $0.flags = UInt8(POLLSCOPE_SAMPLE_APPROXIMATE.rawValue)
        }
        let evidence = try follower().look().evidence
        let poll = try #require(evidence.longPolls.first)
        #expect(poll.first == nil)
        #expect(poll.endCPUNanoseconds == nil)
        let sample = try #require(evidence.samples.first)
        #expect(sample.first == nil)
        #expect(sample.callStart == nil)
        #expect(sample.systemCall == nil)
        #expect(sample.reading.runQueueNanoseconds == nil)
        #expect(sample.state == 0)
        #expect(sample.isApproximate)
        #expect(!sample.isCut)
    }

    @Test("Stacks that evidence refers to come with it: native ones may be deeper than others")
    func stacks() throws {
        let depths: [(kind: UInt64, count: Int)] = [(4, 64), (1, 16), (4, 3), (1, 2)]
        let ids = depths.map { depth in
            let id = session.claimStack()
            session.publishStack(id, frames: (0..<UInt64(depth.count)).map { 0x1000 + $0 }, kind: depth.kind)
            return id
        }
        session.recordCall {
            $0.native_stack = ids[0]
            $0.poll_stack = ids[1]
        }
        session.recordLongPoll { $0.poll_stack = 1_000 }  // beyond the table
        session.recordSample { $0.poll_stack = ids[3] }
        let follower = try follower()
        let look = follower.look()
        #expect(look.stacks.map(\.id) == [ids[0], ids[1], ids[3]])
        #expect(look.stacks.map(\.frames.count) == [64, 16, 2])
        #expect(look.evidence.calls.first?.nativeStack == ids[0])
        session.recordCall { $0.native_stack = ids[0] }
        session.recordLongPoll { $0.poll_stack = ids[2] }
        #expect(follower.look().stacks.map(\.id) == [ids[2]])
    }

    @Test("A stack that claims to be deeper than stacks are is cut to their bound", arguments: [(4, 64), (1, 16)])
    func deepStacks(kind: UInt64, bound: Int) throws {
        let id = session.claimStack()
        session.publishStack(id, frames: Array(repeating: 7, count: 100), kind: kind)
        session.recordCall { $0.native_stack = id }
        #expect(try follower().look().stacks.first?.frames.count == bound)
    }

    @Test("The poll that runs shows how long it was blocked, no longer than it has run")
    func runningBlocked() throws {
        let ring = session.ringHeader(0)
        ring.pointee.running.start_ticks = 99_000
        ring.pointee.running.blocked_ticks = 400
        let follower = try follower()
        #expect(follower.look().batches.first?.running?.blocked_ticks == 400)
        ring.pointee.running.blocked_ticks = 5_000
        #expect(follower.look().batches.first?.running?.blocked_ticks == 1_000)
    }

    // MARK: The session's own words

    @Test("Thresholds, the signal and the probes are told")
    func info() throws {
        session.header.pointee.long_poll_ns = 10_000_000
        session.header.pointee.blocking_ns = 100_000
        session.header.pointee.sample_signal = 29
        session.header.pointee.samples_head = 1_000
        session.header.pointee.samples_without_stack = 9
        session.header.pointee.signals_in_system_calls = 2
        let info = try session.file().info
        #expect(info.longPollNanoseconds == 10_000_000)
        #expect(info.blockingNanoseconds == 100_000)
        #expect(info.sampleSignal == 29)
        let counters = try follower().counters()
        #expect(counters.samples == 1_000)
        #expect(counters.samplesWithoutStack == 9)
        #expect(counters.signalsInSystemCalls == 2)
        let names = [POLLSCOPE_PROBE_BLOCKING_CALLS, POLLSCOPE_PROBE_LONG_POLLS, POLLSCOPE_PROBE_CPU_STACKS].map {
            ProbeStatus(id: UInt16($0.rawValue), state: 1, reason: "").name
        }
        #expect(names == ["blocking calls", "long polls", "CPU stacks"])
    }
}
