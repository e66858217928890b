// The session and its clock, as the first chunk of a recording.

import Sessions

/// Fields may be added at the end: a reader takes what it knows.
struct SessionChunk {
    var info: SessionInfo
    var calibration: Calibration

    func append(to out: inout ByteBuffer) {
        out.append(signed: Int64(info.processID))
        out.append(varint: info.processStart)
        out.append(text: info.executable)
        out.append(text: info.runtimeVersion)
        out.append(signed: Int64(info.processors))
        out.append(varint: info.clock)
        out.append(varint: info.wallNanoseconds)
        out.append(signed: Int64(info.ringRecords))
        out.append(fixed: info.pollCostTicks.bitPattern)
        let probes = info.probes.prefix(RecordingLimits.probes)
        out.append(varint: UInt64(probes.count))
        for probe in probes {
            out.append(varint: probe.id)
            out.append(varint: probe.state)
            out.append(text: probe.reason)
        }
        out.append(calibration.first)
        out.append(calibration.last)
        out.append(varint: calibration.nominalHertz)
        out.append(varint: info.longPollNanoseconds)
        out.append(varint: info.blockingNanoseconds)
        out.append(varint: info.sampleSignal)
        out.append(varint: info.watcherTID)
        let notes = info.notes.prefix(RecordingLimits.notes)
        out.append(varint: UInt64(notes.count))
        for note in notes { out.append(text: note) }
        out.append(varint: info.allocationSampleBytes)
        out.append(varint: info.allocationTimingCalls)
        out.append(fixed: info.allocationTimerTicks.bitPattern)
        out.append(fixed: info.allocationCostTicks.bitPattern)
    }

    init(info: SessionInfo, calibration: Calibration) {
        self.info = info
        self.calibration = calibration
    }

    init(_ reader: inout PayloadReader) throws(MalformedPayload) {
        guard let processID = Int32(exactly: try reader.signed()) else { throw MalformedPayload() }
        let processStart = try reader.varint()
        let executable = try reader.text()
        let runtimeVersion = try reader.text()
        let processors = Int(try reader.signed())
        let clock = try reader.varint(as: UInt32.self)
        let wallNanoseconds = try reader.varint()
        let ringRecords = Int(try reader.signed())
        let pollCostTicks = Double(bitPattern: try reader.fixed64())
        var probes: [ProbeStatus] = []
        for _ in 0..<(try reader.count(bytesEach: 3, atMost: RecordingLimits.probes)) {
            probes.append(
                ProbeStatus(
                    id: try reader.varint(as: UInt16.self), state: try reader.varint(as: UInt16.self),
                    reason: try reader.text()))
        }
        info = SessionInfo(
            processID: processID, processStart: processStart, executable: executable,
            runtimeVersion: runtimeVersion, processors: processors, clock: clock,
            wallNanoseconds: wallNanoseconds, ringRecords: ringRecords, pollCostTicks: pollCostTicks,
            probes: probes)
        calibration = Calibration(
            first: try reader.anchor(), last: try reader.anchor(), nominalHertz: try reader.varint())
        if reader.isAtEnd { return }  // of a recording made before there was evidence
        info.longPollNanoseconds = try reader.varint()
        info.blockingNanoseconds = try reader.varint()
        info.sampleSignal = try reader.varint(as: UInt32.self)
        info.watcherTID = try reader.varint(as: UInt32.self)
        for _ in 0..<(try reader.count(bytesEach: 1, atMost: RecordingLimits.notes)) {
            info.notes.append(try reader.text())
        }
        if reader.isAtEnd { return }  // of a recording made before there were records of allocations
        info.allocationSampleBytes = try reader.varint()
        info.allocationTimingCalls = try reader.varint(as: UInt32.self)
        info.allocationTimerTicks = Double(bitPattern: try reader.fixed64())
        info.allocationCostTicks = Double(bitPattern: try reader.fixed64())
    }
}

extension ByteBuffer {
    mutating func append(_ anchor: ClockAnchor) {
        append(varint: anchor.ticks.rawValue)
        append(varint: anchor.monotonicNanoseconds)
    }
}

extension PayloadReader {
    mutating func anchor() throws(MalformedPayload) -> ClockAnchor {
        ClockAnchor(ticks: Ticks(try varint()), monotonicNanoseconds: try varint())
    }
}
