// From where on the rules speak up: values with their reasons.

import Analysis

/// What the rules measure a service against. The limits of long polls, long waits and the allocator are the report's own
/// (`ReportThresholds`).
public struct DiagnosisThresholds: Sendable, Hashable {
    // MARK: Waiting

    /// An executor whose P99 of the wait is this long is critical.
    public var criticalWait = Threshold(
        0.050, .seconds, reason: "ten times what is noticed: half of a P99 of 100 ms, from which on tuning is worth it",
        source: "chosen")
    /// A cause that explains less of an executor's waiting is no finding of its own.
    public var leastWaitShare = Threshold(
        0.05, .share, reason: "who takes it away changes the waiting by less than it changes from run to run",
        source: "chosen")
    /// A cause that explains this much of it is what the waiting is about.
    public var mainWaitShare = Threshold(
        0.5, .share, reason: "the larger part", source: "chosen")
    /// A cause that lengthens the slowest hundredth of the requests of a name by less is no finding by that alone …
    public var tailSeconds = Threshold(
        0.005, .seconds, reason: "as for the wait of an executor: nobody complains about less", source: "chosen")
    /// … nor one that makes up less of them.
    public var tailShare = Threshold(
        0.2, .share, reason: "less is lost among what makes up the rest of a slow request", source: "chosen")
    /// From this on it is critical.
    public var criticalTailSeconds = Threshold(
        0.050, .seconds, reason: "half of a P99 of 100 ms, from which on tuning is worth it", source: "chosen")
    /// Fewer episodes of starvation can be chance.
    public var episodesLeast = 3
    /// A cause that nobody but its own code waits for is a batch.
    public var othersShare = Threshold(
        0.1, .share, reason: "nine parts in ten of the waiting are for more of the same work", source: "chosen")

    /// Long polls that take less of the time of their site's polls are exceptions.
    public var longPollShare = Threshold(
        0.25, .share, reason: "whoever waits for the site waits for its short polls mostly", source: "chosen")

    // MARK: Calls

    /// Calls that take this part of the time of an executor's threads are a finding, however short each of them is.
    public var blockedShare = Threshold(
        0.05, .share, reason: "one thread in twenty stands still: it shows in the waiting as soon as there is load",
        source: "chosen")
    /// Calls that are as long as long polls are a finding from this part on.
    public var leastBlockedShare = Threshold(
        0.01, .share, reason: "what is rarer is met by one request in a hundred at most, and is no part of a P99",
        source: "chosen")
    /// Fewer calls can be chance.
    public var callsLeast: UInt64 = 3

    // MARK: Yielding

    /// A site is over-yielding if this part of its polls follow on a yield of its own, …
    public var yieldShare = Threshold(
        0.5, .share, reason: "it gives way more often than it waits for anything else", source: "chosen")
    /// … the median of them is shorter than this …
    public var yieldPoll = Threshold(
        20e-6, .seconds,
        reason: "runtime authors advise 10 to 100 µs between awaits; a yield costs about a microsecond",
        source: "advice of the authors of another runtime; tools/bench poll-cost for the yield")
    /// … and yielding takes this part of the process's CPU time.
    public var yieldCPUShare = Threshold(
        0.05, .share, reason: "less would not be felt if it were gone", source: "chosen")

    // MARK: Allocation

    /// A process that uses less of one processor has nothing to gain by allocating less.
    public var allocatingLoad = Threshold(
        0.15, .share, reason: "half of a seventh of a processor is what one could win, and nobody waits for it",
        source: "chosen")

    // MARK: Threads, tasks, the kernel

    /// Threads that are started a second.
    public var threadsPerSecond = Threshold(
        50, .factor, reason: "a thread costs about 100 µs to start: 50 a second are half a hundredth of a processor",
        source: "chosen; the cost is of Linux threads under load")
    public var criticalThreadsPerSecond = Threshold(
        1000, .factor, reason: "a tenth of a processor goes into starting threads", source: "as above")
    /// Tasks of one origin that wait to begin, or live, at once.
    public var backlog = Threshold(
        2_000, .factor,
        reason: "at a microsecond each the last one waits for 2 ms before it has done anything; what tasks "
            + "need in memory is a kilobyte each at least",
        source: "chosen")
    /// Part of the time that threads could have run in which the kernel ran others.
    public var kernelWaitShare = Threshold(
        0.2, .share, reason: "a fifth of the computing is standing in line; less comes from any neighbour",
        source: "chosen")
    public var criticalKernelWaitShare = Threshold(
        0.5, .share, reason: "the service gets half of what it asks for", source: "chosen")
    /// A poll, or a call, that has not ended for so long hangs.
    public var hang = Threshold(
        1, .seconds, reason: "a thousand times what a poll should take", source: "chosen")
    /// A request that is open for so many times its P99 hangs.
    public var openFactor = Threshold(
        10, .factor, reason: "no queue and no retry makes an honest tail ten times its P99", source: "chosen")

    // MARK: Pools

    /// A pool is critically small if the P99 of the wait for it is this long.
    public var criticalPoolWait = Threshold(
        0.050, .seconds, reason: "half of a P99 of 100 ms", source: "chosen")
    /// A pool that is larger than it need be is a finding from this size on.
    public var largePool = Threshold(
        100, .factor,
        reason: "a database server of a few cores serves about as many connections at once; what is beyond "
            + "costs it memory and scheduling",
        source: "chosen; databases' manuals advise a few per core")

    // MARK: What it takes to speak

    /// A recording that is shorter says nothing about rates.
    public var secondsLeast = Threshold(
        1, .seconds, reason: "the process is looked at about once a second", source: "the collector's own")
    /// Fewer polls give no quantiles.
    public var pollsLeast: UInt64 = 100

    // MARK: Whether it is worth it

    /// Tuning is worth it from this P99 on …
    public var worthP99 = Threshold(
        0.100, .seconds, reason: "users notice", source: "experience with asynchronous services, see the README")
    /// … or from so many requests at once on, …
    public var worthConcurrency = Threshold(
        1000, .factor, reason: "queues are what concurrency is paid with", source: "as above")
    /// … and not below so many requests a second.
    public var worthRate = Threshold(
        100, .factor, reason: "at less, a larger machine is cheaper than an engineer's week", source: "as above")

    public init() {}
}
