// The report for programs: the schema `pollscope.report/1`, to which keys are added and none renamed.

import Analysis
import Diagnosis

/// Renders reports as JSON. Durations are seconds, shares parts of one; nothing is rounded.
public struct JSONReport: Sendable {
    public static let schema = "pollscope.report/1"

    public init() {}

    public func text(of model: ReportModel) -> String { value(of: model).text }

    private func value(of model: ReportModel) -> JSONValue {
        let allocations = AllocationIndex(model.allocations)
        let diagnosis = Diagnosis(of: model)
        return .object([
            ("schema", .string(Self.schema)),
            ("session", value(of: model.session)),
            ("coverage", value(of: model.coverage)),
            ("losses", value(of: model.losses)),
            ("overhead", value(of: model.overhead)),
            ("verdict", value(of: diagnosis.verdict)),
            ("thresholds", value(of: model.thresholds)),
            ("polls", .integer(model.polls)),
            ("executors", .array(model.executors.map(value(of:)))),
            ("actors", .array(model.actors.actors.map(value(of:)))),
            ("actorTypes", .array(model.actors.types.map(value(of:)))),
            ("eventLoops", .array(model.eventLoops.map(value(of:)))),
            ("threads", value(of: model.threads)),
            ("sites", .array(model.sites.map { value(of: $0, in: model, allocations) })),
            ("slowest", .array(model.slowest.map(value(of:)))),
            ("unfinished", .array(model.unfinished.map(value(ofUnfinished:)))),
            ("longPolls", .array(model.longPolls.map(value(of:)))),
            ("blocking", .array(model.blocking.map(value(of:)))),
            ("allocations", self.allocations(of: model)),
            ("requests", .array(values(of: model.requests))),
            ("requestTotals", totals(of: model.requests)),
            ("pools", .array(model.pools.map(value(of:)))),
            ("poolsRefused", .integer(model.poolsRefused)),
            ("blame", .array(model.blame.executors.map(value(of:)))),
            ("tails", .array(model.blame.tails.map(value(of:)))),
            ("episodes", .array(model.blame.episodes.map(value(of:)))),
            ("findings", .array(diagnosis.findings.map(value(of:)))),
            ("notEnough", .array(diagnosis.notEnough.map(value(of:)))),
            ("stuckTasks", .array(model.stuckTasks.map(value(of:)))),
            ("stuckTasksLook", model.stuckTasksLook.map(value(of:)) ?? .null),
            ("load", value(of: model.load)),
            ("kernelWait", model.kernelWait.map(value(of:)) ?? .null),
            ("problems", .array(model.problems.map(value(of:)))),
        ])
    }

    private func value(of session: SessionSummary) -> JSONValue {
        .object([
            ("pid", .signed(Int64(session.processID))),
            ("executable", .string(session.executable)),
            ("runtime", .string(session.runtimeVersion)),
            ("processors", .count(session.processors)),
            ("startedSeconds", .number(session.startedSeconds)),
            ("durationSeconds", .number(session.durationSeconds)),
        ])
    }

    private func value(of coverage: Coverage) -> JSONValue {
        .object([
            ("signal", .string(coverage.signal.rawValue)),
            ("cpuShareAtMost", .optional(coverage.cpuShareAtMost)),
            ("processCPUSeconds", .optional(coverage.processCPUSeconds)),
            ("runtimeThreadsCPUShare", .optional(coverage.runtimeThreadsCPUShare)),
            (
                "unseenThreads",
                .array(
                    coverage.unseenThreads.map {
                        .object([
                            ("name", .string($0.thread.name)), ("tid", .integer(UInt64($0.thread.tid))),
                            ("cpuSeconds", .number($0.cpuSeconds)),
                        ])
                    })
            ),
            (
                "probes",
                .array(
                    coverage.probes.map {
                        .object([
                            ("name", .string($0.name)), ("state", .string($0.state.rawValue)),
                            ("reason", .string($0.reason)),
                        ])
                    })
            ),
        ])
    }

    private func value(of losses: Losses) -> JSONValue {
        .object([
            ("recordsLost", .integer(losses.recordsLost)),
            ("pollsUnrecorded", .integer(losses.pollsUnrecorded)),
            ("jobsRefused", .integer(losses.jobsRefused)),
            ("pollsWithoutStack", .integer(losses.pollsWithoutStack)),
            ("evidenceLost", .integer(losses.evidenceLost)),
            ("samplesLost", .integer(losses.samplesLost)),
            ("worksUnobserved", .integer(losses.worksUnobserved)),
            ("executorsRefused", .integer(losses.executorsRefused)),
            ("tasksUntracked", .integer(losses.tasksUntracked)),
        ])
    }

    private func value(of overhead: Overhead) -> JSONValue {
        .object([
            ("pollCostSeconds", .number(overhead.pollCostSeconds)),
            ("allocationCostSeconds", .number(overhead.allocationCostSeconds)),
            ("watcherCPUSeconds", .number(overhead.watcherCPUSeconds)),
            ("cpuShareEstimate", .optional(overhead.cpuShareEstimate)),
            ("collectorCPUSeconds", .number(overhead.collectorCPUSeconds)),
            ("samples", .integer(overhead.samples)),
            ("samplesWithoutStack", .integer(overhead.samplesWithoutStack)),
            ("handlerSecondsMax", .number(overhead.handlerSecondsMax)),
        ])
    }

    private func value(of thresholds: ReportThresholds) -> JSONValue {
        .object([
            ("longPollSeconds", .number(thresholds.longPoll.value)),
            ("criticalPollSeconds", .number(thresholds.criticalPoll.value)),
            ("blockingCallSeconds", .number(thresholds.blockingCall.value)),
            ("allocatorShare", .number(thresholds.allocatorShare.value)),
            ("criticalAllocatorShare", .number(thresholds.criticalAllocatorShare.value)),
        ])
    }

    func value(of summary: DurationSummary) -> JSONValue {
        .object([
            ("total", .number(summary.totalSeconds)), ("p50", .number(summary.p50)), ("p95", .number(summary.p95)),
            ("p99", .number(summary.p99)), ("p999", .number(summary.p999)), ("max", .number(summary.max)),
        ])
    }

    func members(of place: CodePlace) -> [(key: String, value: JSONValue)] {
        [
            ("function", .string(place.function)), ("awaitPoint", .optional(place.awaitPoint)),
            ("file", .optional(place.file)), ("line", .optional(place.line)),
        ]
    }

    private func value(of site: SiteReport, in model: ReportModel, _ known: AllocationIndex) -> JSONValue {
        .object(
            members(of: site.place) + [
                ("task", .string(site.task)),
                ("executor", .string(site.executor)),
                ("kind", .string(site.kind.name)),
                ("polls", .integer(site.polls)),
                ("longPolls", .integer(site.longPolls)),
                ("criticalPolls", .integer(site.criticalPolls)),
                ("unknownWaits", .integer(site.unknownWaits)),
                ("share", .number(site.share)),
                ("pollSeconds", value(of: site.pollSeconds)),
                ("waitSeconds", value(of: site.waitSeconds)),
                ("blockedSeconds", .number(site.blockedSeconds)),
                ("allocations", allocations(of: site, in: model, known)),
            ])
    }

    func value(of thread: ThreadName) -> JSONValue {
        .object([("name", .string(thread.name)), ("tid", .integer(UInt64(thread.tid)))])
    }

    private func value(of waker: PollReport.Waker) -> JSONValue {
        let (kind, thread): (String, ThreadName?) =
            switch waker {
            case .poll(let thread): ("poll", thread)
            case .outside(let thread): ("outside", thread)
            case .unknown: ("unknown", nil)
            }
        return .object([("kind", .string(kind)), ("thread", thread.map(value(of:)) ?? .null)])
    }

    private func value(of poll: PollReport) -> JSONValue { .object(members(of: poll)) }

    func members(of poll: PollReport) -> [(key: String, value: JSONValue)] {
        [
            ("startSeconds", .number(poll.startSeconds)),
            ("durationSeconds", .number(poll.durationSeconds)),
            ("waitSeconds", .optional(poll.waitSeconds)),
            ("isWaitAtMost", .bool(poll.isWaitAtMost)),
            ("executor", .string(poll.executor)),
            ("kind", .string(poll.kind.name)),
            ("thread", value(of: poll.thread)),
            ("taskID", .integer(UInt64(poll.task))),
            ("waker", value(of: poll.waker)),
            ("site", value(of: poll.site)),
            ("stack", .array(poll.stack.map(value(of:)))),
            ("isStackCut", .bool(poll.isStackCut)),
        ]
    }

    func value(of frame: StackFrame) -> JSONValue {
        .object(
            members(of: frame.place) + [
                ("module", .string(frame.module)), ("isRuntime", .bool(frame.isRuntime)),
                ("isInlined", .bool(frame.isInlined)),
            ])
    }

    private func value(of problem: ReportProblem) -> JSONValue {
        .object([
            ("kind", .string(problem.kind.rawValue)), ("sentence", .string(problem.sentence)),
            ("remedy", .string(problem.remedy)),
        ])
    }
}

extension PollKind {
    var name: String {
        switch self {
        case .task: "task"
        case .timer: "timer"
        case .yield: "yield"
        case .actor: "actor"
        case .other: "other"
        case .turn: "turn"
        case .work: "work"
        }
    }
}
