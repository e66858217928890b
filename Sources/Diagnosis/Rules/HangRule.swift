// Does something stand still that should have gone on?
//
// Polls that have not ended: one is a hang, and all threads of an executor are a dead one. Tasks that wait for a
// continuation: where requests of their kind take milliseconds, those that never end have lost theirs.

import Analysis
import Wording

enum HangRule: Rule {
    static let kind = FindingKind.hang

    static func findings(in examination: Examination) -> [Finding] {
        stuckPolls(examination) + lostContinuations(examination)
    }

    // MARK: Polls

    private static func stuckPolls(_ examination: Examination) -> [Finding] {
        let limit = examination.limits.hang.value
        var groups: [(poll: PollReport, place: CodePlace, count: Int)] = []
        for poll in examination.model.unfinished where poll.durationSeconds >= limit && poll.kind != .turn {
            let place = poll.lastSample?.stack.first { !$0.isRuntime && $0.place.file != nil }?.place ?? poll.site.place
            if let index = groups.firstIndex(where: {
                $0.place.function == place.function && $0.poll.executor == poll.executor
            }) {
                groups[index].count += 1
            } else {
                groups.append((poll, place, 1))
            }
        }
        return groups.map { finding($0.poll, $0.place, $0.count, examination) }
    }

    private static func finding(
        _ poll: PollReport, _ place: CodePlace, _ count: Int, _ examination: Examination
    ) -> Finding {
        let executor = examination.executor(poll.executor)
        let all = examination.model.unfinished.filter {
            $0.executor == poll.executor && $0.durationSeconds >= examination.limits.hang.value
        }.count
        let width =
            examination.kind(ofExecutor: poll.executor) == .global
            ? max(1, examination.model.session.processors) : executor?.width ?? 1
        let isDead = all >= max(1, width)
        let sample = poll.lastSample
        let call = sample?.call ?? sample?.systemCall
        let does = call.map { "is blocked in \($0)" } ?? (sample == nil ? "has not ended" : "computes")
        var effects: [String] = []
        if isDead {
            effects.append("nothing runs on the \(poll.executor.printable) any more: all its threads stand still")
        } else {
            effects.append(
                "\(Quantity.counted(UInt64(all), "thread")) of \(max(width, all)) of the \(poll.executor.printable) "
                    + "\(all == 1 ? "is" : "are") lost meanwhile")
        }
        if examination.model.requests.openCount > 0 {
            effects.append("\(Quantity.counted(examination.model.requests.openCount, "request")) open")
        }
        return Finding(
            kind, isDead ? .critical : .warning, site: FindingSite(code: place, poll: poll.site),
            subject: poll.executor,
            headline: "\(place.function.printable) \(does) for \(Quantity.duration(poll.durationSeconds))"
                + (count > 1 ? ", on \(count) threads" : ""),
            context: poll.site.context(besides: place), effects: effects,
            impact: FindingImpact(tailSeconds: poll.durationSeconds),
            evidence: [
                FindingEvidence(
                    "runningSeconds", poll.durationSeconds,
                    "running for \(Quantity.duration(poll.durationSeconds)) when the recording ended"),
                FindingEvidence(
                    "threads", Double(all), "\(Quantity.counted(UInt64(all), "thread")) of the executor like that"),
            ]
                + (sample.map {
                    [FindingEvidence("sampledSeconds", $0.secondsIntoPoll, LastSampleText.sentence($0))]
                } ?? []),
            advice: isDead && call != nil
                ? [
                    "do not block a pool's thread for what only the pool can do: await it (a continuation, a child task, an "
                        + "AsyncStream) in place of \(call ?? "the call")",
                    "until then, start the service's signalling side on a thread or queue of its own",
                ]
                : call != nil
                    ? ["give the call a time limit, or await an asynchronous one in its place"]
                    : ["find out why the loop does not end: pollscope report FILE --site \(place.function.printable)"])
    }

    // MARK: Continuations

    private static func lostContinuations(_ examination: Examination) -> [Finding] {
        let limits = examination.limits
        let slow = examination.model.requests.endpoints.compactMap { endpoint -> (name: String, limit: Double)? in
            endpoint.count >= 10
                ? (endpoint.name, max(limits.hang.value, limits.openFactor.value * endpoint.durationSeconds.p99)) : nil
        }
        let hanging = examination.model.requests.open.filter { open in
            slow.contains { $0.name == open.name && open.ageSeconds >= $0.limit }
        }
        return examination.model.stuckTasks.compactMap { stuck in
            guard stuck.wait.kind == .continuation, stuck.site.place.file != nil else { return nil }
            // Waits that end, and some that do not; or requests that should long have ended and wait there.
            let ids = Set(stuck.tasks.map(\.id))
            let requests = hanging.filter { ids.contains($0.task) }
            let mostEnd = stuck.resumed >= UInt64(10 * stuck.count) && stuck.count >= 3
            guard !requests.isEmpty || mostEnd && isSpread(stuck) else { return nil }
            return finding(stuck, requests, examination)
        }
    }

    /// Whether they began to wait one after the other: what waits for one event did so together, or when the service began.
    private static func isSpread(_ stuck: StuckTasks) -> Bool {
        guard let youngest = stuck.tasks.map(\.stuckSeconds).min() else { return false }
        return youngest < 0.8 * stuck.oldestSeconds
    }

    private static func finding(_ stuck: StuckTasks, _ requests: [OpenRequest], _ examination: Examination) -> Finding {
        let place = stuck.site.place
        var effects = ["\(Quantity.counted(UInt64(stuck.count), "task")) will wait for ever, with all that they hold"]
        if let oldest = requests.first {
            effects.append("\(oldest.name.printable) open for \(Quantity.duration(oldest.ageSeconds))")
        }
        return Finding(
            kind, .critical, site: FindingSite(code: place, poll: stuck.site),
            headline: "\(Quantity.counted(UInt64(stuck.count), "task")) \(stuck.count == 1 ? "waits" : "wait") in "
                + "\(place.function.printable) for a continuation that nobody resumes, the first for "
                + Quantity.duration(stuck.oldestSeconds),
            context: stuck.site.context(besides: place), effects: effects,
            impact: FindingImpact(
                waitSeconds: nil, tailSeconds: stuck.oldestSeconds, request: requests.first?.name),
            evidence: [
                FindingEvidence("tasks", Double(stuck.count), Quantity.counted(UInt64(stuck.count), "task")),
                FindingEvidence(
                    "oldestSeconds", stuck.oldestSeconds, "the oldest for \(Quantity.duration(stuck.oldestSeconds))"),
                FindingEvidence(
                    "resumed", Double(stuck.resumed),
                    "\(Quantity.counted(stuck.resumed, "other wait")) at this place ended meanwhile"),
            ],
            victims: requests.prefix(5).map { FindingVictim(name: $0.name, seconds: $0.ageSeconds) },
            advice: [
                "resume it on every way out (errors, cancellation, early returns): withCheckedContinuation says at run time "
                    + "where one was lost, withTaskCancellationHandler resumes it when the task is cancelled",
                "and put a time limit around the wait",
            ])
    }
}
