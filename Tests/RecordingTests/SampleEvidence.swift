// Evidence for recordings: as a service leaves it, and as nobody would.

import CPollscopeLayout
import Sessions

@testable import Recording

enum SampleEvidence {
    /// A poll of a service: the n-th, on one of two threads.
    static func context(_ number: Int) -> PollContext {
        PollContext(
            poll: PollIdentity(tid: UInt32(4_301 + number % 2), start: Ticks(1 << 41 + UInt64(number) * 90_000_000)),
            stack: UInt32(17 + number % 5), task: UInt32(1_000 + number), kind: 2, executor: 1, flags: 0)
    }

    static func call(_ number: Int) -> BlockingCall {
        var context = context(number / 3)
        context.flags = 0
        return BlockingCall(
            context: context, call: UInt16(POLLSCOPE_CALL_fsync.rawValue),
            start: Ticks(context.poll.start.rawValue + UInt64(number % 3) * 20_000_000 + 5_000),
            durationTicks: 11_800_000, error: number % 4 == 0 ? 4 : 0, nativeStack: UInt32(300 + number % 7),
            isStackCut: number % 5 == 0,
            object: CallObject(
                kind: UInt8(POLLSCOPE_OBJECT_FILE.rawValue), text: "/var/lib/quotes/ledger-\(number % 4).wal",
                isCut: number % 6 == 0))
    }

    static func longPoll(_ number: Int) -> LongPoll {
        let context = context(number)
        return LongPoll(
            context: context, durationTicks: 84_000_000 + UInt64(number), blockedTicks: 35_400_000, calls: 3,
            first: number % 3 == 0
                ? nil
                : ThreadReading(
                    at: Ticks(context.poll.start.rawValue + 26_000_000), cpuNanoseconds: 7_000_000_000,
                    runQueueNanoseconds: nil, minorFaults: 0, majorFaults: 0, blockedTicks: 11_800_000),
            endCPUNanoseconds: number % 4 == 0 ? nil : 7_020_000_000)
    }

    /// A stack of 30 frames: the service's own code, and libraries that it goes through.
    static func frames(_ number: Int) -> [UInt64] {
        let images: [UInt64] = [0x5555_5567_8000, 0x7FFF_F7C1_0000, 0x7FFF_F650_0000]
        return (0..<30).map { place in
            let image = place % 7 == 3 ? 1 : place % 11 == 5 ? 2 : 0
            let offset = UInt64(place) &* 2_654_435_761 % 9_000_000
            return images[image] + offset + (place < 4 ? UInt64(number) * 64 : 0)
        }
    }

    static func sample(_ number: Int) -> PollSample {
        let context = context(number / 2)
        let at = Ticks(context.poll.start.rawValue + 26_000_000 << UInt64(number % 2))
        let reading = ThreadReading(
            at: at, cpuNanoseconds: 7_000_000_000 + UInt64(number) * 10_000_000, runQueueNanoseconds: 812_345_678,
            minorFaults: 40_321, majorFaults: 3, blockedTicks: 11_800_000)
        var first = reading
        first.at = Ticks(context.poll.start.rawValue + 25_000_000)
        return PollSample(
            context: context, ring: UInt32(number % 2), reading: reading, first: number % 2 == 0 ? nil : first,
            call: number % 3 == 0 ? UInt16(POLLSCOPE_CALL_read.rawValue) : 0,
            callStart: number % 3 == 0 ? Ticks(at.rawValue - 4_000) : nil, systemCall: number % 3 == 0 ? 0 : nil,
            state: UInt8(ascii: "R"), source: UInt8(POLLSCOPE_SAMPLE_SIGNAL.rawValue), handlerTicks: 22_000,
            frames: frames(number), isCut: number % 5 == 0, isApproximate: number % 4 == 0)
    }

    /// What a look finds.
    static func look(_ number: Int, records: Int = 6) -> Evidence {
        var evidence = Evidence()
        let range = (number * records)..<((number + 1) * records)
        evidence.calls = range.map(call)
        evidence.longPolls = range.map(longPoll)
        evidence.samples = range.map(sample)
        evidence.recordsLost = number % 3 == 2 ? 2 : 0
        evidence.samplesLost = number % 3 == 2 ? 1 : 0
        evidence.runs = [
            EvidenceRun(
                ring: 0, first: UInt64(2 * range.lowerBound), count: UInt64(2 * records), passedOver: 0,
                lost: evidence.recordsLost),
            EvidenceRun(
                ring: nil, first: UInt64(range.lowerBound), count: UInt64(records),
                passedOver: UInt64(number == 0 ? 7 : 0),
                lost: evidence.samplesLost),
        ]
        return evidence
    }

    /// What all these together are.
    static func sum(_ all: some Sequence<Evidence>) -> Evidence {
        var sum = Evidence()
        for evidence in all {
            sum.calls += evidence.calls
            sum.longPolls += evidence.longPolls
            sum.samples += evidence.samples
            sum.recordsLost &+= evidence.recordsLost
            sum.samplesLost &+= evidence.samplesLost
        }
        return sum
    }

    /// All that can be read, and whether that is all there is.
    static func read(_ reader: RecordingReader) -> (evidence: Evidence, error: RecordingError?) {
        var all: [Evidence] = []
        do throws(RecordingError) {
            try reader.readEvidence { all.append($0) }
        } catch {
            return (sum(all), error)
        }
        return (sum(all), nil)
    }
}

/// Evidence with any value in any field.
struct EvidenceWorld: WildWorld {
    var random: SplitMix64

    private mutating func reading() -> ThreadReading {
        ThreadReading(
            at: Ticks(number()), cpuNanoseconds: number(), runQueueNanoseconds: flag() ? nil : number(),
            minorFaults: small(UInt32.self), majorFaults: small(UInt32.self), blockedTicks: number())
    }

    mutating func evidence() -> Evidence {
        var evidence = Evidence()
        var context = context()
        for _ in 0..<(random.next() % 12) {
            if flag() { context = self.context() }
            switch random.next() % 3 {
            case 0:
                let texts = ["", "/tmp/ä", String(repeating: "x", count: 72), "\u{FFFD}\u{0}"]
                evidence.calls.append(
                    BlockingCall(
                        context: context, call: small(UInt16.self), start: Ticks(number()), durationTicks: number(),
                        error: small(Int32.self), nativeStack: small(UInt32.self), isStackCut: flag(),
                        object: CallObject(
                            kind: small(UInt8.self), text: texts[Int(random.next() % 4)], isCut: flag())))
            case 1:
                evidence.longPolls.append(
                    LongPoll(
                        context: context, durationTicks: number(), blockedTicks: number(), calls: small(UInt32.self),
                        first: flag() ? nil : reading(), endCPUNanoseconds: flag() ? nil : number()))
            default:
                evidence.samples.append(
                    PollSample(
                        context: context, ring: small(UInt32.self), reading: reading(),
                        first: flag() ? nil : reading(), call: small(UInt16.self),
                        callStart: flag() ? nil : Ticks(number()), systemCall: flag() ? nil : small(Int32.self),
                        state: small(UInt8.self), source: small(UInt8.self), handlerTicks: number(),
                        frames: (0..<(random.next() % 111)).map { _ in number() }, isCut: flag(),
                        isApproximate: flag()))
            }
        }
        if flag() { evidence.recordsLost = number() }
        if flag() { evidence.samplesLost = number() }
        return evidence
    }
}
