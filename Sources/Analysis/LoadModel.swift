// How much there was to do over time, as plain values of the report.

/// Tasks that lived and jobs that waited, over time, and which code made the tasks.
public struct LoadReport: Sendable {
    /// `nil`: the process does not keep account of its tasks.
    public var tasks: TaskLoad?
    /// Jobs enqueued and not begun, at most, by looks some twenty times a second; in the mean over time, `nil`: there was
    /// one look at most. The timers of sleepers are among them: no backlog by itself.
    public var pendingPeak: UInt64
    public var pendingPeakSeconds: Double
    public var pendingMean: Double?
    /// In the order of time; a bounded number.
    public var timeline: [LoadStretch]
    /// By what tasks were made of, those with the most first polls in the recording first; a bounded number.
    public var starts: [TaskStartSite]
    /// Length of the stretches that `starts` are counted in.
    public var startStretchSeconds: Double
    /// First polls of tasks in the recording.
    public var firstPolls: UInt64
    /// What the tasks were when most of them lived, or nearly; `nil`: there never were many.
    public var census: TaskCensusReport?
}

/// How many tasks there were.
public struct TaskLoad: Sendable {
    /// That lived, at most, and when that was.
    public var livePeak: UInt64
    public var livePeakSeconds: Double
    /// In the mean over time; `nil`: there was one look at most.
    public var liveMean: Double?
    public var liveAtEnd: UInt64
    /// Between the first look and the last.
    public var created: UInt64
    public var ended: UInt64
    /// `nil`: there was one look at most.
    public var createdPerSecond: Double?
    /// The most between two looks, a second of it; `nil` likewise.
    public var createdPerSecondPeak: Double?
}

/// What was seen of a stretch of time.
public struct LoadStretch: Sendable {
    /// Its begin and its end, since the recording began.
    public var startSeconds: Double
    public var endSeconds: Double
    public var livePeak: UInt64
    public var pendingPeak: UInt64
    public var created: UInt64
    public var ended: UInt64
}

/// Tasks made of the same code.
public struct TaskStartSite: Sendable {
    /// The function that the tasks begin with.
    public var site: SiteName
    /// That had their first poll in the recording.
    public var tasks: UInt64
    /// The most that were made in one stretch, and when that began.
    public var madePeak: UInt64
    public var madePeakSeconds: Double
    /// The most that were made and had not begun, at the end of any stretch.
    public var waitingPeak: UInt64
    public var waitingPeakSeconds: Double
}

/// What the live tasks were at one moment.
public struct TaskCensusReport: Sendable {
    /// Since the recording began.
    public var atSeconds: Double
    public var live: UInt64
    /// Tasks that `groups` were taken from: the others had no place in the process's table.
    public var tracked: UInt64
    /// Those with the most tasks first; a bounded number.
    public var groups: [Group]

    /// Tasks of one origin.
    public struct Group: Sendable {
        /// The function that they begin with; `nil`: they had not begun, or it is not known.
        public var code: CodePlace?
        /// Where the poll that made them resumed; `nil`: made outside polls, or not known.
        public var maker: CodePlace?
        public var tasks: UInt64
    }
}
