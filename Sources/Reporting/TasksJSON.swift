// Live tasks for programs: the schema `pollscope.tasks/1`, to which keys are added and none renamed.

import Analysis
import Sessions

/// Renders live tasks as JSON. Durations are seconds; nothing is rounded.
public struct TasksJSON: Sendable {
    public static let schema = "pollscope.tasks/1"

    public init() {}

    public func text(of model: TasksModel) -> String {
        JSONValue.object([
            ("schema", .string(Self.schema)),
            ("pid", .signed(Int64(model.processID))),
            ("executable", .string(model.executable)),
            ("answer", .string(model.answer.name)),
            ("caution", .optional(model.caution)),
            ("live", .integer(model.totals.live)),
            ("tracked", .integer(model.totals.tracked)),
            ("untracked", .integer(model.totals.untrackedLive)),
            ("created", .integer(model.totals.created)),
            ("ended", .integer(model.totals.ended)),
            ("groups", .array(model.groups.map { value(of: $0, in: model) })),
            ("tasks", .array(model.tasks.map(value(of:)))),
        ]).text
    }

    private func value(of wait: TaskWait) -> JSONValue {
        .object([("kind", .string(wait.kind.rawValue)), ("what", .optional(wait.what))])
    }

    private func value(of place: CodePlace) -> JSONValue {
        .object(JSONReport().members(of: place))
    }

    private func values(of places: [TaskGroupReport.Counted<CodePlace>]) -> JSONValue {
        .array(
            places.map { .object([("count", .count($0.count))] + JSONReport().members(of: $0.value)) })
    }

    private func value(of group: TaskGroupReport, in model: TasksModel) -> JSONValue {
        .object([
            ("count", .count(group.tasks.count)),
            ("wait", value(of: group.wait)),
            ("place", value(of: group.place)),
            ("stack", .array(group.stack.map(JSONReport().value(of:)))),
            ("isStackCut", .bool(group.isStackCut)),
            ("cancelled", .count(group.cancelled)),
            (
                "waitSeconds",
                group.oldestSeconds.map { oldest in
                    .object([("oldest", .number(oldest)), ("median", .optional(group.medianSeconds))])
                } ?? .null
            ),
            ("codes", values(of: group.codes)),
            ("makers", values(of: group.makers)),
            (
                "parents",
                .array(
                    group.parents.map {
                        .object([
                            ("count", .count($0.count)), ("id", .integer(UInt64($0.value.id))),
                            ("name", .optional($0.value.name)),
                        ])
                    })
            ),
            ("tasks", .array(group.tasks.map { .integer(UInt64(model.tasks[$0].id)) })),
        ])
    }

    private func value(of task: TaskReport) -> JSONValue {
        .object([
            ("id", .integer(UInt64(task.id))),
            ("name", .optional(task.name)),
            ("kind", .string(task.kind.rawValue)),
            ("parent", task.parent.map { .integer(UInt64($0)) } ?? .null),
            ("depth", .count(task.depth)),
            ("priority", .integer(UInt64(task.priority))),
            ("isCancelled", .bool(task.isCancelled)),
            ("polls", .integer(UInt64(task.polls))),
            ("ageSeconds", .number(task.ageSeconds)),
            ("wait", value(of: task.wait)),
            ("awaited", task.awaited.map { .integer(UInt64($0)) } ?? .null),
            ("waitSeconds", .optional(task.waitSeconds)),
            ("place", value(of: task.place)),
            ("stack", .array(task.stack.map(JSONReport().value(of:)))),
            ("isStackCut", .bool(task.isStackCut)),
            ("code", task.code.map(value(of:)) ?? .null),
            ("maker", task.maker.map(value(of:)) ?? .null),
        ])
    }
}

extension TaskLook.Answer {
    var name: String {
        switch self {
        case .answered: "answered"
        case .processEnded: "processEnded"
        case .noWatcher: "noWatcher"
        case .silent: "silent"
        }
    }
}
