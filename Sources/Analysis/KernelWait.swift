// CPU time that threads could have used and the kernel gave to others.

import Sessions

/// Time that threads were ready to run and did not, by the kernel's account.
public struct KernelWaitReport: Sendable {
    /// Of all threads of the process but Pollscope's own.
    public var process: KernelWait
    /// Of those that ran polls.
    public var pollThreads: KernelWait
    /// Those that ran polls, one by one, by the time that they waited, longest first; a bounded number.
    public var threads: [ThreadKernelWait]
    /// The part of a recording between two looks, about a second, in which those that ran polls waited for the largest
    /// share; `nil`: they hardly ran in any.
    public var worst: KernelWaitStretch?
}

public struct KernelWait: Sendable, Hashable {
    /// Ready to run, and not on a CPU.
    public var runQueueSeconds: Double
    public var cpuSeconds: Double

    /// Part of the time on a CPU or ready for one; `nil`: there was none.
    public var share: Double? {
        let all = runQueueSeconds + cpuSeconds
        return all > 0 ? runQueueSeconds / all : nil
    }
}

public struct ThreadKernelWait: Sendable {
    public var thread: ThreadName
    public var wait: KernelWait
}

public struct KernelWaitStretch: Sendable {
    /// Its begin and its end, since the recording began.
    public var startSeconds: Double
    public var endSeconds: Double
    public var wait: KernelWait
}

extension KernelWaitReport {
    private static let threadsMax = 64
    /// With less time on a CPU or ready for one, a stretch has no share: a wake-up or two would be all of it.
    private static let stretchSecondsMin = 0.050

    /// `nil`: the kernel keeps no such account, or there were no two looks at the process.
    init?(facts: RecordingFacts, cpu: CPUAccount, analysis: PollAnalysis) {
        let looks = facts.looksAtCPU
        // A thread that was ever woken has waited some microseconds: where all say 0, nobody counts.
        let isCounted = looks.contains { $0.threads.contains { $0.runQueueNanoseconds > 0 } }
        guard let first = looks.first, let last = looks.last, first.at < last.at, isCounted else { return nil }
        var polling: Set<UInt32> = []
        for (identity, activity) in zip(facts.threads, analysis.threads)
        where activity.polls > 0 || activity.busyTicks > 0 {
            polling.insert(identity.tid)
        }
        process = cpu.threads.values.reduce(into: KernelWait()) { $0.add($1.runQueueNanoseconds, $1.nanoseconds) }
        let ran = cpu.threads.filter { polling.contains($0.key) }
        pollThreads = ran.values.reduce(into: KernelWait()) { $0.add($1.runQueueNanoseconds, $1.nanoseconds) }
        threads = ran.map { tid, used in
            var wait = KernelWait()
            wait.add(used.runQueueNanoseconds, used.nanoseconds)
            return ThreadKernelWait(thread: ThreadName(name: used.name, tid: tid), wait: wait)
        }.sorted {
            ($1.wait.runQueueSeconds, $0.thread.tid) < ($0.wait.runQueueSeconds, $1.thread.tid)
        }.prefix(Self.threadsMax).map(\.self)
        worst = Self.worst(of: looks, threads: polling, facts)
    }

    private static func worst(
        of looks: [ProcessStatus], threads: Set<UInt32>, _ facts: RecordingFacts
    ) -> KernelWaitStretch? {
        let clock = LoadClock(start: facts.span?.lowerBound ?? looks[0].at, calibration: facts.calibration)
        var previous: [UInt32: ThreadCPU] = [:]
        var worst: KernelWaitStretch?
        for (number, look) in looks.enumerated() {
            var wait = KernelWait()
            for thread in look.threads where threads.contains(thread.tid) {
                let added = thread.added(since: previous[thread.tid] ?? (number == 0 ? thread : nil))
                previous[thread.tid] = thread
                wait.add(added.runQueueNanoseconds, added.cpuNanoseconds)
            }
            guard number > 0, wait.runQueueSeconds + wait.cpuSeconds >= stretchSecondsMin,
                wait.share ?? 0 > worst?.wait.share ?? -1
            else { continue }
            worst = KernelWaitStretch(
                startSeconds: clock.seconds(looks[number - 1].at), endSeconds: clock.seconds(look.at), wait: wait)
        }
        return worst
    }
}

extension KernelWait {
    fileprivate init() { self.init(runQueueSeconds: 0, cpuSeconds: 0) }

    fileprivate mutating func add(_ runQueueNanoseconds: UInt64, _ cpuNanoseconds: UInt64) {
        runQueueSeconds += Double(runQueueNanoseconds) * 1e-9
        cpuSeconds += Double(cpuNanoseconds) * 1e-9
    }
}
