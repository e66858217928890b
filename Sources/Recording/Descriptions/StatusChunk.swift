// A look at the process as a whole, a chunk each.

import Sessions

/// Fields may be added at the end: a reader takes what it knows.
enum StatusChunk {
    static func append(_ status: ProcessStatus, to out: inout ByteBuffer) {
        out.append(varint: status.at.rawValue)
        out.append(status.calibrationLast)
        out.append(varint: status.counters.enqueues)
        out.append(varint: status.counters.polls)
        out.append(varint: status.counters.running)
        out.append(varint: status.counters.pollsUnrecorded)
        out.append(varint: status.counters.jobsRefused)
        out.append(varint: status.counters.stacksRefused)
        out.append(varint: status.counters.ringsRefused)
        out.append(varint: status.counters.ringRefusalErrno)
        out.append(varint: status.processCPUNanoseconds)
        out.append(varint: status.residentBytes)
        out.append(varint: status.collectorCPUNanoseconds)
        let threads = status.threads.prefix(RecordingLimits.statusThreads)
        out.append(varint: UInt64(threads.count))
        for thread in threads {
            out.append(varint: thread.tid)
            out.append(text: thread.name)
            out.append(varint: thread.cpuNanoseconds)
            out.append(varint: thread.runQueueNanoseconds)
        }
        out.append(varint: status.counters.samples)
        out.append(varint: status.counters.samplesWithoutStack)
        out.append(varint: status.counters.signalsInSystemCalls)
        for field in allocationFields + executorFields + eventFields {
            out.append(varint: status.counters[keyPath: field])
        }
        let pools = status.pools.prefix(RecordingLimits.pools)
        out.append(varint: UInt64(pools.count))
        for pool in pools { out.append(pool) }
    }

    /// In the file's order.
    private static var allocationFields: [WritableKeyPath<SessionCounters, UInt64>] {
        [
            \.allocations, \.allocatedBytes, \.frees, \.allocationRecords, \.allocationRecordsDropped,
            \.allocationsUntracked, \.typesRefused,
        ]
    }

    private static var executorFields: [WritableKeyPath<SessionCounters, UInt64>] {
        [
            \.turns, \.holds, \.executorsRefused, \.tasksCreated, \.tasksEnded, \.tasksUntracked, \.worksUnobserved,
            \.threadsCreated,
        ]
    }

    private static var eventFields: [WritableKeyPath<SessionCounters, UInt64>] {
        [\.eventsUnrecorded, \.requestNamesRefused, \.poolsRefused]
    }

    static func status(_ reader: inout PayloadReader) throws(MalformedPayload) -> ProcessStatus {
        let at = Ticks(try reader.varint())
        let calibrationLast = try reader.anchor()
        var counters = SessionCounters()
        counters.enqueues = try reader.varint()
        counters.polls = try reader.varint()
        counters.running = try reader.varint()
        counters.pollsUnrecorded = try reader.varint()
        counters.jobsRefused = try reader.varint()
        counters.stacksRefused = try reader.varint()
        counters.ringsRefused = try reader.varint()
        counters.ringRefusalErrno = try reader.varint(as: UInt32.self)
        let processCPU = try reader.varint()
        let resident = try reader.varint()
        let collectorCPU = try reader.varint()
        var threads: [ThreadCPU] = []
        for _ in 0..<(try reader.count(bytesEach: 4, atMost: RecordingLimits.statusThreads)) {
            threads.append(
                ThreadCPU(
                    tid: try reader.varint(as: UInt32.self), name: try reader.text(),
                    cpuNanoseconds: try reader.varint(), runQueueNanoseconds: try reader.varint()))
        }
        if !reader.isAtEnd {  // else of a recording made before there was evidence
            counters.samples = try reader.varint()
            counters.samplesWithoutStack = try reader.varint()
            counters.signalsInSystemCalls = try reader.varint()
        }
        if !reader.isAtEnd {  // else of a recording made before allocations were counted
            for field in allocationFields { counters[keyPath: field] = try reader.varint() }
        }
        if !reader.isAtEnd {  // else of a recording made before actors and event loops were observed
            for field in executorFields { counters[keyPath: field] = try reader.varint() }
        }
        var pools: [PoolStatus] = []
        if !reader.isAtEnd {  // else of a recording made before there were requests and pools
            for field in eventFields { counters[keyPath: field] = try reader.varint() }
            let count = try reader.count(bytesEach: ByteBuffer.poolBytesMin, atMost: RecordingLimits.pools)
            for _ in 0..<count { pools.append(try reader.pool()) }
        }
        return ProcessStatus(
            at: at, calibrationLast: calibrationLast, counters: counters, processCPUNanoseconds: processCPU,
            residentBytes: resident, threads: threads, collectorCPUNanoseconds: collectorCPU, pools: pools)
    }
}
