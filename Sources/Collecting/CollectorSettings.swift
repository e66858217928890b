// What a collector is told: where sessions are, what is kept, and when a recording is saved. Defaults with their reasons.

import Sessions

/// The settings of a collector.
public struct CollectorSettings: Sendable {
    /// Folders of sessions; `nil`: those of this user, and for root everybody's.
    public var folders: [SessionFolder]?
    /// Folders with separate debug files.
    public var debugDirectories: [String] = []

    /// Where recordings are saved; `nil`: none are.
    public var recordings: String?
    /// Bytes that all recordings there may take; the oldest go first.
    public var recordingsBytes: UInt64 = 1 << 30
    /// Seconds between two recordings of one service, at least.
    public var recordingDistanceSeconds: Double = 300

    /// Seconds of raw events before a trigger, and after it. A session whose events need more than `windowBytes` keeps
    /// fewer seconds.
    public var secondsBefore: Double = 10
    public var secondsAfter: Double = 5
    public var windowBytes: Int = 16 << 20
    public var triggers = CollectorTriggers()

    /// Seconds between two diagnoses of a session's last events.
    public var diagnosisSeconds: Double = 60

    public init() {}
}

/// When the last seconds are worth keeping.
public struct CollectorTriggers: Sendable, Hashable {
    /// An episode of starvation that goes on for so long, seconds; `nil`: never.
    public var episodeSeconds: Double? = 0.1
    /// A poll, or a call, that took so long; `nil`: never.
    public var longPollSeconds: Double? = 0.5
    /// The P99 of a kind of request over the last minute; `nil`: never.
    public var requestP99Seconds: Double?
    /// A poll that goes on for a second and more.
    public var onHang = true
    /// A service that ends by a signal or without a word.
    public var onCrash = true

    public init() {}
}
