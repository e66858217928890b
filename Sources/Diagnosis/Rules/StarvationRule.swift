// Do jobs wait for threads, and no single code is to blame?
//
// What other findings explain is theirs (see Joining). This is what is left: an executor with more work than it can do.

import Analysis
import Wording

enum StarvationRule: Rule {
    static let kind = FindingKind.starvation

    static func findings(in examination: Examination) -> [Finding] {
        examination.model.blame.executors.compactMap { blame in
            switch blame.kind {
            case .global, .task, .serial, .queue, .other: finding(blame, examination)
            case .main, .actors, .eventLoop: nil
            }
        }
            + examination.model.executors.compactMap { executor in
                // Of the shared pool it is said in any case that jobs wait, also where nobody knows for whom.
                executor.kind == .global && examination.model.blame.executor(named: executor.name) == nil
                    ? unexplained(executor, examination) : nil
            }
    }

    private static func unexplained(_ executor: ExecutorReport, _ examination: Examination) -> Finding? {
        let p99 = executor.waitSeconds.p99
        guard executor.polls >= examination.limits.pollsLeast, p99 >= examination.model.thresholds.longWait.value
        else { return nil }
        return Finding(
            kind, p99 >= examination.limits.criticalWait.value ? .critical : .warning, subject: executor.name,
            headline: "jobs wait \(Quantity.duration(p99)) at P99 for the \(executor.name.printable)",
            context: "who held its threads is not known",
            effects: ["\(Quantity.duration(executor.waitSeconds.totalSeconds)) of waiting in all"],
            impact: FindingImpact(waitSeconds: executor.waitSeconds.totalSeconds),
            evidence: [FindingEvidence("waitSecondsP99", p99, "wait P99 \(Quantity.duration(p99))")],
            advice: ["look at the sites with most poll time below; record again without losses to learn who it is"])
    }

    static func lacks(in examination: Examination) -> String? {
        let model = examination.model
        guard model.polls < examination.limits.pollsLeast else { return nil }
        return "\(Quantity.counted(model.polls, "poll")) are too few to speak of waiting: record until there are "
            + "\(Quantity.count(examination.limits.pollsLeast))"
    }

    private static func finding(_ blame: ExecutorBlame, _ examination: Examination) -> Finding? {
        guard let executor = examination.executor(blame.name), executor.polls >= examination.limits.pollsLeast
        else { return nil }
        let p99 = executor.waitSeconds.p99
        let held = blame.waitSeconds - blame.schedulerSeconds
        guard p99 >= examination.model.thresholds.longWait.value,
            held >= examination.limits.mainWaitShare.value * blame.waitSeconds, let first = blame.culprits.first
        else { return nil }
        let computed = blame.culprits.reduce(0) { $0 + $1.seconds - $1.blockedSeconds - $1.kernelWaitSeconds }
        let kernel = blame.culprits.reduce(0) { $0 + $1.kernelWaitSeconds }
        // KernelContentionRule's.
        guard kernel < examination.limits.mainWaitShare.value * held else { return nil }
        let others = examination.othersShare(on: blame.name, than: [first.site.place.function])
        let tail = examination.tail(of: blame)
        let isFelt =
            blame.kind == .global && others >= examination.limits.othersShare.value
            || tail.map { $0.seconds >= examination.limits.tailSeconds.value } ?? false
        let isCritical = p99 >= examination.limits.criticalWait.value
        let most = blame.culprits.prefix(3).map {
            "\($0.site.place.function.printable.shortened(to: 40)) \(Quantity.share($0.share))"
        }.joined(separator: ", ")
        let used = Quantity.share(min(1, executor.utilisation))
        return Finding(
            kind, !isFelt ? .info : isCritical ? .critical : .warning,
            site: first.share >= examination.limits.mainWaitShare.value
                ? FindingSite(code: first.site.place, poll: first.site) : nil,
            subject: blame.name,
            headline: "jobs wait \(Quantity.duration(p99)) at P99 for the \(blame.name.printable), whose "
                + "\(Quantity.counted(UInt64(max(1, executor.width)), "thread")) \(executor.width == 1 ? "is" : "are") "
                + "busy \(used) of the time",
            context: "held most by \(most)",
            effects: [
                "\(Quantity.duration(blame.waitSeconds)) of waiting in \(Quantity.duration(examination.seconds))",
                tail.map { "\($0.request.printable) +\(Quantity.duration($0.seconds)) in its slowest 1 %" },
            ].compactMap { $0 },
            impact: FindingImpact(
                waitSeconds: blame.waitSeconds, waitShare: 1, tailSeconds: tail?.seconds, request: tail?.request),
            evidence: [
                FindingEvidence("waitSecondsP99", p99, "wait P99 \(Quantity.duration(p99))"),
                FindingEvidence("utilisation", executor.utilisation, "\(used) busy"),
                FindingEvidence(
                    "episodes", Double(blame.episodes), Quantity.counted(blame.episodes, "episode") + " of starvation"),
            ],
            victims: examination.waiting(on: blame.name, except: []).prefix(5).map {
                FindingVictim(name: $0.function, seconds: $0.seconds)
            },
            advice: computed >= held / 2
                ? [
                    "take work away from it: what is named here, or give that an executor of its own",
                    "or more processors, or fewer requests at once: limit what is let in before it queues",
                ]
                : ["more threads for this executor, or fewer calls at once"])
    }
}

extension Examination {
    /// The tail that waits longest for this executor.
    func tail(of blame: ExecutorBlame) -> TailHarm? {
        let sites = Set(blame.culprits.map(\.site))
        return model.blame.tails.map { tail in
            TailHarm(
                request: tail.request,
                seconds: tail.culprits.filter {
                    sites.contains($0.site) && ($0.part == .actorWait) == (blame.kind == .actors)
                }.reduce(0) { $0 + $1.seconds }, share: 0, requests: tail.requests)
        }.filter { $0.seconds > 0 }.max { $0.seconds < $1.seconds }
    }
}
