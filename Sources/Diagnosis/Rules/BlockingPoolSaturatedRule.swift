// Is an executor that exists for blocking work too narrow for it?

import Analysis
import Wording

enum BlockingPoolSaturatedRule: Rule {
    static let kind = FindingKind.blockingPoolSaturated

    static func findings(in examination: Examination) -> [Finding] {
        examination.model.blame.executors.compactMap { blame in
            switch blame.kind {
            case .queue, .task, .serial, .other: finding(blame, examination)
            case .global, .main, .actors, .eventLoop: nil
            }
        }
    }

    private static func finding(_ blame: ExecutorBlame, _ examination: Examination) -> Finding? {
        guard let executor = examination.executor(blame.name), executor.polls >= 10, let first = blame.culprits.first
        else { return nil }
        let p99 = executor.waitSeconds.p99
        let blocked = blame.culprits.reduce(0) { $0 + $1.blockedSeconds }
        guard p99 >= examination.model.thresholds.longWait.value, blame.waitSeconds > 0,
            blocked >= examination.limits.mainWaitShare.value * blame.waitSeconds
        else { return nil }
        let sites = Set(blame.culprits.map(\.site))
        let call = BlockingCode.all(in: examination) { sites.contains($0.site) }.first
        let place = call?.main.place ?? first.site.place
        let width = UInt64(max(1, executor.width))
        // Little's law: the rate times the time that each takes is how many run on average if none waits.
        let rate = examination.seconds > 0 ? Double(executor.polls) / examination.seconds : 0
        let mean = executor.polls > 0 ? executor.pollSeconds.totalSeconds / Double(executor.polls) : 0
        let tail = examination.tail(of: blame)
        let noun = blame.kind == .queue ? "work" : "job"
        let needed = UInt64(nearest: (rate * mean / 0.7).rounded(.up))
        var effects = [
            "\(Quantity.duration(blame.waitSeconds)) of waiting in \(Quantity.duration(examination.seconds))"
        ]
        if let tail {
            effects.append("\(tail.request.printable) +\(Quantity.duration(tail.seconds)) in its slowest 1 %")
        }
        return Finding(
            kind, p99 >= examination.limits.criticalWait.value ? .critical : .warning,
            site: FindingSite(code: place, poll: first.site), subject: blame.name,
            headline: "\(noun)s wait \(Quantity.duration(p99)) at P99 for the \(blame.name.printable), whose "
                + "\(Quantity.counted(width, "thread")) \(width == 1 ? "is" : "are") blocked",
            context: call.map { "in \($0.main.call), called by \($0.main.place.text(width: 60))" } ?? "",
            effects: effects,
            impact: FindingImpact(
                waitSeconds: blame.waitSeconds, waitShare: 1, tailSeconds: tail?.seconds, request: tail?.request),
            evidence: [
                FindingEvidence("waitSecondsP99", p99, "wait P99 \(Quantity.duration(p99))"),
                FindingEvidence("width", Double(width), "\(Quantity.count(width)) at once, at most"),
                FindingEvidence(
                    "utilisation", executor.utilisation, "busy \(Quantity.share(min(1, executor.utilisation)))"),
                FindingEvidence(
                    "blockedShare", blocked / blame.waitSeconds,
                    "\(Quantity.share(min(1, blocked / blame.waitSeconds))) of the waiting is for \(noun)s in calls"),
            ],
            victims: examination.waiting(on: blame.name, except: []).prefix(5).map {
                FindingVictim(name: $0.function, seconds: $0.seconds)
            },
            advice: [
                needed > width
                    ? "more threads for it: \(Quantity.rate(rate)) × \(Quantity.duration(mean)) = "
                        + "\(Quantity.threeDigits(rate * mean)) in use on average, so \(Quantity.count(needed)) at least"
                    : "more threads for it: the mean would fit \(Quantity.count(width)), what comes at once does not",
                "or shorter calls: batch them, keep answers, set time limits",
            ])
    }
}
