// What the live view tells, an object a line, for programs.

import Analysis
import Wording

/// Renders events as lines of JSON: `pollscope.watch/1`.
public struct WatchJSON: Sendable {
    private let clock: WatchClock

    public init(clock: WatchClock) { self.clock = clock }

    private typealias Members = [(key: String, value: JSONValue)]

    public func line(of event: WatchEvent) -> String {
        let (name, members) = Self.members(of: event)
        let head: Members = [("at", .string(clock.timestamp(at: event.at))), ("event", .string(name))]
        return JSONValue.object(head + members).line
    }

    private static func members(of event: WatchEvent) -> (String, Members) {
        switch event.what {
        case .watching(let watched):
            (
                "watching",
                [
                    ("schema", .string("pollscope.watch/1")), ("program", .string(watched.program)),
                    ("pid", .signed(Int64(watched.processID))), ("processors", .count(watched.processors)),
                    ("longPollSeconds", .number(watched.longPollSeconds)),
                    ("waitSeconds", .number(watched.waitSeconds)),
                ]
            )
        case .episodeBegan(let state): ("episode-began", members(state))
        case .episodeGoesOn(let state): ("episode-goes-on", members(state))
        case .episodeEnded(let end): ("episode-ended", members(end))
        case .longPoll(let poll):
            (
                "long-poll",
                [
                    ("site", site(poll.site)), ("executor", .string(poll.executor)), ("seconds", .number(poll.seconds)),
                    ("nature", .string(poll.nature.rawValue)), ("code", poll.code.map(place) ?? .null),
                ] + untold(poll.untold, poll.untoldSecondsMax)
            )
        case .call(let call):
            (
                "call",
                [
                    ("call", .string(call.call)), ("seconds", .number(call.seconds)),
                    ("caller", call.caller.map(place) ?? .null), ("object", .string(call.object)),
                    ("site", site(call.site)),
                ] + untold(call.untold, call.untoldSecondsMax)
            )
        case .hang(let hang): ("hang", members(hang))
        case .hangEnded(let hang): ("hang-ended", members(hang))
        case .poolWaits(let pool): ("pool-waits", members(pool))
        case .poolWaitsOn(let pool): ("pool-waits-on", members(pool))
        case .poolWaitEnded(let pool): ("pool-wait-ended", members(pool))
        case .lost(let lost):
            (
                "lost",
                [
                    ("polls", .integer(lost.polls)), ("evidence", .integer(lost.evidence)),
                    ("events", .integer(lost.events)),
                ]
            )
        case .stopped: ("stopped", [])
        case .wentOn(let seconds): ("went-on", [("seconds", .number(seconds))])
        case .ended(let end, _): ("ended", members(end))
        case .suppressed(let lines): ("suppressed", [("lines", .integer(lines))])
        case .summary(let summary):
            (
                "summary",
                [
                    ("seconds", .number(summary.seconds)), ("polls", .integer(summary.polls)),
                    ("episodes", .integer(summary.episodes)), ("episodeSeconds", .number(summary.episodeSeconds)),
                    ("longPolls", .integer(summary.longPolls)), ("calls", .integer(summary.calls)),
                    ("hangs", .integer(summary.hangs)), ("recordsLost", .integer(summary.lost)),
                ]
            )
        }
    }

    private static func place(_ place: CodePlace) -> JSONValue {
        .object([
            ("function", .string(place.function)), ("awaitPoint", .optional(place.awaitPoint)),
            ("file", .optional(place.file)), ("line", .optional(place.line)),
        ])
    }

    private static func site(_ site: SiteName) -> JSONValue {
        .object([
            ("function", .string(site.place.function)), ("awaitPoint", .optional(site.place.awaitPoint)),
            ("file", .optional(site.place.file)), ("line", .optional(site.place.line)), ("task", .string(site.task)),
        ])
    }

    private static func untold(_ count: UInt64, _ seconds: Double) -> Members {
        [("untold", .integer(count)), ("untoldSecondsMax", .number(seconds))]
    }

    private static func members(_ state: EpisodeState) -> Members {
        let busy = state.busy.map { busy in
            JSONValue.object([
                ("place", place(busy.place)), ("threads", .count(busy.threads)), ("call", .optional(busy.call)),
            ])
        }
        let oldest = state.oldestRequest.map {
            JSONValue.object([("name", .string($0.name)), ("seconds", .number($0.seconds))])
        }
        return [
            ("executor", .string(state.executor)), ("width", .count(state.width)), ("seconds", .number(state.seconds)),
            ("waiting", .integer(state.waiting)), ("busy", .array(busy)), ("oldestRequest", oldest ?? .null),
            ("untold", .integer(state.untold)),
        ]
    }

    private static func members(_ end: EpisodeEnd) -> Members {
        let culprits = end.culprits.map {
            JSONValue.object([("place", place($0.place)), ("share", .number($0.share))])
        }
        return [
            ("executor", .string(end.executor)), ("seconds", .number(end.seconds)), ("victims", .integer(end.victims)),
            ("waitSeconds", .number(end.waitSeconds)), ("culprits", .array(culprits)),
            ("schedulerShare", .number(end.schedulerShare)), ("isPartial", .bool(end.isPartial)),
            ("wasTold", .bool(end.wasTold)), ("untold", .integer(end.untold)),
        ]
    }

    private static func members(_ hang: HangSeen) -> Members {
        let sample = hang.sample.map { sample in
            JSONValue.object([
                ("secondsIntoPoll", .number(sample.secondsIntoPoll)), ("state", .string(sample.state.rawValue)),
                ("call", .optional(sample.call)), ("systemCall", .optional(sample.systemCall)),
                ("stack", .array(sample.stack.filter { !$0.isRuntime }.map { place($0.place) })),
            ])
        }
        return [
            ("site", site(hang.site)), ("executor", .string(hang.executor)), ("thread", .integer(UInt64(hang.tid))),
            ("seconds", .number(hang.seconds)), ("call", .optional(hang.call)),
            ("callSeconds", .optional(hang.callSeconds)), ("sample", sample ?? .null),
        ]
    }

    private static func members(_ pool: PoolState) -> Members {
        [
            ("pool", .string(pool.name)), ("seconds", .number(pool.seconds)), ("waiting", .integer(pool.waiting)),
            ("inUse", .integer(pool.inUse)), ("capacity", pool.capacity == 0 ? .null : .integer(pool.capacity)),
            ("waited", .integer(pool.waited)), ("waitSecondsMax", .number(pool.waitSecondsMax)),
        ]
    }

    private static func members(_ end: ServiceEnd) -> Members {
        let (how, signal, reason): (String, Int32?, String?) =
            switch end {
            case .ended: ("ended", nil, nil)
            case .gone(let signal): (signal == 0 ? "exited" : "gone", signal == 0 ? nil : signal, nil)
            case .silent(let why): ("silent", nil, why)
            }
        return [("how", .string(how)), ("signal", .optional(signal.map(Int.init))), ("reason", .optional(reason))]
    }
}
