// Records of allocations for recordings: as a service leaves them, and as nobody would.

import CPollscopeLayout
import Sessions

@testable import Recording

enum SampleAllocations {
    static let types = [
        ObjectType(id: 1, name: "Quotes.Order"), ObjectType(id: 1_024, name: "_ContiguousArrayStorage<Späte>"),
    ]

    /// Every fifth one was made outside polls.
    static func allocation(_ number: Int) -> SampledAllocation {
        var context = SampleEvidence.context(number)
        context.flags = 0
        let isInPoll = number % 5 != 4
        return SampledAllocation(
            context: isInPoll ? context : nil, tid: isInPoll ? context.poll.tid : 77,
            bytes: UInt64(number) << 10, operation: UInt8(1 + number % 4), nativeStack: UInt32(500 + number % 9),
            isStackCut: number % 7 == 0, type: UInt16(number % 3 == 0 ? 0 : 1))
    }

    private static func at(_ number: Int) -> Ticks { Ticks(1 << 41 + UInt64(number) * 90_000_000 + 40_000) }

    static func sample(_ number: Int) -> AllocationSample {
        AllocationSample(allocation: allocation(number), at: at(number), isTracked: number % 4 != 0)
    }

    static func free(_ number: Int) -> SampledFree {
        SampledFree(
            allocation: allocation(number), at: Ticks(at(number).rawValue + 1_000), lifetimeTicks: 1_000,
            place: SampledFree.Place.allCases[number % 4])
    }

    static func timing(_ number: Int) -> AllocatorTiming {
        let allocation = allocation(number)
        return AllocatorTiming(
            context: allocation.context, tid: allocation.tid, at: at(number), operation: UInt8(1 + number % 5),
            bytes: UInt64(number % 5 == 4 ? 0 : number * 48),
            duration: number % 6 == 0 ? .cpuNanoseconds(20_000) : .ticks(200 + UInt64(number % 9)))
    }

    /// What a look finds.
    static func look(_ number: Int, records: Int = 6) -> AllocationEvidence {
        var evidence = AllocationEvidence()
        let range = (number * records)..<((number + 1) * records)
        evidence.samples = range.map(sample)
        evidence.frees = range.map(free)
        evidence.timings = range.map(timing)
        evidence.recordsLost = number % 3 == 2 ? 2 : 0
        evidence.runs = [
            EvidenceRun(
                ring: nil, first: UInt64(3 * range.lowerBound), count: UInt64(3 * records),
                passedOver: number == 0 ? 7 : 0, lost: evidence.recordsLost)
        ]
        return evidence
    }

    /// What all these together are, but for the runs.
    static func sum(_ all: some Sequence<AllocationEvidence>) -> AllocationEvidence {
        var sum = AllocationEvidence()
        for evidence in all {
            sum.samples += evidence.samples
            sum.frees += evidence.frees
            sum.timings += evidence.timings
            sum.recordsLost &+= evidence.recordsLost
        }
        return sum
    }

    /// All that can be read, and whether that is all there is.
    static func read(_ reader: RecordingReader) -> (evidence: AllocationEvidence, error: RecordingError?) {
        var all: [AllocationEvidence] = []
        do throws(RecordingError) {
            try reader.readAllocations { all.append($0) }
        } catch {
            return (sum(all), error)
        }
        return (sum(all), nil)
    }
}

/// Records of allocations with any value in any field.
struct AllocationWorld: WildWorld {
    var random: SplitMix64

    private mutating func allocation() -> SampledAllocation {
        SampledAllocation(
            context: flag() ? context() : nil, tid: small(UInt32.self), bytes: number(), operation: small(UInt8.self),
            nativeStack: small(UInt32.self), isStackCut: flag(), type: small(UInt16.self))
    }

    mutating func evidence() -> AllocationEvidence {
        var evidence = AllocationEvidence()
        for _ in 0..<(random.next() % 40) {
            switch random.next() % 3 {
            case 0:
                evidence.samples.append(
                    AllocationSample(allocation: allocation(), at: Ticks(number()), isTracked: flag()))
            case 1:
                evidence.frees.append(
                    SampledFree(
                        allocation: allocation(), at: Ticks(number()), lifetimeTicks: number(),
                        place: SampledFree.Place.allCases[Int(random.next() % 4)]))
            default:
                evidence.timings.append(
                    AllocatorTiming(
                        context: flag() ? context() : nil, tid: small(UInt32.self), at: Ticks(number()),
                        operation: small(UInt8.self), bytes: number(),
                        duration: flag() ? .ticks(number()) : .cpuNanoseconds(number())))
            }
        }
        if flag() { evidence.recordsLost = number() }
        return evidence
    }
}
