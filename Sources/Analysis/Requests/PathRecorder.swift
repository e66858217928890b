// What a critical path is made of: time by part, and, of the few that are shown, stretch by stretch.

/// Ticks by part, in the order of `AnatomyPart.allCases`.
typealias AnatomyTicks = SIMD8<UInt64>

extension AnatomyTicks {
    // Wrapping: parts of one duration do not wrap; sums of hostile ones give wrong sums and no fault.
    var total: UInt64 { wrappedSum() }
}

/// What a stretch of outside time waited for, as far as is known.
enum OutsideReason: Sendable, Hashable {
    case unknown
    /// A timer that was not due.
    case sleep
    /// A poll on this thread, or the thread itself: index in the recording's table.
    case thread(UInt32, isPoll: Bool)
    /// Another request, or a task that works for none.
    case task
    /// Number of a request's name.
    case call(UInt16)
}

/// A stretch of a critical path, before anything has a name.
struct PathStretch: Sendable {
    var part: AnatomyPart
    var start: UInt64
    var end: UInt64
    /// Of the code that ran, or that would resume.
    var stack: UInt32 = 0
    var kind = PollKind.task
    /// It ran on, or waited for; 0: neither.
    var executor: UInt8 = 0
    var thread = TaskPiece.noThread
    var task: UInt32 = 0
    /// Of a wait: when the poll started at last.
    var pollStart: UInt64 = 0
    var pool: UInt32 = 0
    var reason = OutsideReason.unknown
    /// Stretches that it stands for.
    var count = 1

    var ticks: UInt64 { end - start }
}

/// Takes stretches from the end of a path to its start.
struct PathRecorder: Sendable {
    private(set) var ticks = AnatomyTicks()
    /// `nil`: nobody asks for them. The latest comes first.
    private(set) var stretches: [PathStretch]?

    init(keepsStretches: Bool) { stretches = keepsStretches ? [] : nil }

    @inline(__always)
    mutating func add(_ stretch: PathStretch) {
        guard stretch.end > stretch.start else { return }
        // Wrapping: see `total`.
        ticks[stretch.part.index] &+= stretch.ticks
        stretches?.append(stretch)
    }
}
