// Takes a session into a recording: looks at the session again and again, and writes what is new.
//
// It decides nothing about time or signals: the caller steps it, and says when to end.

import CPollscopeLayout
import Sessions

/// Records one session.
public final class Recorder {
    public let session: SessionFile
    private let follower: SessionFollower
    private let writer: RecordingWriter
    private let info: SessionInfo
    private var nextStatus: Ticks
    private var lastKnown: ClockAnchor
    private var nextLiveness: Ticks
    /// Since the last status.
    private var load: [LoadMoment] = []
    private var tasksCounted: UInt64 = 0
    /// Whether the process still wrote the session when that was last looked at, a twentieth of a second ago at most.
    public private(set) var isProcessAlive: Bool
    private let calibration: Calibration
    private let ticksPerSecond: UInt64
    /// The last look at the process.
    public private(set) var latestStatus: ProcessStatus?
    /// Where only the last seconds are kept.
    private let window: RecordingWindow?

    /// Begins to keep the last seconds of `session`.
    public convenience init(
        session: SessionFile, window: RecordingWindow, from start: SessionFollower.Start
    ) throws(RecordingError) {
        try self.init(session: session, sink: window, window: window, from: start)
    }

    /// Begins a recording of `session` in `sink`.
    /// - Parameter start: `.now`, or `.oldest` to take what is in the rings already.
    public convenience init(session: SessionFile, sink: any ByteSink, from start: SessionFollower.Start)
        throws(RecordingError)
    {
        try self.init(session: session, sink: sink, window: nil, from: start)
    }

    private init(
        session: SessionFile, sink: any ByteSink, window: RecordingWindow?, from start: SessionFollower.Start
    ) throws(RecordingError) {
        self.session = session
        self.window = window
        info = session.info
        follower = SessionFollower(file: session, from: start)
        writer = try RecordingWriter(
            sink: sink, info: info, calibration: session.calibration, modules: session.modules)
        calibration = session.calibration
        ticksPerSecond = max(1, calibration.nominalHertz)
        lastKnown = calibration.last
        nextStatus = calibration.last.ticks
        nextLiveness = calibration.last.ticks
        isProcessAlive = session.isAlive
        switch start {
        case .now: try status(at: now())
        case .oldest:
            // The recording begins with the oldest poll that is there, not with the look that found it.
            let begun = now().ticks
            let look = follower.look(now: begun)
            try beginning(at: look.begin.map(anchor(at:)) ?? now())
            try write(look, begun: begun)
        case .beginning: try beginning(at: calibration.first)
        }
    }

    /// Now, on the session's clock. Of a session whose process is gone, the last moment that is known of it.
    private func now() -> ClockAnchor {
        guard isProcessAlive else {
            let noted = session.calibration.last
            return noted.ticks > lastKnown.ticks ? noted : lastKnown
        }
        let anchor = pollscope_read_anchor(info.clock)
        return ClockAnchor(ticks: Ticks(anchor.ticks), monotonicNanoseconds: anchor.monotonic_ns)
    }

    /// What the window takes in memory, and how much time it covers.
    public var windowBytes: Int { window?.byteCount ?? 0 }
    public var windowSeconds: Double {
        guard let begin = window?.begin, begin.rawValue > 0, lastKnown.ticks > begin else { return 0 }
        return calibration.seconds(lastKnown.ticks.rawValue - begin.rawValue)
    }

    public var pollsWritten: UInt64 { writer.pollsWritten }
    public var pollsLost: UInt64 { writer.pollsLost }
    public var bytesWritten: UInt64 { writer.bytesWritten }

    /// Takes what is new. Once a second it adds a look at the process, and sees that all of it is in the file.
    /// - Parameter see: is shown what was new.
    /// - Returns: how many records were new, of polls or of events: of whichever there were more.
    @discardableResult
    public func step(_ see: (SessionLook) -> Void = { _ in }) throws(RecordingError) -> Int {
        let count = try take(see)
        let now = now()
        if now.ticks >= nextLiveness {
            let looksASecond: UInt64 = 20
            nextLiveness = Ticks(now.ticks.rawValue &+ ticksPerSecond / looksASecond)
            isProcessAlive = isProcessAlive && session.isAlive
            if isProcessAlive {
                lastKnown = now
                try lookAtLoad(at: now.ticks)
            }
        }
        if now.ticks >= nextStatus {
            if let window { try cut(window, see) } else { try status(at: now) }
            try writer.flush()
        }
        return count
    }

    /// What is kept so far is a recording by itself, with a look at the process as its end; the same look is the beginning
    /// of what comes.
    private func cut(_ window: RecordingWindow, _ see: (SessionLook) -> Void) throws(RecordingError) {
        _ = try take(see)
        let moment = now()
        let look = follower.status(now: moment)
        try status(look, at: moment)
        try writer.flush()
        window.beginStretch(at: moment.ticks, before: writer.totalsWritten)
        tasksCounted = 0
        try writer.write(status: look)
    }

    /// Writes the last seconds to `sink` as a complete recording, and goes on.
    /// - Parameters:
    ///   - asksForTasks: whether it says which tasks stand still, for which the process is asked.
    ///   - see: is shown what was new.
    public func save(
        to sink: any ByteSink, asksForTasks: Bool = false, _ see: (SessionLook) -> Void = { _ in }
    ) throws(RecordingError) {
        guard let window else { return }
        if asksForTasks { try lookAtStuckTasks(see) }
        _ = try take(see)
        try status(at: now())
        try writer.flush()
        try window.write(to: sink, totals: writer.totalsWritten)
    }

    /// A first look at a time before the recorder was there: nothing had been counted then, or it is history.
    private func beginning(at moment: ClockAnchor) throws(RecordingError) {
        var status = follower.status(now: moment)
        status.counters = SessionCounters()
        status.pools = []
        try writer.write(status: status)
    }

    private func status(at moment: ClockAnchor) throws(RecordingError) {
        try status(follower.status(now: moment), at: moment)
    }

    private func status(_ look: ProcessStatus, at moment: ClockAnchor) throws(RecordingError) {
        try writer.write(load: load)
        load.removeAll()
        lastKnown = moment
        nextStatus = Ticks(moment.ticks.rawValue &+ ticksPerSecond)
        latestStatus = look
        try writer.write(status: look)
    }

    private func take(_ see: (SessionLook) -> Void = { _ in }) throws(RecordingError) -> Int {
        let begun = now().ticks
        let look = follower.look(now: begun)
        see(look)
        try write(look, begun: begun)
        return max(look.pollCount, look.events.records.count)
    }

    private func write(_ look: SessionLook, begun: Ticks) throws(RecordingError) {
        if !look.threads.isEmpty { try writer.write(threads: look.threads) }
        if !look.stacks.isEmpty { try writer.write(stacks: look.stacks) }
        if !look.types.isEmpty { try writer.write(types: look.types) }
        if !look.executors.isEmpty { try writer.write(executors: look.executors) }
        if !look.requestNames.isEmpty { try writer.write(requestNames: look.requestNames) }
        // Before its polls, and after the stacks that it refers to: a recording that is cut here has both.
        if !look.evidence.isEmpty { try writer.write(evidence: look.evidence) }
        if !look.allocations.isEmpty { try writer.write(allocations: look.allocations) }
        if !look.events.isEmpty { try writer.write(events: look.events) }
        for batch in look.batches { try writer.write(batch) }
        writer.endLook(complete: Ticks(begun.rawValue - min(begun.rawValue, publishingTicks)))
        // The end of a poll is a moment that is known of a process that is gone, too.
        if !isProcessAlive, let end = look.end, end > lastKnown.ticks { lastKnown = anchor(at: end) }
    }

    /// Tasks may all be made, and be gone again, between two looks at the process a second apart.
    private func lookAtLoad(at moment: Ticks) throws(RecordingError) {
        let now = LoadMoment(at: moment, counters: follower.counters())
        load.append(now)
        // Fewer are no explosion, and of a service that takes up more and more, a count each time that there are a quarter
        // more says all.
        let leastTasks: UInt64 = 256
        guard now.live >= leastTasks, now.live / 5 >= tasksCounted / 4 else { return }
        tasksCounted = now.live
        let census = session.taskCensus(at: moment)
        try writer.write(stacks: follower.stacks(of: census))
        try writer.write(census: census)
    }

    /// Writes which tasks stand still. The process has a moment to say where they wait; if it does not, its table says
    /// which they are. Its rings go on being emptied.
    private func lookAtStuckTasks(_ see: (SessionLook) -> Void = { _ in }) throws(RecordingError) {
        guard session.keepsTasks else { return }
        let patience = Duration.milliseconds(200)
        let end = ContinuousClock.now + patience
        let question = session.askForTasks()
        var isAnswered = false
        while let question, !isAnswered, ContinuousClock.now < end {
            isAnswered = question.isAnswered(within: 0.01)
            if !isAnswered { _ = try take(see) }
        }
        var found = session.tasks(answering: isAnswered ? question : nil)
        // A process that ended wrote its clock when it last ran something; it was seen alive after that.
        found.at = max(found.at, lastKnown.ticks)
        let look = StuckTaskLook(found, secondsPerTick: calibration.secondsPerTick)
        let named = follower.descriptions(of: look)
        try writer.write(stacks: named.stacks)
        try writer.write(types: named.types)
        try writer.write(stuckTasks: look)
    }

    /// How long a record may take from the moment that it says to when a look can find it. A thread reads the clock, then
    /// makes its record visible: a few nanoseconds, unless the kernel takes the CPU from it in between. A tenth of a
    /// second is what a container over its quota has to wait.
    private var publishingTicks: UInt64 { ticksPerSecond / 10 }

    /// CLOCK_MONOTONIC at a tick, by the rate known so far.
    private func anchor(at ticks: Ticks) -> ClockAnchor {
        let offset = calibration.secondsSinceStart(ticks) * 1e9
        let first = calibration.first.monotonicNanoseconds
        // A damaged file can hold any time at all.
        let nanoseconds = offset.magnitude < 1e18 ? Int64(offset) : 0
        return ClockAnchor(ticks: ticks, monotonicNanoseconds: first &+ UInt64(bitPattern: nanoseconds))
    }

    /// Takes the rest and completes the recording.
    public func finish() throws(RecordingError) {
        try lookAtStuckTasks()
        // A look before the rest is taken and one after: if nothing was counted in between, nothing can be missing.
        try status(at: now())
        isProcessAlive = isProcessAlive && session.isAlive
        let later = session.modulesLoadedLater()
        if !later.isEmpty { try writer.write(modules: later) }
        _ = try take()
        try status(at: now())
        try writer.finish()
    }
}
