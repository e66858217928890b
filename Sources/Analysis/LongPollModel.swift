// Long polls and blocking calls as plain values of the report.

import Sessions

/// Where the time of polls went, in seconds; the first four parts add up to the polls' durations.
public struct TimeSplit: Sendable, Hashable {
    /// Outside observed calls.
    public var onCPUSeconds: Double
    /// In observed calls.
    public var blockedSeconds: Double
    /// Ready, and not run by the kernel.
    public var kernelWaitSeconds: Double
    /// Asleep in the kernel outside observed calls.
    public var otherSeconds: Double
    /// How much of these parts no measurement stands behind: time on the CPU before the watcher's first look at a
    /// poll, and of a poll that has not ended the time since its last sample.
    public var estimatedSeconds: Double

    public var totalSeconds: Double { onCPUSeconds + blockedSeconds + kernelWaitSeconds + otherSeconds }
}

/// The long polls of one site on one executor, and what was seen inside them.
public struct LongPollSite: Sendable {
    public var site: SiteName
    public var kind: PollKind
    public var executor: String
    public var polls: UInt64
    public var pollSeconds: DurationSummary
    public var split: TimeSplit
    public var samples: UInt64
    /// Duration of the polls that have samples: what `stacks` divides up.
    public var sampledSeconds: Double
    /// Page faults between the first look at each poll and its last sample; major ones read from a disk.
    public var minorFaults: UInt64
    public var majorFaults: UInt64
    /// From the outermost function of the user's inward; most time first.
    public var stacks: [SampleNode]
    /// Calls of all polls of the site, most time first.
    public var calls: [BlockingSite]
}

/// A line of code that long polls were sampled in, or below which they were.
public struct SampleNode: Sendable {
    /// The line is that of the call to the child, or of the code that ran.
    public var place: CodePlace
    public var module: String
    /// Time that the samples here and below stand for.
    public var seconds: Double
    public var samples: UInt64
    public var state: SampleState
    /// The observed call that all blocked samples here and below were in; `nil`: none, or several.
    public var call: String?
    /// The system call that all samples here and below that slept elsewhere were in; `nil`: none, several or unknown.
    public var systemCall: String?
    /// The runtime's or a library's: what its own frames were is left out.
    public var isFolded: Bool
    /// Whether this code was in a loop of its function, or of one that was copied into it, for most of the time: a loop
    /// that does not suspend, around the calls to the children or around what ran here. Of a folded line, in a loop of
    /// any function that it stands for. `nil`: not known for most of the time.
    public var isInLoop: Bool?
    public var children: [SampleNode]
}

/// Calls of one name, made from one place, under polls of one site.
public struct BlockingSite: Sendable {
    /// The name of the function in C.
    public var call: String
    /// What it waits for: sleep, file, socket, wait, name, lock, process.
    public var family: String
    /// The function of a library that `place` called and that made the call in the end; `nil`: it was called directly.
    public var via: String?
    /// The object that took most of the time.
    public var object: CallObjectName?
    /// How many objects there were, at least.
    public var objects: Int
    /// There were more than `objects`.
    public var hasMoreObjects: Bool
    /// The innermost function of the user's, at the line of the call.
    public var place: CodePlace
    public var site: SiteName
    public var count: UInt64
    public var errors: UInt64
    public var seconds: DurationSummary
}

/// What a call worked on.
public struct CallObjectName: Sendable, Hashable {
    /// path, file, pipe, socket, device, other, host, lock, process, thread.
    public var kind: String
    public var text: String
}

/// The last thing that was seen of a poll that has not ended.
public struct LastSample: Sendable {
    public var secondsIntoPoll: Double
    public var state: SampleState
    /// The observed call that it was in.
    public var call: String?
    /// How long it had been in that call.
    public var callSeconds: Double?
    /// The system call that it slept in.
    public var systemCall: String?
    /// Native stack, innermost first.
    public var stack: [StackFrame]
    /// Outer frames are missing.
    public var isStackCut: Bool
    /// A frame was found by search: code around it may be missing or foreign.
    public var isStackApproximate: Bool
}
