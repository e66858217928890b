// Recordings of earlier formats are read as before: those made before there was evidence, those made before allocations
// were counted, those made before actors and event loops were observed, and those made before requests and pools were.

import CPollscopeLayout
import Sessions
import Testing

@testable import Recording

struct EarlierRecordingTests {
    /// A recording of format 1.0: the samples' session, stacks and status, five polls and one that runs.
    private static let withoutEvidence = bytes(
        """
        504c53435245430a0100000010000000534553537200000000000000aedddf3f000000009b994673a442b1d1f9d6030b2f7372762f71756f
        7465730b537769667420362e332e3104018080cc9fc2f0d6eb188080080000000000505940020101000403237468652073656c662d746573
        74206d65742061206a6f62206f66203732206279746573e8078827e8bbe3d70988bbebdc0380b4e3d7094d4f44535f000000000000003147
        25980000000052870c2c0b2f7372762f71756f74657314000102030405060708090a0b0c0d0e0f101112138080d4aad5aa158080d4aad5aa
        15808098b3d5aa15122f7573722f6c69622f6c6962632e736f2e3600ffffffffffffffffff0100ffffffffffffffffff0153544b53320000
        000000000092dcf7c800000000710b70af010100033412555555550000ffffffffffffffff0000000000000000808001020100ffffffff0f
        0300010100000000000000535441547100000000000000f0201f80000000007e207c5e808080808020808080808020808080808010d5aad5
        aad50a80808080800802050607ffffffffffffffffff011cb3e6cc99b30680808040dde8c5aef402036408776f726b6572203092c9a492c9
        04006508776f726b6572203192c9a492c904016608776f726b6572203292c9a492c90402504f4c4c4000000069000000692c5c61163e8fe2
        ee864e8b05d891808080808002a3f40a0100922101afa38080808080020c4e494f2d454c542d302d233001000500010201150400b2c501d5
        8d0bcaa6b102a64305000000058ca31c5c8a861e0700a30e010b00c504050dbe2487b86def1d00b077000104140002032a20410300046903
        02080910000000db03e311b9eabd4310841a305c35f200008903770312fa33d8b932b2902e1fa29800000003008846030088460200840200
        0000000000444f4e4503000000000000001d1690a9000000009834b8a1050001
        """)

    /// A recording of format 1.1: the samples' session, stacks and status, a look's evidence, five polls and one that
    /// runs. Poll n allocates n² blocks and n MiB, and every second one was blocked for a tick.
    private static let withoutFrees = bytes(
        """
        504c53435245430a0100010010000000534553537d00000000000000c54d3853000000002bcf7fd0a442b1d1f9d6030b2f7372762f71756f
        7465730b537769667420362e332e3104018080cc9fc2f0d6eb188080080000000000505940020101000403237468652073656c662d746573
        74206d65742061206a6f62206f66203732206279746573e8078827e8bbe3d70988bbebdc0380b4e3d70980ade204a08d061d9a21004d4f44
        535f00000000000000314725980000000052870c2c0b2f7372762f71756f74657314000102030405060708090a0b0c0d0e0f101112138080
        d4aad5aa158080d4aad5aa15808098b3d5aa15122f7573722f6c69622f6c6962632e736f2e3600ffffffffffffffffff0100ffffffffffff
        ffffff0153544b53320000000000000092dcf7c800000000710b70af010100033412555555550000ffffffffffffffff0000000000000000
        808001020100ffffffff0f0300010100000000000000535441547900000000000000037eeffa00000000e885e73780808080802080808080
        8020808080808010d5aad5aad50a80808080800802050607ffffffffffffffffff011cb3e6cc99b30680808040dde8c5aef402036408776f
        726b6572203092c9a492c904006508776f726b6572203192c9a492c904016608776f726b6572203292c9a492c90402f1b89c8ec703080145
        56494410000000f9000000f07cf82e107d7d2c3d8b4d5a0101010000020100020000000001070038cd218080808080800111e80702010090
        4ec09bd0051408ac02021c2f7661722f6c69622f71756f7465732f6c65646765722d302e77616c01cd210011e80702010080fa8628c0d2f0
        1003dacd210011e807020100000180eae518808cee891aced2ad830381bb0203c09bd0050ac0abe518005201f0ab011e008080f0d9aad5aa
        0188839720fcc0930288bf9c94d1aa55f581a704f581c760f581a704fcc09302fcc09302fcc09302a9bbbe51f581a704fcc09302fcc09302
        fcc09302fcc09302d5c1ea4688bf8c5a9981f01bfcc09302fcc09302fcc09302fcc09302fcc09302cdc6880ff581a704fcc09302edc2da62
        f581a704fcc09302504f4c4c440000007d000000d9e32c4e36c62cc7fba1b45a05d891808080808002a3f40a0100922101afa38080808080
        020c4e494f2d454c542d302d2330010005000102011504c489138b1485df099a9bb1029f1204098080c00101058ca31c5c8a861e0700a30e
        010b00c504050dbe2487b86def1d00b077000104140002032a2041030004690302080910000000db03e311b9eabd4310841a305c35f20000
        8903770312fa33d8b932b2902e1fa29800000003008846030088460200840205002090040117000000000000080000080000060000040100
        0a444f4e450800000000000000b3712c4b00000000f6ab89100500010101010000
        """)

    /// A recording of format 2.0: the samples' session, stacks, types and status, a look's evidence and allocations, nine
    /// polls that allocate and one that runs; every second one was blocked for a tick.
    private static let withoutHolds = bytes(
        """
        504c53435245430a02000000100000005345535392000000000000000e7dc3d30000000087f11132a442b1d1f9d6030b2f7372762f71756f
        7465730b537769667420362e332e3104018080cc9fc2f0d6eb188080080000000000505940020101000403237468652073656c662d746573
        74206d65742061206a6f62206f66203732206279746573e8078827e8bbe3d70988bbebdc0380b4e3d70980ade204a08d061d9a2100808020
        e5070000000000204940000000000000f83f4d4f44535f00000000000000314725980000000052870c2c0b2f7372762f71756f7465731400
        0102030405060708090a0b0c0d0e0f101112138080d4aad5aa158080d4aad5aa15808098b3d5aa15122f7573722f6c69622f6c6962632e73
        6f2e3600ffffffffffffffffff0100ffffffffffffffffff0153544b53320000000000000092dcf7c800000000710b70af01010003341255
        5555550000ffffffffffffffff0000000000000000808001020100ffffffff0f03000101000000000000005459504530000000000000004e
        d9ac7000000000ad934c53010c51756f7465732e4f7264657280081f5f436f6e746967756f7573417272617953746f726167653c5370c3a4
        74653e535441549d00000000000000c4a04ad4000000000a778642808080808020808080808020808080808010d5aad5aad50a8080808080
        0802050607ffffffffffffffffff011cb3e6cc99b30680808040dde8c5aef402036408776f726b6572203092c9a492c904006508776f726b
        6572203192c9a492c904016608776f726b6572203292c9a492c90402f1b89c8ec7030801808080808010808080808060aad5aad5aa05d5aa
        d5aad5020203ffffffffffffffffff014556494410000000f9000000f07cf82e107d7d2c3d8b4d5a01010100000201000200000000010700
        38cd218080808080800111e807020100904ec09bd0051408ac02021c2f7661722f6c69622f71756f7465732f6c65646765722d302e77616c
        01cd210011e80702010080fa8628c0d2f01003dacd210011e807020100000180eae518808cee891aced2ad830381bb0203c09bd0050ac0ab
        e518005201f0ab011e008080f0d9aad5aa0188839720fcc0930288bf9c94d1aa55f581a704f581c760f581a704fcc09302fcc09302fcc093
        02a9bbbe51f581a704fcc09302fcc09302fcc09302fcc09302d5c1ea4688bf8c5a9981f01bfcc09302fcc09302fcc09302fcc09302fcc093
        02cdc6880ff581a704fcc09302edc2da62f581a704fcc09302414c4f430a000000770000008e42faeaeff28f50d45aff9401010100010000
        03070001009a43009a430100220004000200000002010080f1848080800100000080f104000000d00f000200020000000000e80700000100
        d080858080800100000080f104000000d00f00020002000000d00f00e8070000010080f1848080800100000080f104000000d00f00020002
        000000c0b80200000000504f4c4c43000000c10000003779ff7f5e79f7fe724dab4f09d891808080808002ebde190100922101afa3808080
        8080020c4e494f2d454c542d302d2330010009000102011504c489138b1485df099a9bb1029f1204039e030100098ca31c5c8a861e0700a3
        ae1a93e65c2007010b00c504090e8c08a09fa148e9641c940e0030f8651ca234010414000002032a20410200030004691200040302ec0011
        000000b6078c47c855d73b646f802ec635c6d0060010e40e005f05f5d00259064706b107000027ed380212fa33d8b932b2902e1fa2980000
        904dbe5b6a7b2d125e000400103254760804001032547608020084f6000100aa0000020602b0a1091ad009040d202737706847c7a01d0180
        f3730c55020600a7010110000103444f4e450c00000000000000afea82e100000000756e0cfe090001010101000001010100
        """)

    /// A recording of format 3.0: the samples' session, stacks, types, executors and status, a look's evidence, five polls
    /// and one that runs, and some holds of actors among others.
    private static let withoutEvents = bytes(
        """
        504c53435245430a03000000100000005345535392000000000000000e7dc3d30000000087f11132a442b1d1f9d6030b2f7372762f71756f
        7465730b537769667420362e332e3104018080cc9fc2f0d6eb188080080000000000505940020101000403237468652073656c662d746573
        74206d65742061206a6f62206f66203732206279746573e8078827e8bbe3d70988bbebdc0380b4e3d70980ade204a08d061d9a2100808020
        e5070000000000204940000000000000f83f4d4f44535f00000000000000314725980000000052870c2c0b2f7372762f71756f7465731400
        0102030405060708090a0b0c0d0e0f101112138080d4aad5aa158080d4aad5aa15808098b3d5aa15122f7573722f6c69622f6c6962632e73
        6f2e3600ffffffffffffffffff0100ffffffffffffffffff0153544b53320000000000000092dcf7c800000000710b70af01010003341255
        5555550000ffffffffffffffff0000000000000000808001020100ffffffff0f03000101000000000000005459504530000000000000004e
        d9ac7000000000ad934c53010c51756f7465732e4f7264657280081f5f436f6e746967756f7573417272617953746f726167653c5370c3a4
        74653e455845432a000000000000007413f63400000000460db23211030011636f6d2e6578616d706c652e66696c657390f1d9a2a3e21fef
        010900ffffffffffffffffff0153544154c200000000000000286cbb68000000006c84dc13808080808020808080808020808080808010d5
        aad5aad50a80808080800802050607ffffffffffffffffff011cb3e6cc99b30680808040dde8c5aef402036408776f726b6572203092c9a4
        92c904006508776f726b6572203192c9a492c904016608776f726b6572203292c9a492c90402f1b89c8ec703080180808080801080808080
        8060aad5aad5aa05d5aad5aad5020203ffffffffffffffffff01b1a7ec89bb02c9a492c9a4020491a2c48891028080808080020506ffffff
        ffffffffffff014556494410000000f9000000f07cf82e107d7d2c3d8b4d5a0101010000020100020000000001070038cd21808080808080
        0111e807020100904ec09bd0051408ac02021c2f7661722f6c69622f71756f7465732f6c65646765722d302e77616c01cd210011e8070201
        0080fa8628c0d2f01003dacd210011e807020100000180eae518808cee891aced2ad830381bb0203c09bd0050ac0abe518005201f0ab011e
        008080f0d9aad5aa0188839720fcc0930288bf9c94d1aa55f581a704f581c760f581a704fcc09302fcc09302fcc09302a9bbbe51f581a704
        fcc09302fcc09302fcc09302fcc09302d5c1ea4688bf8c5a9981f01bfcc09302fcc09302fcc09302fcc09302fcc09302cdc6880ff581a704
        fcc09302edc2da62f581a704fcc09302504f4c4c5b000000dd0000005989794f097285d5432a0d030ad891808080808002a3f40a02009221
        01afa38080808080020c4e494f2d454c542d302d2330010005000102011504c489138b1485df099a9bb1029f1204039e03000002922101af
        a380808080800204706f6f6c010005aeff0300088caf1f22eb92e4670c690f00bb778602130007c50488e3290a0e8c0160a1114905652354
        1000000008000280cf00030440108208020200a802032a2041000004000444060c0c048208c9010d03fe1f01000e008af79ac10a1183f003
        027cbaff9437da35fbfb4b800fcd07493e455e00000010841a305c35f20000890377034c564c563b173b17247612fa33d8b932b2902e1fa2
        980000f8c6e01bc39b606f82712c06030088c6d63e04001032547698020084ee09000001005f0206046f91051910000d8002b73662a8458f
        a016010010000600a701019030000000444f4e450c000000000000004e36b6d900000000e62e9eca0a0001010101000000000000
        """)

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        var digits = hexadecimal.compactMap(\.hexDigitValue)[...]
        var bytes: [UInt8] = []
        while let high = digits.popFirst(), let low = digits.popFirst() { bytes.append(UInt8(high << 4 | low)) }
        return bytes
    }

    /// The samples' session without what is said of allocations.
    private var info: SessionInfo {
        var info = Sample.info
        info.allocationSampleBytes = 0
        info.allocationTimingCalls = 0
        info.allocationTimerTicks = 0
        info.allocationCostTicks = 0
        return info
    }

    /// The samples' status without what is said of requests and pools.
    private var statusWithoutEvents: ProcessStatus {
        var status = Sample.status(at: 1 << 40)
        status.counters.eventsUnrecorded = 0
        status.counters.requestNamesRefused = 0
        status.counters.poolsRefused = 0
        status.pools = []
        return status
    }

    /// That without what is said of actors, event loops, tasks and threads.
    private var statusWithoutHolds: ProcessStatus {
        var status = statusWithoutEvents
        status.counters.turns = 0
        status.counters.holds = 0
        status.counters.executorsRefused = 0
        status.counters.tasksCreated = 0
        status.counters.tasksEnded = 0
        status.counters.tasksUntracked = 0
        status.counters.worksUnobserved = 0
        status.counters.threadsCreated = 0
        return status
    }

    /// That without what is said of allocations.
    private var status: ProcessStatus {
        var status = statusWithoutHolds
        status.counters.allocations = 0
        status.counters.allocatedBytes = 0
        status.counters.frees = 0
        status.counters.allocationRecords = 0
        status.counters.allocationRecordsDropped = 0
        status.counters.allocationsUntracked = 0
        status.counters.typesRefused = 0
        return status
    }

    private func expectNoAllocations(_ reader: RecordingReader) {
        #expect(reader.allocationChunks.isEmpty)
        let read = SampleAllocations.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence.isEmpty)
        #expect(!reader.info.probes.contains { $0.id == POLLSCOPE_PROBE_ALLOCATIONS.rawValue })
    }

    private func expectNoEvents(_ reader: RecordingReader) {
        #expect(reader.requestNames.isEmpty)
        #expect(reader.eventChunks.isEmpty)
        #expect(reader.totals.events == 0)
    }

    @Test func beforeEventsAllOfItIsThereAndWhatItDoesNotKnowIsZero() throws {
        let reader = try RecordingReader(bytes: Self.withoutEvents)
        #expect(reader.damage == nil)
        #expect(reader.info == Sample.info)
        #expect(reader.statuses == [statusWithoutEvents])
        #expect(reader.types == SampleAllocations.types)
        #expect(reader.executors == RealisticHolds.executors)
        expectNoEvents(reader)

        var polls = RealisticPolls(seed: 5, threads: 1, isAllocating: true)
        var holds = RealisticHolds(seed: 5, threads: 1)
        var held = holds.batch(thread: 0, count: 4)
        held.ring = 2
        var others = polls.batch(thread: 0, count: 5)
        others.thread.name = held.thread.name  // the same thread: its newest name counts
        let decoded = Sample.decode(reader)
        #expect(decoded.errors.isEmpty)
        #expect(decoded.events == Sample.events(others) + Sample.events(held))
        #expect(reader.unfinished.count == 1)
        let read = SampleEvidence.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence == SampleEvidence.sum([SampleEvidence.look(0, records: 1)]))
    }

    @Test func beforeHoldsAllOfItIsThereAndWhatItDoesNotKnowIsZero() throws {
        let reader = try RecordingReader(bytes: Self.withoutHolds)
        #expect(reader.damage == nil)
        #expect(reader.info == Sample.info)
        #expect(reader.statuses == [statusWithoutHolds])
        expectNoEvents(reader)
        #expect(reader.types == SampleAllocations.types)
        #expect(reader.executors.isEmpty)

        var batch = RealisticPolls(seed: 5, threads: 1, isAllocating: true)
        var polls = batch.batch(thread: 0, count: 9)
        for index in polls.polls.indices { polls.polls[index].blocked_ticks = UInt64(index % 2) }
        let decoded = Sample.decode(reader)
        #expect(decoded.errors.isEmpty)
        #expect(decoded.events == Sample.events(polls))
        var running = polls.polls[3]
        running.sequence = 0
        #expect(reader.unfinished.map { Sample.bytes($0.poll) } == [Sample.bytes(running)])
        let read = SampleAllocations.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence == SampleAllocations.sum([SampleAllocations.look(0, records: 1)]))
    }

    @Test func beforeAllocationsAllOfItIsThereAndWhatItDoesNotKnowIsZero() throws {
        let reader = try RecordingReader(bytes: Self.withoutFrees)
        #expect(reader.damage == nil)
        #expect(reader.info == info)
        #expect(reader.statuses == [status])
        #expect(reader.stacks.count == Sample.stacks.count)

        var batch = RealisticPolls(seed: 5, threads: 1)
        var polls = batch.batch(thread: 0, count: 5)
        for index in polls.polls.indices {
            pollscope_poll_set_allocations(&polls.polls[index], UInt32(index * index), UInt64(index) << 20, 0)
            polls.polls[index].blocked_ticks = UInt64(index % 2)
        }
        let decoded = Sample.decode(reader)
        #expect(decoded.errors.isEmpty)
        #expect(decoded.events == Sample.events(polls))
        var running = polls.polls[3]
        running.sequence = 0
        #expect(reader.unfinished.map { Sample.bytes($0.poll) } == [Sample.bytes(running)])

        let read = SampleEvidence.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence == SampleEvidence.sum([SampleEvidence.look(0, records: 1)]))
        var totals = RecordingTotals()
        totals.polls = 5
        totals.chunks = 1
        totals.calls = 1
        totals.longPolls = 1
        totals.samples = 1
        #expect(reader.totals == totals)
        #expect(reader.types.isEmpty)
        expectNoAllocations(reader)
    }

    @Test func beforeEvidenceAllOfItIsThereAndWhatItDoesNotKnowIsZero() throws {
        let reader = try RecordingReader(bytes: Self.withoutEvidence)
        #expect(reader.damage == nil)
        var info = info
        info.longPollNanoseconds = 0
        info.blockingNanoseconds = 0
        info.sampleSignal = 0
        info.watcherTID = 0
        #expect(reader.info == info)
        #expect(reader.calibration.first == Sample.calibration.first)
        var status = status
        status.counters.samples = 0
        status.counters.samplesWithoutStack = 0
        status.counters.signalsInSystemCalls = 0
        #expect(reader.statuses == [status])
        #expect(reader.stacks.count == Sample.stacks.count)

        var polls = RealisticPolls(seed: 5, threads: 1)
        let decoded = Sample.decode(reader)
        #expect(decoded.errors.isEmpty)
        #expect(decoded.events == Sample.events(polls.batch(thread: 0, count: 5)))
        #expect(reader.unfinished.count == 1)

        let read = SampleEvidence.read(reader)
        #expect(read.error == nil)
        #expect(read.evidence.isEmpty)
        var totals = RecordingTotals()
        totals.polls = 5
        totals.chunks = 1
        #expect(reader.totals == totals)
        #expect(reader.types.isEmpty)
        expectNoAllocations(reader)
    }

    @Test func aCutAtAnyByteIsACut() throws {
        for bytes in [Self.withoutEvidence, Self.withoutFrees, Self.withoutHolds, Self.withoutEvents] {
            for count in 1..<bytes.count {
                let reader = try? RecordingReader(bytes: Array(bytes.prefix(count)))
                #expect(reader == nil || reader?.damage?.cutAtByte == UInt64(count))
                #expect(reader?.load.isEmpty ?? true && reader?.census == nil && reader?.stuckTasks == nil)
            }
        }
    }

    /// An earlier pollscope passes over what it does not know: here, what a later one would add.
    @Test func fieldsOfALaterFormatArePassedOver() throws {
        let original = try Sample.small()
        var later = Array(original.prefix(FileHeader.byteCount))
        var offset = FileHeader.byteCount
        while offset < original.count {
            let header = try original[offset...].withUnsafeBytes { try #require(ChunkHeader($0)) }
            let front = offset + ChunkHeader.byteCount
            let body = front + Int(header.frontBytes)
            let end = body + Int(header.bodyBytes)
            let grows = [
                ChunkKind.session, .status, .end, .evidence, .allocations, .events, .polls, .load, .census, .stuckTasks,
            ].contains(header.kind)
            let longer = Array(original[front..<body]) + (grows ? [1, 2, 3] : [])
            var changed = header
            changed.frontBytes = UInt32(longer.count)
            changed.frontChecksum = longer.withUnsafeBytes { CRC32C.checksum($0) }
            var out = ByteBuffer()
            changed.append(to: &out)
            later += Array(out.bytes) + longer + original[body..<end]
            offset = end
        }
        let reader = try RecordingReader(bytes: later)
        let whole = try RecordingReader(bytes: original)
        #expect(reader.damage == nil)
        #expect(reader.info == whole.info)
        #expect(reader.statuses == whole.statuses)
        #expect(reader.totals == whole.totals)
        #expect(Sample.decode(reader).events == Sample.decode(whole).events)
        #expect(SampleEvidence.read(reader).evidence == SampleEvidence.read(whole).evidence)
        #expect(SampleAllocations.read(reader).evidence == SampleAllocations.read(whole).evidence)
        #expect(SampleEvents.read(reader).records == SampleEvents.read(whole).records)
        #expect(reader.load == whole.load)
        #expect(reader.census == whole.census)
        #expect(reader.stuckTasks == whole.stuckTasks)
    }
}
