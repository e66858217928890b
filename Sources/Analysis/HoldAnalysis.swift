// Holds in, figures of actors out: who had which actor, how often and for how long, and who waited for it.
//
// Two stretches of a recording can be analysed by two threads, as by `PollAnalysis`. Memory is bounded: where there are
// more actors than are told apart, those that were held least so far are put together with others of their type. So a
// busy actor is found however late it comes, and figures by type are always of all actors. An actor that was put away
// and comes back is one more instance, and one that is made at the address of a dead one of its type is the same.

import CPollscopeLayout

/// Counts of some holds. Durations in ticks, their quantiles in seconds.
struct HoldFigures: Sendable {
    var holds: UInt64 = 0
    /// Those whose task took the free actor over without queueing.
    var atOnce: UInt64 = 0
    var heldTicks: UInt64 = 0
    /// The part of `heldTicks` inside the span of the recording.
    var busyTicks: UInt64 = 0
    var waitTicks: UInt64 = 0
    var held = Histogram()
    var wait = Histogram()

    @inline(__always)
    mutating func add(_ hold: pollscope_poll_record, busyTicks busy: UInt64, secondsPerTick: Double) {
        // Safe: as in `PollFigures`.
        holds &+= 1
        if UInt32(hold.flags) & POLLSCOPE_HOLD_AT_ONCE.rawValue != 0 { atOnce &+= 1 }
        heldTicks &+= hold.duration_ticks
        busyTicks &+= busy
        waitTicks &+= hold.wait_ticks
        held.tally(Double(hold.duration_ticks) * secondsPerTick)
        wait.tally(Double(hold.wait_ticks) * secondsPerTick)
    }

    mutating func merge(_ other: HoldFigures) {
        holds &+= other.holds
        atOnce &+= other.atOnce
        heldTicks &+= other.heldTicks
        busyTicks &+= other.busyTicks
        waitTicks &+= other.waitTicks
        held.merge(other.held)
        wait.merge(other.wait)
    }
}

/// The holds of one actor that resumed at one stack.
struct HoldPlace: Sendable {
    var holds: UInt64 = 0
    var heldTicks: UInt64 = 0
    var waitTicks: UInt64 = 0

    mutating func merge(_ other: HoldPlace) {
        holds &+= other.holds
        heldTicks &+= other.heldTicks
        waitTicks &+= other.waitTicks
    }
}

/// What is known of one actor, or of several of one type.
struct HeldActor: Sendable {
    /// Stacks of one actor that are told apart; the rest counts as not captured.
    private static let placesMax = 64

    var figures = HoldFigures()
    private(set) var places: [UInt32: HoldPlace] = [:]
    /// When the first of its holds began.
    var firstStart = UInt64.max

    @inline(__always)
    mutating func add(_ hold: pollscope_poll_record, busyTicks: UInt64, secondsPerTick: Double) {
        figures.add(hold, busyTicks: busyTicks, secondsPerTick: secondsPerTick)
        firstStart = min(firstStart, hold.start_ticks)
        merge(HoldPlace(holds: 1, heldTicks: hold.duration_ticks, waitTicks: hold.wait_ticks), at: hold.stack)
    }

    mutating func merge(_ other: HeldActor) {
        figures.merge(other.figures)
        firstStart = min(firstStart, other.firstStart)
        for (stack, place) in other.places { merge(place, at: stack) }
    }

    private mutating func merge(_ place: HoldPlace, at stack: UInt32) {
        let known = places.count < Self.placesMax || places[stack] != nil
        places[known ? stack : 0, default: HoldPlace()].merge(place)
    }
}

/// Figures of all holds of a recording.
struct HoldAnalysis: Sendable {
    struct Key: Sendable, Hashable {
        var type: UInt16
        /// As in the records; it tells actors of one type apart.
        var actor: UInt32
    }

    /// Those of a type that are not told apart.
    struct Rest: Sendable {
        var instances: UInt64 = 0
        var figures = HoldFigures()
    }

    private static let actorsMax = 2_048
    private static let stacksMax = 65_536

    private let secondsPerTick: Double
    private let span: TickSpan
    private(set) var actors: [HeldActor] = []
    private(set) var keys: [Key] = []
    private var indices: [Key: Int] = [:]
    /// By type.
    private(set) var rest: [UInt16: Rest] = [:]
    /// By stack: the type of the actor that was held there last, and whether it was always that one.
    private var types: [UInt32: (type: UInt16, isOnly: Bool)] = [:]
    private var latest: (key: Key, index: Int)?
    private var latestStack: (stack: UInt32, type: UInt16) = (0, 0)

    init(clock: TickClock, span: TickSpan) {
        secondsPerTick = clock.secondsPerTick
        self.span = span
    }

    mutating func add(_ holds: UnsafeBufferPointer<pollscope_poll_record>) {
        for hold in holds {
            // A hold's record has its type and its actor where a poll's has these.
            let key = Key(type: hold.waker, actor: hold.allocations)
            let index = index(of: key)
            actors[index].add(hold, busyTicks: span.overlap(hold), secondsPerTick: secondsPerTick)
            if hold.stack != latestStack.stack || key.type != latestStack.type {
                note(key.type, isOnly: true, at: hold.stack)
                latestStack = (hold.stack, key.type)
            }
        }
    }

    /// Adds what was counted in the stretch that follows this value's.
    mutating func append(_ next: HoldAnalysis) {
        for (key, actor) in zip(next.keys, next.actors) { actors[index(of: key)].merge(actor) }
        for (type, more) in next.rest {
            rest[type, default: Rest()].instances += more.instances
            rest[type, default: Rest()].figures.merge(more.figures)
        }
        for (stack, known) in next.types { note(known.type, isOnly: known.isOnly, at: stack) }
    }

    /// The type of the actors that were held at `stack`; `nil`: none were, or several types.
    func type(ofStack stack: UInt32) -> UInt16? {
        types[stack].flatMap { $0.isOnly && $0.type != 0 ? $0.type : nil }
    }

    private mutating func note(_ type: UInt16, isOnly: Bool, at stack: UInt32) {
        guard stack != 0 else { return }
        if let known = types[stack] {
            types[stack] = (type, known.isOnly && isOnly && known.type == type)
        } else if types.count < Self.stacksMax {
            types[stack] = (type, isOnly)
        }
    }

    @inline(__always)
    private mutating func index(of key: Key) -> Int {
        if let latest, latest.key == key { return latest.index }
        let index = indices[key] ?? newIndex(key)
        latest = (key, index)
        return index
    }

    @inline(never)
    private mutating func newIndex(_ key: Key) -> Int {
        if actors.count >= Self.actorsMax { forgetHalf() }
        indices[key] = actors.count
        actors.append(HeldActor())
        keys.append(key)
        return actors.count - 1
    }

    /// Puts the half that was held least together with others of their types.
    private mutating func forgetHalf() {
        let byTime = actors.indices.sorted {
            (actors[$0].figures.heldTicks, $1) > (actors[$1].figures.heldTicks, $0)
        }
        for index in byTime[(Self.actorsMax / 2)...] {
            rest[keys[index].type, default: Rest()].instances += 1
            rest[keys[index].type, default: Rest()].figures.merge(actors[index].figures)
        }
        let kept = byTime[..<(Self.actorsMax / 2)].sorted()
        actors = kept.map { actors[$0] }
        keys = kept.map { keys[$0] }
        indices = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($0.element, $0.offset) })
        latest = nil
    }
}
