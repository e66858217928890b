// The waits of the slowest requests, as they come into the sweep: who of them waits for which executor or actor, and
// when.

/// A figure for each of the tails: the endpoints whose slowest requests are looked at.
typealias TailLanes = SIMD8<Double>

/// What a request of a tail waited for.
struct TailWait: Sendable {
    /// Of `TailVictims`.
    var tail: Int
    var start: UInt64
    var end: UInt64
    /// `nil`: an actor's; the hold that begins at `pollStart` says which.
    var executor: UInt8?
    var task: UInt32
    var pollStart: UInt64
}

struct TailVictims: ~Copyable {
    static let tailsMax = TailLanes.scalarCount

    /// The beginning or the end of a wait.
    struct Change: Sendable {
        var tail: Int
        var count: Double
        var executor: UInt8
        var lane: Int?
    }

    private struct Timed: Sendable {
        var time: UInt64
        var change: Change
    }

    private struct Hold: Hashable, Sendable {
        var task: UInt32
        var start: UInt64
    }

    /// The latest last.
    private var changes: [Timed] = []
    private var ofActors: [Hold: [TailWait]] = [:]
    /// Of waits for actors, which come as their holds do.
    private var later: [Timed] = []
    private var moments = MomentHeap()
    private(set) var isEmpty = true

    init(_ waits: [TailWait] = []) {
        for wait in waits where wait.tail < Self.tailsMax && wait.end > wait.start {
            isEmpty = false
            if let executor = wait.executor {
                changes += Self.changes(of: wait, executor: executor, lane: nil)
            } else {
                ofActors[Hold(task: wait.task, start: wait.pollStart), default: []].append(wait)
            }
        }
        changes.sort { ($0.time, $0.change.count) < ($1.time, $1.change.count) }
    }

    private static func changes(of wait: TailWait, executor: UInt8, lane: Int?) -> [Timed] {
        [
            Timed(time: wait.end, change: Change(tail: wait.tail, count: 1, executor: executor, lane: lane)),
            Timed(time: wait.start, change: Change(tail: wait.tail, count: -1, executor: executor, lane: lane)),
        ]
    }

    /// A hold begins that somebody waited for: going back, its waits come. They end with the hold's own, as the lane may.
    @inline(__always)
    mutating func arm(task: UInt32, pollStart: UInt64, runnable: UInt64, lane: Int, at now: UInt64) {
        guard !ofActors.isEmpty, let waits = ofActors.removeValue(forKey: Hold(task: task, start: pollStart))
        else { return }
        for wait in waits {
            for change in Self.changes(of: wait, executor: 0, lane: lane) {
                moments.push(Moment(time: min(now, max(runnable, change.time)), index: Int32(later.count)))
                later.append(change)
            }
        }
    }

    /// 0: there is none, or nothing later than the beginning.
    var nextTime: UInt64 { max(changes.last?.time ?? 0, moments.firstTime) }

    mutating func takeNext() -> Change? {
        if let moment = moments.first, moment.time >= changes.last?.time ?? 0 {
            moments.removeFirst()
            return later[Int(moment.index)].change
        }
        return changes.popLast()?.change
    }
}
