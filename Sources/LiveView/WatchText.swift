// What the live view tells, a line each, for people.

import Analysis
import Wording

/// Renders events as lines of text.
public struct WatchText: Sendable {
    /// Columns that a line should fit in; names and paths are shortened towards it, and lines are not broken.
    public var width: Int
    public var ink: Ink
    private let clock: WatchClock

    /// - Parameter width: 0 for where there are no columns.
    public init(width: Int, ink: Ink, clock: WatchClock) {
        self.width = width > 0 ? max(60, width) : 240
        self.ink = ink
        self.clock = clock
    }

    /// `14:02:31.402  ends after 282 ms; …`
    public func line(of event: WatchEvent) -> String {
        let text = words(event).printable
        return ink.faint(clock.timeOfDay(at: event.at)) + "  " + (isAlarm(event) ? ink.alarm(text) : text)
    }

    private func isAlarm(_ event: WatchEvent) -> Bool {
        switch event.what {
        case .episodeBegan, .hang, .ended(.gone, _), .lost: true
        default: false
        }
    }

    private func words(_ event: WatchEvent) -> String {
        switch event.what {
        case .watching(let watched): words(watched)
        case .episodeBegan(let state): began(state)
        case .episodeGoesOn(let state): goesOn(state)
        case .episodeEnded(let end): ended(end)
        case .longPoll(let poll): words(poll)
        case .call(let call): words(call)
        case .hang(let hang): words(hang)
        case .hangEnded(let hang):
            "\(place(hang.site.place)) is over after \(Quantity.duration(hang.seconds)): a hang no more"
        case .poolWaits(let pool), .poolWaitsOn(let pool): waits(pool)
        case .poolWaitEnded(let pool): waitEnded(pool)
        case .lost(let lost): words(lost)
        case .stopped:
            "the service is stopped, by a signal or a debugger: nothing runs, and nothing is told until it goes on"
        case .wentOn(let seconds): "the service goes on after \(Quantity.duration(seconds))"
        case .ended(let end, let processID): words(end, processID: processID)
        case .suppressed(let lines): "… and \(Quantity.counted(lines, "line")) more, left out: too many at once"
        case .summary(let summary): words(summary)
        }
    }

    private func words(_ watched: Watched) -> String {
        "watching \(watched.program) (pid \(watched.processID)), "
            + "\(Quantity.counted(UInt64(watched.processors), "processor")): waits over "
            + "\(Quantity.limit(watched.waitSeconds)) while all threads are busy, polls and calls from "
            + "\(Quantity.limit(watched.longPollSeconds)) on"
    }

    // MARK: Places

    /// `RiskModel.score(_:) (Risk.swift:48)`
    private func place(_ place: CodePlace) -> String {
        let function = place.function.shortened(to: max(24, width / 2))
        let location = place.location(width: min(36, max(18, width / 4)))
        return function + (location.isEmpty ? "" : " (\(location))")
    }

    // MARK: Episodes

    private func began(_ state: EpisodeState) -> String {
        let untold = state.untold > 0 ? "; \(Quantity.counted(state.untold, "other")) since the last one told" : ""
        return "\(starvation(state.executor, state.kind)) begins: \(busy(state))\(waiting(state, comma: true))\(untold)"
    }

    private func goesOn(_ state: EpisodeState) -> String {
        let oldest = state.oldestRequest.map { ", oldest \($0.name), \(Quantity.duration($0.seconds))" } ?? ""
        return
            "… \(prefix(state.executor, state.kind))\(Quantity.duration(state.seconds))\(waiting(state, comma: true))"
            + oldest
    }

    private func waiting(_ state: EpisodeState, comma: Bool) -> String {
        guard state.waiting > 0 else { return "" }
        return (comma ? ", " : "") + Quantity.counted(state.waiting, "job") + (state.waiting == 1 ? " waits" : " wait")
    }

    private func starvation(_ executor: String, _ kind: ExecutorKind) -> String {
        kind == .global ? "starvation" : "starvation of \(words(executor, kind))"
    }

    private func prefix(_ executor: String, _ kind: ExecutorKind) -> String {
        kind == .global ? "" : "\(words(executor, kind)): "
    }

    private func words(_ executor: String, _ kind: ExecutorKind) -> String {
        let name = executor.shortened(to: max(24, width / 3))
        return kind == .main ? "the \(name)" : name
    }

    /// `both pool threads in RiskModel.score(_:) (Risk.swift:48)`
    private func busy(_ state: EpisodeState) -> String {
        let thread = state.kind == .global ? "pool thread" : "thread"
        let threads =
            switch state.width {
            case 1: state.kind == .global ? "the only pool thread" : "its thread"
            case 2: "both \(thread)s"
            default: "all \(state.width) \(thread)s"
            }
        if let only = state.busy.first, state.busy.count == 1 { return "\(threads) \(inside(only))" }
        let named = 3
        var parts = state.busy.prefix(named).map { (state.width > 2 ? "\($0.threads) " : "") + inside($0) }
        let others = state.busy.dropFirst(named).reduce(0) { $0 + $1.threads }
        if others > 0 { parts.append("\(others) elsewhere") }
        return parts.isEmpty ? "\(threads) busy" : "\(threads) busy, \(parts.joined(separator: ", "))"
    }

    private func inside(_ busy: BusyPlace) -> String {
        (busy.call.map { "blocked in \($0) under " } ?? "in ") + place(busy.place)
    }

    private func ended(_ end: EpisodeEnd) -> String {
        let head =
            end.wasTold
            ? "\(prefix(end.executor, end.kind))ends after \(Quantity.duration(end.seconds))"
            : "\(starvation(end.executor, end.kind)) for \(Quantity.duration(end.seconds)), over"
        var text = head
        if end.victims > 0 {
            text += "; \(Quantity.counted(end.victims, "job")) waited, \(Quantity.duration(end.waitSeconds)) in all"
            if let first = end.culprits.first {
                let about = end.isPartial ? "lately " : ""
                text += ", \(about)\(Quantity.share(first.share)) of it for \(place(first.place))"
                if end.culprits.count > 1, end.culprits[1].share >= 0.2 {
                    text += ", \(Quantity.share(end.culprits[1].share)) for \(place(end.culprits[1].place))"
                }
            }
            if end.schedulerShare >= 0.2 { text += ", \(Quantity.share(end.schedulerShare)) with a thread free" }
        }
        if end.untold > 0 { text += "; \(Quantity.counted(end.untold, "other")) since the last one told" }
        return text
    }

    // MARK: Polls and calls

    private func words(_ poll: LongPollSeen) -> String {
        let nature =
            switch poll.nature {
            case .computing: "computing"
            case .blocked: "blocked"
            case .asleep: "asleep in the kernel"
            case .kernel: "ready, but not run by the kernel"
            case .unknown: ""
            }
        var text = "long poll, \(Quantity.duration(poll.seconds)): \(place(poll.site.place))"
        if !nature.isEmpty { text += ", \(nature)" }
        if let code = poll.code { text += " in \(place(code))" }
        return text + others(poll.untold, longest: poll.untoldSecondsMax)
    }

    private func words(_ call: CallSeen) -> String {
        var text = "\(call.call) blocks for \(Quantity.duration(call.seconds))"
        if let caller = call.caller { text += " in \(place(caller))" }
        if call.caller?.function != call.site.place.function { text += ", under \(place(call.site.place))" }
        if !call.object.isEmpty { text += ", on \(call.object.pathShortened(to: max(24, width / 4)))" }
        return text + others(call.untold, longest: call.untoldSecondsMax)
    }

    private func others(_ untold: UInt64, longest: Double) -> String {
        guard untold > 0 else { return "" }
        return "; \(Quantity.count(untold)) more since the last line, up to \(Quantity.duration(longest))"
    }

    private func words(_ hang: HangSeen) -> String {
        var text = "hang: \(place(hang.site.place)) has not suspended for \(Quantity.duration(hang.seconds))"
        if let call = hang.call {
            text += ", in \(call)" + (hang.callSeconds.map { " for \(Quantity.duration($0))" } ?? "")
        }
        if let sample = hang.sample { text += "; \(LastSampleText.sentence(sample))" }
        return text + ", thread \(hang.tid)"
    }

    // MARK: Pools

    private func waits(_ pool: PoolState) -> String {
        let use =
            pool.capacity > 0
            ? (pool.inUse >= pool.capacity ? "all \(pool.capacity) in use" : "\(pool.inUse) of \(pool.capacity) in use")
            : "\(pool.inUse) in use"
        return "pool \"\(pool.name)\": somebody has waited all the time for \(Quantity.duration(pool.seconds)), "
            + "now \(Quantity.count(pool.waiting)); \(use)" + waited(pool)
    }

    private func waitEnded(_ pool: PoolState) -> String {
        "pool \"\(pool.name)\": nobody waits any more, after \(Quantity.duration(pool.seconds))" + waited(pool)
    }

    private func waited(_ pool: PoolState) -> String {
        guard pool.waited > 0 else { return "" }
        return "; \(Quantity.count(pool.waited)) had to wait, up to \(Quantity.duration(pool.waitSecondsMax))"
    }

    // MARK: The service

    private func words(_ lost: RecordsLost) -> String {
        var parts: [String] = []
        if lost.polls > 0 { parts.append(Quantity.counted(lost.polls, "poll")) }
        if lost.evidence > 0 { parts.append("\(Quantity.count(lost.evidence)) of long polls and calls") }
        if lost.events > 0 { parts.append("\(Quantity.count(lost.events)) of requests and pools") }
        return "records lost, overwritten before they could be read: \(parts.joined(separator: ", ")). "
            + "POLLSCOPE_RING makes the service keep more"
    }

    private func words(_ end: ServiceEnd, processID: Int32) -> String {
        switch end {
        case .ended: "the service has ended"
        case .gone(let signal?) where signal > 0:
            "the service was ended by signal \(signal)\(Self.name(ofSignal: signal))"
        case .gone(let signal?) where signal == 0: "the service has exited without ending its session"
        case .gone: "the service is gone: killed, or crashed. Its last moments: pollscope report \(processID)"
        case .silent(let why): "the service writes this session no more. \(why)"
        }
    }

    private static func name(ofSignal number: Int32) -> String {
        let names: [Int32: String] = [
            1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
            9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
        ]
        return names[number].map { " (\($0))" } ?? ""
    }

    private func words(_ summary: WatchSummary) -> String {
        var parts = ["\(Quantity.counted(summary.polls, "poll"))"]
        parts.append(
            Quantity.counted(summary.episodes, "starvation episode")
                + (summary.episodes > 0 ? " of \(Quantity.duration(summary.episodeSeconds)) in all" : ""))
        parts.append(Quantity.counted(summary.longPolls, "long poll"))
        parts.append(Quantity.counted(summary.calls, "long call"))
        parts.append(Quantity.counted(summary.hangs, "hang"))
        if summary.lost > 0 { parts.append("\(Quantity.counted(summary.lost, "record")) lost") }
        return "watched for \(Quantity.duration(summary.seconds)): " + parts.joined(separator: ", ")
    }
}
