// What is told of a free fits its allocation, and the allocation has been told of.
//
// A sample of a Swift object is told when its type can be read: at its thread's next allocation, or at the end of its
// poll. Another thread may have freed the block by then, so a free can come before its sample, and with another idea of
// the type; and the last sample of a thread may not have been told when the recording ended. The rest is exact: the
// time that a free says the block was allocated at is the sample's own.

import Sessions

struct AllocationFreesLaw {
    private var law = LawResult(
        name: "frees are of allocations",
        statement:
            "A free comes as long after its allocation as it says the block has lived, repeats what the sample said, "
            + "and is of no poll where the allocation was of none; each free of a sample of the recording has that "
            + "sample, or as many records are counted as lost.")

    /// One sample. A thread reads the clock for each, which takes longer than a tick.
    private struct Key: Hashable {
        var tid: UInt32
        var at: UInt64
    }

    /// The service itself keeps fewer; more are left over only where frees were lost.
    private static let samplesMax = 1 << 17
    private static let straysMax = 1 << 14

    private let begin: UInt64
    private let beginsWithHistory: Bool
    /// Records that the service has not written.
    private let dropped: UInt64

    private var living: [Key: SampledAllocation] = [:]
    /// Keys that two samples have.
    private var ambiguous: Set<Key> = []
    /// Frees whose sample has not come.
    private var strays: [Key: SampledFree] = [:]
    private var strayCount: UInt64 = 0
    private var lastSample: [UInt32: UInt64] = [:]
    private var lost: UInt64 = 0
    private var hasForgotten = false

    init(facts: RecordingFacts) {
        begin = facts.statuses.first?.at.rawValue ?? 0
        beginsWithHistory = facts.beginsWithHistory
        dropped = facts.countersAdded(\.allocationRecordsDropped)
    }

    mutating func add(_ evidence: AllocationEvidence) {
        // Wrapping here and below: any number can stand in a damaged recording.
        lost &+= evidence.recordsLost
        if beginsWithHistory { lost = evidence.runs.reduce(lost) { $0 &+ $1.passedOver } }
        for sample in evidence.samples { add(sample) }
        for free in evidence.frees { add(free) }
    }

    private mutating func add(_ sample: AllocationSample) {
        let key = Key(tid: sample.allocation.tid, at: sample.at.rawValue)
        lastSample[key.tid] = max(lastSample[key.tid] ?? 0, key.at)
        if let free = strays.removeValue(forKey: key) {
            check(free, sample: sample.allocation)
            return
        }
        guard sample.isTracked else { return }
        if living.count >= Self.samplesMax || ambiguous.count >= Self.samplesMax || lastSample.count > Self.samplesMax {
            living.removeAll()
            ambiguous.removeAll()
            lastSample.removeAll()
            hasForgotten = true
        }
        if living.updateValue(sample.allocation, forKey: key) != nil { ambiguous.insert(key) }
    }

    private mutating func add(_ free: SampledFree) {
        let isPossible = free.lifetimeTicks <= free.at.rawValue
        law.expect(
            isPossible, else: "\(Self.text(free)): it says that the block had lived for \(free.lifetimeTicks) ticks")
        let isPlace = free.allocation.context != nil || free.place == .otherPoll || free.place == .outsidePolls
        law.expect(
            isPlace, else: "\(Self.text(free)): in the poll or task of an allocation that was made outside polls")
        guard isPossible else { return }
        let key = Key(tid: free.allocation.tid, at: free.at.rawValue - free.lifetimeTicks)
        if ambiguous.contains(key) { return }
        if let sample = living.removeValue(forKey: key) {
            check(free, sample: sample)
        } else if key.at >= begin {
            if strays.count < Self.straysMax { strays[key] = free } else { strayCount &+= 1 }
        }
    }

    private mutating func check(_ free: SampledFree, sample: SampledAllocation) {
        var told = free.allocation
        if sample.type == 0 || told.type == 0 { told.type = sample.type }
        law.expect(
            told == sample,
            else: "\(Self.text(free)): it says \(Self.text(free.allocation)), and the sample \(Self.text(sample))")
    }

    /// Allocations that are remembered: bounded, whatever a recording says.
    var kept: Int { living.count + strays.count }

    func result(isWhole: Bool) -> LawResult {
        var law = law
        guard isWhole, !hasForgotten else { return law }
        // The thread has told of a later one, so of this one, too.
        let missing = strays.filter { $0.key.at < lastSample[$0.key.tid] ?? 0 }.sorted { $0.key.at < $1.key.at }
        let count = UInt64(missing.count) &+ strayCount
        law.checked &+= count
        guard count > lost &+ dropped else { return law }
        let before = law.violations
        for (_, free) in missing.prefix(LawResult.examplesKept) {
            law.violate(
                "\(Self.text(free)): there is no sample of it, where \(lost &+ dropped) records are counted as lost")
        }
        law.violations = before &+ (count - (lost &+ dropped))
        return law
    }

    private static func text(_ free: SampledFree) -> String {
        "the free at \(free.at.rawValue) of what thread \(free.allocation.tid) allocated "
            + "\(free.lifetimeTicks) ticks before"
    }

    private static func text(_ allocation: SampledAllocation) -> String {
        let poll = allocation.context.map { "in the poll at \($0.poll.start.rawValue)" } ?? "outside polls"
        return "\(allocation.bytes) bytes \(poll), operation \(allocation.operation), stack \(allocation.nativeStack), "
            + "type \(allocation.type)"
    }
}
