// Executors, actors and event loops, for programs.

import Analysis

extension JSONReport {
    func value(of executor: ExecutorReport) -> JSONValue {
        .object([
            ("name", .string(executor.name)),
            ("kind", .string(executor.kind.rawValue)),
            ("width", .count(executor.width)),
            ("utilisation", .number(executor.utilisation)),
            ("polls", .integer(executor.polls)),
            ("threads", .count(executor.threads)),
            ("longPolls", .integer(executor.longPolls)),
            ("criticalPolls", .integer(executor.criticalPolls)),
            ("unknownWaits", .integer(executor.unknownWaits)),
            ("pollSeconds", value(of: executor.pollSeconds)),
            ("waitSeconds", value(of: executor.waitSeconds)),
        ])
    }

    func value(of actor: ActorReport) -> JSONValue {
        .object(
            [
                ("type", .string(actor.type)),
                ("instance", .count(actor.instance)),
                ("actorID", .integer(UInt64(actor.number))),
                ("utilisation", .number(actor.utilisation)),
            ] + members(of: actor.held) + [("sites", .array(actor.sites.map(value(of:))))])
    }

    func value(of type: ActorTypeReport) -> JSONValue {
        .object([("type", .string(type.type)), ("instances", .integer(type.instances))] + members(of: type.held))
    }

    func value(of loop: EventLoopReport) -> JSONValue {
        .object([
            ("name", .string(loop.name)),
            ("turns", .integer(loop.turns)),
            ("jobs", .integer(loop.jobs)),
            ("longTurns", .integer(loop.longTurns)),
            ("busyShare", .number(loop.busyShare)),
            ("turnSeconds", value(of: loop.turnSeconds)),
            ("readySecondsAtMost", value(of: loop.readySecondsAtMost)),
            ("arrivalWaitSeconds", value(of: loop.arrivalWaitSeconds)),
        ])
    }

    func value(of threads: ThreadsReport) -> JSONValue {
        .object([
            ("created", .integer(threads.created)), ("createdPerSecond", .optional(threads.createdPerSecond)),
        ])
    }

    private func members(of held: HoldReport) -> [(key: String, value: JSONValue)] {
        [
            ("holds", .integer(held.holds)),
            ("atOnce", .integer(held.atOnce)),
            ("queued", .integer(held.queued)),
            ("holdSeconds", value(of: held.holdSeconds)),
            ("waitSeconds", value(of: held.waitSeconds)),
        ]
    }

    private func value(of site: ActorSite) -> JSONValue {
        .object(
            members(of: site.site.place) + [
                ("task", .string(site.site.task)),
                ("holds", .integer(site.holds)),
                ("heldSeconds", .number(site.heldSeconds)),
                ("heldShare", .number(site.heldShare)),
                ("waitSeconds", .number(site.waitSeconds)),
                ("waitShare", .number(site.waitShare)),
            ])
    }

    private func value(of wait: ArrivalWait) -> JSONValue {
        .object([
            ("mean", .number(wait.mean)), ("p50", .number(wait.p50)), ("p95", .number(wait.p95)),
            ("p99", .number(wait.p99)), ("p999", .number(wait.p999)), ("max", .number(wait.max)),
        ])
    }
}
