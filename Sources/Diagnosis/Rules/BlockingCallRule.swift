// Which calls block threads that others wait for?
//
// Calls by the line that makes them. What waits for a lock is LockContentionRule's.

import Analysis
import Wording

enum BlockingCallRule: Rule {
    static let kind = FindingKind.blockingCall

    static func findings(in examination: Examination) -> [Finding] {
        BlockingCode.all(in: examination) { !$0.isLock }.compactMap { $0.finding(kind, examination) }
    }

    static func lacks(in examination: Examination) -> String? {
        let probes = examination.model.coverage.probes
        guard let probe = probes.first(where: { $0.name == "blocking calls" }), probe.state != .on else { return nil }
        return "blocking calls were not observed" + (probe.reason.isEmpty ? "" : " (\(probe.reason.printable))")
    }
}

/// Calls of one kind from one line.
struct BlockingCode {
    var calls: [BlockingSite]

    /// Most time.
    var main: BlockingSite { calls[0] }
    var count: UInt64 { calls.reduce(0) { $0 + $1.count } }
    var totalSeconds: Double { calls.reduce(0) { $0 + $1.seconds.totalSeconds } }
    var p99: Double { calls.map(\.seconds.p99).max() ?? 0 }
    var p50: Double { main.seconds.p50 }
    var longest: Double { calls.map(\.seconds.max).max() ?? 0 }
    var names: Set<SiteName> { Set(calls.map(\.site)) }
    var functions: Set<String> { Set(calls.map(\.site.place.function)) }

    /// By total time, longest first.
    static func all(in examination: Examination, _ accepts: (BlockingSite) -> Bool) -> [BlockingCode] {
        var codes: [BlockingCode] = []
        for call in examination.model.blocking where accepts(call) {
            if let index = codes.firstIndex(where: {
                $0.main.place.function == call.place.function && $0.main.place.file == call.place.file
                    && $0.main.place.line == call.place.line && $0.main.family == call.family
            }) {
                codes[index].calls.append(call)
            } else {
                codes.append(BlockingCode(calls: [call]))
            }
        }
        return codes.sorted { $0.totalSeconds > $1.totalSeconds }
    }

    /// Executors that are there for code that suspends: on others a blocking call is what they are there for.
    private func executors(_ examination: Examination) -> [SiteReport] {
        examination.model.sites.filter { site in
            names.contains(SiteName(place: site.place, task: site.task)) && !site.kind.isHelper
        }
    }

    /// `nil`: nobody needs to know.
    func finding(_ kind: FindingKind, _ examination: Examination) -> Finding? {
        let limits = examination.limits
        let sites = executors(examination)
        guard count >= limits.callsLeast || longest >= limits.hang.value,
            let most = sites.max(by: { $0.blockedSeconds < $1.blockedSeconds })
        else { return nil }
        let executorKind = most.executorKind
        // MainActorOverloadRule and EventLoopBlockedRule speak of these.
        guard executorKind != .main, executorKind != .eventLoop else { return nil }
        let all = sites.reduce(0) { $0 + $1.blockedSeconds }
        let share = all > 0 ? min(1, totalSeconds / all) : 1
        let harm = examination.harm(of: names, by: .blocked, share: share)
        let isShared = executorKind == .global || executorKind == .actors
        let capacity =
            examination.seconds
            * Double(examination.executor(most.executor)?.width ?? examination.model.session.processors)
        let taken = capacity > 0 ? totalSeconds / capacity : 0
        let isLong = p99 >= examination.model.thresholds.longPoll.value
        let ownTail = harm.own.first.map {
            $0.seconds >= limits.tailSeconds.value && $0.share >= limits.tailShare.value
        }
        var severity = examination.severity(of: harm, functions: functions)
        if severity == nil, isShared,
            taken >= limits.blockedShare.value || ownTail ?? false
                || isLong && taken >= limits.leastBlockedShare.value
        {
            severity = .warning
        }
        guard let severity else {
            return isShared && longest >= examination.model.thresholds.longPoll.value
                ? self.finding(kind, .info, harm, taken, most, examination) : nil
        }
        return self.finding(kind, severity, harm, taken, most, examination)
    }

    private func finding(
        _ kind: FindingKind, _ severity: Severity, _ harm: Harm, _ taken: Double, _ site: SiteReport,
        _ examination: Examination
    ) -> Finding {
        let perSecond = examination.seconds > 0 ? Double(count) / examination.seconds : 0
        let verb = kind == .lockContention ? "waits" : "blocks"
        var context = ""
        if let via = main.via { context = "through \(via.printable.shortened(to: 60))" }
        if let object = main.object, kind != .lockContention, !object.text.isEmpty, object.kind != "lock" {
            context += (context.isEmpty ? "" : ", ") + "on \(object.text.printable.shortened(to: 50))"
        }
        let around = main.site.context(besides: main.place)
        if !around.isEmpty { context += (context.isEmpty ? "" : "; ") + around }
        var effects = examination.effects(of: harm, functions: functions)
        effects.append("takes \(Quantity.share(taken)) of the time of the \(site.executor.printable)'s threads")
        return Finding(
            kind, severity, site: FindingSite(code: main.place, poll: main.site), subject: main.call,
            headline: "\(main.place.function.printable) \(verb) \(kind == .lockContention ? "for a lock in" : "in") "
                + "\(main.call), \(Quantity.duration(p99)) at P99, \(Quantity.rate(perSecond))",
            context: context, effects: effects, impact: examination.impact(of: harm),
            evidence: [
                FindingEvidence("calls", Double(count), Quantity.counted(count, "call")),
                FindingEvidence(
                    "callSeconds", totalSeconds,
                    "\(Quantity.duration(totalSeconds)) in all, on the \(site.executor.printable)"),
                FindingEvidence("callSecondsP50", p50, "P50 \(Quantity.duration(p50))"),
                FindingEvidence("callSecondsP99", p99, "P99 \(Quantity.duration(p99))"),
                FindingEvidence("longestCallSeconds", longest, "the longest \(Quantity.duration(longest))"),
            ],
            victims: examination.victims(of: harm, functions: functions), symptoms: examination.symptoms(of: harm),
            advice: BlockingAdvice.advice(for: main))
    }
}

extension BlockingSite {
    /// It waits for somebody to leave, and not for something to happen.
    var isLock: Bool {
        guard family == "lock" else { return false }
        if let via {
            for event in ["Semaphore", "Group", "Condition", "sync(execute:)", "DispatchWorkItem", "Operation"]
            where via.contains(event) { return false }
            if via.hasPrefix("Mutex") || via.contains("Lock") || via.contains("lock") { return true }
        }
        return call.hasPrefix("pthread_mutex") || call.hasPrefix("pthread_rwlock") || call == "flock" || call == "lockf"
            || call == "futex"
    }
}
