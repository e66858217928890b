// From a recording's bytes to the requests of a report, as the commands do it.

import CPollscopeLayout
import Recording
import Sessions
import Symbols
import Testing

@testable import Analysis

@Suite("Requests of a recording")
struct RequestRecordingTests {
    private static func simulation(_ seed: UInt64) -> SimulatedRequests {
        var simulation = SimulatedRequests(seed: seed)
        for request in 0..<20 { simulation.request(at: 20 + Double(request * 61)) }
        return simulation
    }

    /// What a recorder would have made of it, that looked at these moments, and wrote after every second look.
    private static func recording(_ simulation: SimulatedRequests, looks: [Double]) throws -> [UInt8] {
        let facts = Made.facts()
        let sink = MemorySink()
        let writer = try RecordingWriter(sink: sink, info: facts.info, calibration: Made.calibration, modules: [])
        try writer.write(stacks: [Made.stack(1)])
        try writer.write(status: Made.status(at: 0))
        try writer.write(
            requestNames: (1...1_000).map { RequestName(number: $0, text: "job \($0)", isCut: false) })
        let events = numbered(simulation.made.events)
        let polls = simulation.made.polls.sorted { ($0.poll.endTicks, $0.thread) < ($1.poll.endTicks, $1.thread) }
        var from: UInt64 = 0
        var written: [Int: UInt64] = [:]
        var told: [UInt32: UInt64] = [:]
        for (index, look) in (looks.map(MadeRequests.ticks) + [.max]).enumerated() {
            var new = SessionEvents()
            for (tid, own) in events.sorted(by: { $0.key < $1.key }) {
                let records = own.filter { $0.at_ticks >= from && $0.at_ticks < look }
                guard !records.isEmpty else { continue }
                new.records += records
                new.runs.append(
                    EvidenceRun(
                        ring: tid - 100, first: told[tid, default: 0], count: UInt64(records.count), passedOver: 0,
                        lost: 0))
                told[tid, default: 0] += UInt64(records.count)
            }
            if !new.isEmpty { try writer.write(events: new) }
            let own = Dictionary(
                grouping: polls.filter { $0.poll.endTicks >= from && $0.poll.endTicks < look }, by: \.thread)
            for (thread, polls) in own.sorted(by: { $0.key < $1.key }) {
                let first = written[thread, default: 0]
                try writer.write(
                    PollBatch(
                        thread: Made.thread(thread), ring: UInt32(thread), firstSequence: first, lost: 0,
                        polls: MadeBatch(thread, first: first, polls.map(\.poll)).polls, running: nil))
                written[thread, default: 0] += UInt64(polls.count)
            }
            writer.endLook(complete: Ticks(min(look, MadeRequests.ticks(simulation.end + 100))))
            if index % 2 == 1 { try writer.flush() }
            from = look
        }
        var status = Made.status(at: 1)
        status.pools = [PoolStatus(number: 1, name: "database", isOpen: true, capacity: 0, opened: Ticks(1))]
        try writer.write(status: status)
        try writer.finish()
        return sink.bytes
    }

    /// As their rings would have them: numbered in the order of time, which the numbers of requests follow.
    private static func numbered(_ events: [pollscope_event_record]) -> [UInt32: [pollscope_event_record]] {
        var byThread = Dictionary(grouping: events, by: \.tid).mapValues { own in
            own.sorted { $0.at_ticks < $1.at_ticks }
        }
        var numbers: [UInt64: UInt64] = [0: 0]
        for (tid, own) in byThread {
            for (index, event) in own.enumerated() {
                byThread[tid]?[index].sequence = UInt32(index)
                if UInt32(event.kind) == POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue {
                    numbers[event.number] = UInt64(tid - 100) << 48 | UInt64(index + 1)
                }
            }
        }
        return byThread.mapValues { own in
            own.map { event in
                var event = event
                event.number = numbers[event.number] ?? 0
                event.other = numbers[event.other] ?? 0
                return event
            }
        }
    }

    @Test("has the anatomies that were made, whenever the recorder looked", arguments: 0..<5)
    func anatomies(seed: Int) async throws {
        let simulation = Self.simulation(UInt64(seed))
        var random = SplitMix(state: UInt64(seed))
        let looks = (0..<30).map { _ in Double(random.next() % UInt64(simulation.end)) }.sorted()
        let reader = try RecordingReader(bytes: Self.recording(simulation, looks: looks))
        let symbolizer = Symbolizer(modules: [LoadedModule]())
        let requests = await ReportModel.analyzing(reader, symbolizer: symbolizer).requests
        #expect(requests.endpoints.count == 20)
        #expect(requests.endpoints.count + requests.parts.count == simulation.expected.count)
        #expect(requests.withoutAnatomy == 0 && requests.openCount == 0 && requests.recordsLost == 0)
        for row in requests.endpoints + requests.parts {
            let expected = row.name.split(separator: " ").last.flatMap { UInt16($0) }.flatMap {
                simulation.expected[$0]
            }
            let anatomy = try #require(row.exemplars.first?.anatomy)
            for part in AnatomyPart.allCases {
                #expect(abs(anatomy[part] * 1e6 - (expected?[part.index] ?? -1)) < 1e-6, "\(row.name): \(part)")
            }
        }
        for law in RecordingLaws.check(reader) where LawTests.ofRequests.contains(law.name) {
            #expect(law.holds && law.checked > 0, "\(law.name): \(law.examples)")
        }
    }

    @Test("that was damaged has those of the rest, and says so", arguments: 1..<12)
    func damaged(part: Int) async throws {
        let simulation = Self.simulation(9)
        var bytes = try Self.recording(simulation, looks: (1...20).map { Double($0) * simulation.end / 20 })
        bytes[bytes.count * part / 12] ^= 0x40
        guard let reader = try? RecordingReader(bytes: bytes) else { return }
        let report = await ReportModel.analyzing(reader, symbolizer: Symbolizer(modules: [LoadedModule]()))
        #expect(report.problems.contains { $0.kind == .damagedRecording })
        let shown = report.requests.endpoints + report.requests.parts
        #expect(
            shown.allSatisfy { row in
                row.exemplars.allSatisfy { abs($0.anatomy.totalSeconds - $0.durationSeconds) < 1e-9 }
            })
        _ = RecordingLaws.check(reader)
    }
}
