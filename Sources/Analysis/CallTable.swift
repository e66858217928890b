// Blocking calls by where they were made from: counted before anything has a name.

import Sessions

/// What is counted of calls that are the same in name and place.
struct CallFigures: Sendable {
    var count: UInt64 = 0
    var errors: UInt64 = 0
    var ticks: UInt64 = 0
    /// Durations in seconds; their sum comes from `ticks`.
    var durations = Histogram()
    /// Time by object.
    var objects: [CallObject: UInt64] = [:]
    /// There were more objects than `objects` has.
    var hasMoreObjects = false

    private static let objectsMax = 256

    /// Returns whether the call's object is one that is kept from now on.
    mutating func add(_ call: BlockingCall, secondsPerTick: Double, mayKeepObject: Bool) -> Bool {
        // Wrapping: as in `SplitTicks`.
        count &+= 1
        errors &+= call.error != 0 ? 1 : 0
        ticks &+= call.durationTicks
        durations.tally(Double(call.durationTicks) * secondsPerTick)
        guard call.object.kind != 0 else { return false }
        if let known = objects[call.object] {
            objects[call.object] = known &+ call.durationTicks
            return false
        }
        guard mayKeepObject, objects.count < Self.objectsMax else {
            hasMoreObjects = true
            return false
        }
        objects[call.object] = call.durationTicks
        return true
    }

    // Wrapping: as in `SplitTicks`.
    mutating func merge(_ other: CallFigures) {
        count &+= other.count
        errors &+= other.errors
        ticks &+= other.ticks
        durations.merge(other.durations)
        objects.merge(other.objects) { $0 &+ $1 }
        hasMoreObjects = hasMoreObjects || other.hasMoreObjects
    }

    /// The object with most time; of equal ones the first by name, so that equal recordings give equal reports.
    var mainObject: CallObject? {
        objects.min { ($1.value, $0.key.text, $0.key.kind) < ($0.value, $1.key.text, $1.key.kind) }?.key
    }
}

struct CallTable: Sendable {
    struct Key: Hashable, Sendable {
        var call: UInt16
        var nativeStack: UInt32
        var poll: PollKey
    }

    /// In place of a stack, once there are too many of them.
    static let otherPlaces = UInt32.max

    private static let entriesMax = 16_384
    private static let objectsMax = 65_536

    private(set) var entries: [Key: CallFigures] = [:]
    private var objects = 0

    mutating func add(_ call: BlockingCall, secondsPerTick: Double) {
        var key = Key(
            call: call.call, nativeStack: call.nativeStack <= PollKey.stackMax ? call.nativeStack : 0,
            poll: PollKey(call.context))
        if entries.count >= Self.entriesMax, entries[key] == nil {
            key.nativeStack = Self.otherPlaces
            key.poll.stack = 0
        }
        let isNew = entries[key, default: CallFigures()].add(
            call, secondsPerTick: secondsPerTick, mayKeepObject: objects < Self.objectsMax)
        objects += isNew ? 1 : 0
    }
}
