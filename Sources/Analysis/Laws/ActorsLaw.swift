// An actor is held by one task at a time, on whichever threads.
//
// Holds of a chunk are compared in the order of their starts. Across chunks a hold can come late, since one look at all
// rings can be in two of them: then the comparison is turned around.
//
// Memory is bounded: of the actors that were seen longest ago, the last hold is forgotten.

import CPollscopeLayout
import Sessions

struct ActorsLaw {
    private(set) var result = LawResult(
        name: "an actor is held once at a time",
        statement: "No two holds of an actor overlap, on any threads.")

    private struct Actor: Hashable {
        var number: UInt32
        var type: UInt16
    }
    private struct Hold {
        var actor: Actor
        var start: UInt64
        var end: UInt64
    }

    private var chunk: [Hold] = []
    private var recent: [Actor: Hold] = [:]
    private var older: [Actor: Hold] = [:]
    private let actorsKept: Int
    /// The counters of two cores may differ by so much.
    private let toleranceTicks: UInt64
    static let toleranceSeconds = 1e-6

    init(calibration: Calibration, actorsKept: Int = 1 << 18) {
        self.actorsKept = actorsKept
        toleranceTicks = UInt64(min(Self.toleranceSeconds / calibration.secondsPerTick, 0x1p32))
    }

    mutating func add(_ batch: ThreadPolls) {
        for hold in batch.holds {
            chunk.append(
                Hold(
                    actor: Actor(number: hold.heldActor, type: hold.heldType), start: hold.start_ticks,
                    end: hold.endTicks))
        }
    }

    mutating func endChunk() {
        chunk.sort { ($0.start, $0.end) < ($1.start, $1.end) }
        for hold in chunk { check(hold) }
        chunk.removeAll(keepingCapacity: true)
    }

    private mutating func check(_ hold: Hold) {
        let known = recent[hold.actor] ?? older[hold.actor]
        if let known {
            let (early, late) = known.start <= hold.start ? (known, hold) : (hold, known)
            result.expect(
                early.end <= late.start.addingClamped(toleranceTicks),
                else:
                    "actor \(hold.actor.number) of type \(hold.actor.type): it was held \(early.start)…\(early.end) "
                    + "and \(late.start)…\(late.end) (ticks)")
            if known.start > hold.start { return }
        }
        recent[hold.actor] = hold
        if recent.count >= actorsKept {
            older = recent
            recent.removeAll(keepingCapacity: true)
        }
    }
}
