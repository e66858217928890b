// Does the kernel give the CPU to others?

import Analysis
import Wording

enum KernelContentionRule: Rule {
    static let kind = FindingKind.kernelContention

    static func findings(in examination: Examination) -> [Finding] {
        let model = examination.model
        guard let wait = model.kernelWait, let share = wait.pollThreads.share,
            // Of an idle process a wake-up or two is all that there is.
            wait.pollThreads.cpuSeconds + wait.pollThreads.runQueueSeconds
                >= 10 * model.thresholds.leastLoad.value * examination.seconds,
            share >= examination.limits.kernelWaitShare.value
        else { return [] }
        let processors = Double(max(1, model.session.processors))
        let used = examination.seconds > 0 ? examination.cpuSeconds / (examination.seconds * processors) : 0
        // With all processors its own, it is its own threads that are too many.
        let isOwn = used >= 0.9
        let long = model.longPolls.reduce(0) { $0 + $1.split.kernelWaitSeconds }
        let tail = examination.kernelTail
        // What nobody feels is a fact about the machine, and no ailment of the service.
        let isFelt =
            tail.map {
                $0.seconds >= examination.limits.tailSeconds.value && $0.share >= examination.limits.tailShare.value
            }
            ?? examination.waitsForKernel
        let isCritical =
            share >= examination.limits.criticalKernelWaitShare.value
            && tail.map { $0.seconds >= examination.limits.criticalTailSeconds.value } ?? true
        var effects = [
            "\(Quantity.duration(wait.pollThreads.runQueueSeconds)) ready and not run, beside "
                + "\(Quantity.duration(wait.pollThreads.cpuSeconds)) on CPU"
        ]
        if let tail, tail.seconds > 0 {
            effects.append("\(tail.request.printable) +\(Quantity.duration(tail.seconds)) in its slowest 1 %")
        }
        return [
            Finding(
                kind, !isFelt ? .info : isCritical ? .critical : .warning,
                headline: isOwn
                    ? "the service's own threads are too many for its processors: they are ready and not run "
                        + "\(Quantity.share(share)) of the time"
                    : "other processes take the CPU: the service's threads are ready and not run \(Quantity.share(share)) of "
                        + "the time",
                context: isOwn
                    ? "" : "it uses \(Quantity.share(used)) of \(Quantity.counted(UInt64(processors), "processor"))",
                effects: effects,
                impact: FindingImpact(tailSeconds: tail?.seconds, request: tail?.request, cpuShare: share),
                evidence: [
                    FindingEvidence(
                        "runQueueSeconds", wait.pollThreads.runQueueSeconds,
                        "\(Quantity.duration(wait.pollThreads.runQueueSeconds)) in the kernel's run queue, by /proc/PID/task/*/schedstat"
                    ),
                    FindingEvidence(
                        "cpuSeconds", wait.pollThreads.cpuSeconds,
                        "\(Quantity.duration(wait.pollThreads.cpuSeconds)) on CPU"),
                    FindingEvidence(
                        "longPollKernelWaitSeconds", long, "\(Quantity.duration(long)) of it in long polls"),
                ],
                advice: isOwn
                    ? [
                        "fewer busy threads than processors: one pool for computing, bounded, in place of several",
                        "or more processors",
                    ]
                    : [
                        "look at what else runs on the machine (top, the container's CPU limit: cpu.stat nr_throttled)",
                        "and give the service processors of its own (cpuset, CPU requests), or move the neighbour",
                    ])
        ]
    }

    static func lacks(in examination: Examination) -> String? {
        examination.model.kernelWait == nil
            ? "the kernel's account of who waits for a CPU is not known (schedstat, or too short a recording)" : nil
    }
}

extension Examination {
    /// The requests whose slowest are held up longest by the kernel: in their own polls, in those that they wait for, and
    /// while a thread had been woken for them.
    fileprivate var kernelTail: TailHarm? {
        let sites = Set(model.blame.executors.flatMap { $0.culprits.map(\.site) })
        let waited = harm(of: sites, by: .kernel).tails
        return model.blame.tails.filter { $0.meanSeconds > 0 }.map { tail in
            let own = tail.own.filter { $0.part == .kernelWait }.reduce(0) { $0 + $1.seconds }
            let others = waited.first { $0.request == tail.request }?.seconds ?? 0
            let seconds = own + others + tail.schedulerSeconds
            return TailHarm(
                request: tail.request, seconds: seconds, share: seconds / tail.meanSeconds, requests: tail.requests)
        }.max { $0.seconds < $1.seconds }
    }

    /// Where there are no requests: whether jobs wait long, most of it for threads that the kernel does not run.
    fileprivate var waitsForKernel: Bool {
        model.blame.executors.contains { blame in
            guard let executor = executor(blame.name), executor.kind != .eventLoop,
                executor.waitSeconds.p99 >= model.thresholds.longWait.value
            else { return false }
            let kernel = blame.schedulerSeconds + blame.culprits.reduce(0) { $0 + $1.kernelWaitSeconds }
            return kernel >= limits.mainWaitShare.value * blame.waitSeconds
        }
    }
}
