// Small recordings, and what was put in them in a form that can be compared.

import CPollscopeLayout
import Sessions

@testable import Recording

/// What a ring went through, as far as a recording keeps it.
enum RingEvent: Hashable {
    case lost(ring: UInt32, UInt64, before: UInt64)
    case poll(ring: UInt32, ThreadIdentity, sequence: UInt64, [UInt8])
}

enum Sample {
    static let info = SessionInfo(
        processID: 4_242, processStart: 987_654_321, executable: "/srv/quotes", runtimeVersion: "Swift 6.3.1",
        processors: 2, clock: POLLSCOPE_CLOCK_TSC.rawValue, wallNanoseconds: 1_790_000_000_000_000_000,
        ringRecords: 65_536, pollCostTicks: 101.25,
        probes: [
            ProbeStatus(id: 1, state: 1, reason: ""),
            ProbeStatus(id: 4, state: 3, reason: "the self-test met a job of 72 bytes"),
        ], longPollNanoseconds: 10_000_000, blockingNanoseconds: 100_000, sampleSignal: 29,
        watcherTID: 4_250, allocationSampleBytes: 524_288, allocationTimingCalls: 997, allocationTimerTicks: 50.25,
        allocationCostTicks: 1.5)
    static let calibration = Calibration(
        first: ClockAnchor(ticks: Ticks(1_000), monotonicNanoseconds: 5_000),
        last: ClockAnchor(ticks: Ticks(2_600_001_000), monotonicNanoseconds: 1_000_005_000),
        nominalHertz: 2_600_000_000)
    static let modules = [
        LoadedModule(
            path: "/srv/quotes", buildID: Array(0..<20), loadBias: 0x5555_5555_0000, start: 0x5555_5555_0000,
            end: 0x5555_5666_0000),
        LoadedModule(path: "/usr/lib/libc.so.6", buildID: [], loadBias: .max, start: 0, end: .max),
    ]
    static let stacks = [
        AsyncStack(id: 1, kind: 1, isCut: false, frames: [0x5555_5555_1234, .max, 0]),
        AsyncStack(id: 16_384, kind: 2, isCut: true, frames: []),
        AsyncStack(id: .max, kind: 3, isCut: false, frames: [1]),
    ]

    static func status(at ticks: UInt64, threads: Int = 3) -> ProcessStatus {
        var counters = SessionCounters()
        counters.enqueues = ticks / 3
        counters.polls = ticks / 4
        counters.running = 2
        counters.pollsUnrecorded = 5
        counters.jobsRefused = 6
        counters.stacksRefused = 7
        counters.ringsRefused = .max
        counters.ringRefusalErrno = 28
        counters.samples = ticks / 9
        counters.samplesWithoutStack = 8
        counters.signalsInSystemCalls = 1
        counters.allocations = ticks / 2
        counters.allocatedBytes = ticks * 3
        counters.frees = ticks / 6
        counters.allocationRecords = ticks / 12
        counters.allocationRecordsDropped = 2
        counters.allocationsUntracked = 3
        counters.typesRefused = .max
        counters.turns = ticks / 13
        counters.holds = ticks / 14
        counters.executorsRefused = 4
        counters.tasksCreated = ticks / 15
        counters.tasksEnded = ticks / 16
        counters.tasksUntracked = 5
        counters.worksUnobserved = 6
        counters.threadsCreated = .max
        counters.eventsUnrecorded = 7
        counters.requestNamesRefused = ticks / 17
        counters.poolsRefused = 8
        return ProcessStatus(
            at: Ticks(ticks),
            calibrationLast: ClockAnchor(ticks: Ticks(ticks), monotonicNanoseconds: ticks / 2),
            counters: counters, processCPUNanoseconds: ticks / 5, residentBytes: 1 << 27,
            threads: (0..<threads).map {
                ThreadCPU(
                    tid: UInt32(100 + $0), name: "worker \($0)", cpuNanoseconds: ticks / 7,
                    runQueueNanoseconds: UInt64($0))
            },
            collectorCPUNanoseconds: ticks / 11, pools: SampleEvents.pools)
    }

    /// A recording of what `fill` writes.
    static func recording(
        finished: Bool = true, _ fill: (RecordingWriter) throws -> Void
    ) throws -> [UInt8] {
        let sink = MemorySink()
        let writer = try RecordingWriter(
            sink: sink, info: info, calibration: calibration, modules: modules)
        try fill(writer)
        if finished { try writer.finish() }
        return sink.bytes
    }

    /// Some of everything, in a few kilobytes and several chunks of polls.
    static func small(finished: Bool = true) throws -> [UInt8] {
        var polls = RealisticPolls(seed: 5, threads: 2, liveTasks: 20, isAllocating: true)
        var holds = RealisticHolds(seed: 5, threads: 1)
        return try recording(finished: finished) { writer in
            try writer.write(stacks: stacks)
            try writer.write(types: SampleAllocations.types)
            try writer.write(executors: RealisticHolds.executors)
            try writer.write(requestNames: SampleEvents.names)
            try writer.write(status: status(at: 1 << 40))
            for round in 0..<4 {
                try writer.write(evidence: SampleEvidence.look(round, records: 2))
                try writer.write(allocations: SampleAllocations.look(round, records: 2))
                try writer.write(events: SampleEvents.look(round, records: 9))
                for thread in 0..<2 {
                    var batch = polls.batch(thread: thread, count: 10 + 7 * round)
                    batch.lost = round == 2 ? 3 : 0
                    batch.running = thread == 1 ? batch.polls[0] : nil
                    try writer.write(batch)
                }
                var held = holds.batch(thread: 0, count: 5)
                held.ring = 2
                try writer.write(held)
                writer.endLook(complete: Ticks(1 << 41 + UInt64(round)))
                try writer.flush()
                try writer.write(load: SampleLoad.moments(UInt64(round), count: 3))
                if round == 1 { try writer.write(status: status(at: 1 << 41)) }
            }
            try writer.write(census: SampleLoad.census)
            try writer.write(stuckTasks: SampleLoad.stuckTasks)
        }
    }

    /// The events that a batch stands for.
    static func events(
        _ thread: ThreadIdentity, ring: UInt32, firstSequence: UInt64, lost: UInt64,
        _ polls: some Sequence<pollscope_poll_record>
    ) -> [RingEvent] {
        var events: [RingEvent] = []
        if lost > 0 { events.append(.lost(ring: ring, lost, before: firstSequence)) }
        for (index, poll) in polls.enumerated() {
            let sequence = firstSequence &+ UInt64(index)
            var poll = poll
            poll.sequence = UInt32(truncatingIfNeeded: sequence)
            events.append(.poll(ring: ring, thread, sequence: sequence, bytes(poll)))
        }
        return events
    }

    static func events(_ batch: PollBatch) -> [RingEvent] {
        events(
            batch.thread, ring: batch.ring, firstSequence: batch.firstSequence, lost: batch.lost, batch.polls)
    }

    static func bytes(_ poll: pollscope_poll_record) -> [UInt8] {
        // Safe: the record has no padding.
        withUnsafeBytes(of: poll) { Array($0) }
    }

    /// All that can be decoded, in the recording's order, and the errors of chunks that could not.
    static func decode(_ reader: RecordingReader) -> (events: [RingEvent], errors: [RecordingError]) {
        let decoder = PollDecoder(reader)
        var events: [RingEvent] = []
        var errors: [RecordingError] = []
        for chunk in reader.pollChunks {
            do throws(RecordingError) {
                try decoder.decode(chunk) { batch in
                    events += Self.events(
                        reader.threads[batch.thread].identity, ring: batch.ring,
                        firstSequence: batch.firstSequence, lost: batch.lost, batch.polls)
                }
            } catch {
                errors.append(error)
            }
        }
        return (events, errors)
    }

    /// Events by ring: between rings a recording has no order.
    static func byRing(_ events: [RingEvent]) -> [UInt32: [RingEvent]] {
        Dictionary(grouping: events) { event in
            switch event {
            case .lost(let ring, _, _): ring
            case .poll(let ring, _, _, _): ring
            }
        }
    }
}
