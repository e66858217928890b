// The formats of recordings, and what differs between them.

/// The major format of a recording. A reader takes any minor format of one that it knows: it passes over chunks and
/// trailing fields that it does not know.
struct RecordingFormat: Sendable, Hashable {
    var major: UInt16

    /// 2: polls say how many blocks they freed, and what a poll allocated is written where it is not the usual.
    /// 3: holds of actors are among the polls.
    static let current = RecordingFormat(major: 3)
    /// Minor format of the current one.
    ///
    /// 1: events of requests and pools, their names, and the pools of a status.
    /// 2: what the process had to do over time, and the tasks that stood still at the end.
    /// 3: that it is the end of a longer recording.
    static let currentMinor: UInt16 = 3

    private static let readable: ClosedRange<UInt16> = 1...3

    /// nil: a later one.
    init?(readable major: UInt16) {
        guard Self.readable.contains(major) else { return nil }
        self.major = major
    }

    private init(major: UInt16) { self.major = major }

    var hasFrees: Bool { major >= 2 }
    var hasHolds: Bool { major >= 3 }
}
