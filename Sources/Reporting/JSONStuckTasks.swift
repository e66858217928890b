// Tasks that stood still at the end, for programs.

import Analysis

extension JSONReport {
    func value(of look: StuckTasksLook) -> JSONValue {
        .object([
            ("answer", .string(look.answer.name)),
            ("atSeconds", .number(look.atSeconds)),
            ("leastSeconds", .number(look.leastSeconds)),
            ("live", .integer(look.live)),
            ("stuck", .integer(look.stuck)),
            ("kept", .count(look.kept)),
        ])
    }

    func value(of stuck: StuckTasks) -> JSONValue {
        .object([
            ("wait", .object([("kind", .string(stuck.wait.kind.rawValue)), ("what", .optional(stuck.wait.what))])),
            ("site", .object(members(of: stuck.site.place) + [("task", .string(stuck.site.task))])),
            ("count", .count(stuck.count)),
            ("cancelled", .count(stuck.cancelled)),
            ("oldestSeconds", .number(stuck.oldestSeconds)),
            ("medianSeconds", .number(stuck.medianSeconds)),
            ("resumed", .integer(stuck.resumed)),
            ("code", stuck.code.map { .object(members(of: $0)) } ?? .null),
            ("maker", stuck.maker.map { .object(members(of: $0)) } ?? .null),
            ("tasks", .array(stuck.tasks.map(value(of:)))),
            ("stack", .array(stuck.stack.map(value(of:)))),
            ("isStackCut", .bool(stuck.isStackCut)),
        ])
    }

    private func value(of task: StuckTaskReport) -> JSONValue {
        .object([
            ("taskID", .integer(UInt64(task.id))),
            ("name", .optional(task.name)),
            ("priority", .integer(UInt64(task.priority))),
            ("isCancelled", .bool(task.isCancelled)),
            ("polls", .integer(UInt64(task.polls))),
            ("ageSeconds", .number(task.ageSeconds)),
            ("stuckSeconds", .number(task.stuckSeconds)),
            ("awaited", task.awaited.map { .integer(UInt64($0)) } ?? .null),
        ])
    }
}
