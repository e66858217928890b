// A made-up recording with figures that are easy to set limits on, and findings of every standing.

import CPollscopeLayout
import Diagnosis
import Sessions

@testable import Analysis

enum MadeService {
    static let folder = "/home/dev/quotes"

    static func model() -> ReportModel {
        let calibration = Calibration(
            first: ClockAnchor(ticks: Ticks(1), monotonicNanoseconds: 1),
            last: ClockAnchor(ticks: Ticks(2), monotonicNanoseconds: 2), nominalHertz: 1_000_000_000)
        let facts = RecordingFacts(
            info: SessionInfo(
                processID: 4121, processStart: 1, executable: "/srv/bin/quotes", runtimeVersion: "Swift 6.3.1",
                processors: 2, clock: POLLSCOPE_CLOCK_MONOTONIC.rawValue, wallNanoseconds: 0, ringRecords: 16_384,
                pollCostTicks: 45, probes: []), calibration: calibration, threads: [], statuses: [], stacks: [:])
        var model = ReportModel(
            facts: facts, analysis: PollAnalysis(calibration: calibration), naming: { _ in fatalError("no polls") })
        model.session.durationSeconds = 30
        model.problems = []
        model.coverage.signal = .seen
        model.coverage.cpuShareAtMost = 0.98
        model.polls = 412_806
        model.executors = [
            executor("global pool", polls: 412_000, poll: (0.004, 0.051), wait: 0.0379),
            executor("NIO-ELT-0-#0", polls: 790, poll: (0.0002, 0.0009), wait: 0.012),
            executor("main actor", polls: 16, poll: (0.06, 0.07), wait: 0.08),
        ]
        model.requests.endpoints = [
            request("GET /quote", 36_420, p99: 0.0677, errors: 0),
            request("POST /order", 9_130, p99: 0.044, errors: 40),
            request("POST /risk", 12, p99: 0.04, errors: 1),
        ]
        model.requests.parts = [request("price", 36_420, p99: 0.004, errors: 0)]
        model.pools = [
            pool("postgres", acquired: 12_300, failed: 0, wait: (0.45, 0)),
            pool("redis", acquired: 900, failed: 100, wait: (0.001, 2)),
        ]
        return model
    }

    static func executor(_ name: String, polls: UInt64, poll: (p99: Double, max: Double), wait: Double)
        -> ExecutorReport
    {
        func histogram() -> Histogram {
            var histogram = Histogram()
            for _ in 0..<min(polls, 1_000) { histogram.record(0.001) }
            return histogram
        }
        return ExecutorReport(
            name: name, kind: .global, width: 2, utilisation: 0.5, polls: polls, threads: 2, longPolls: 0,
            criticalPolls: 0, unknownWaits: 0, pollSeconds: durations(p99: poll.p99, max: poll.max),
            waitSeconds: durations(p99: wait, max: wait * 2), pollHistogram: histogram(), waitHistogram: histogram())
    }

    static func request(_ name: String, _ count: UInt64, p99: Double, errors: UInt64) -> RequestReport {
        RequestReport(
            name: name, count: count, perSecond: Double(count) / 30, errors: errors, cancelled: 0, timedOut: 0,
            durationSeconds: durations(p99: p99, max: p99 * 2), durationHistogram: Histogram(), cohorts: [],
            exemplars: [])
    }

    static func pool(
        _ name: String, acquired: UInt64, failed: UInt64, wait: (got: Double, gaveUp: Double)
    ) -> PoolReport {
        PoolReport(
            name: name, capacity: 10, isOpen: true, asked: acquired + failed, acquired: acquired, failed: failed,
            timedOut: failed, cancelled: 0, released: acquired, releasedTwice: 0, dropped: 0, askedAfterClose: 0,
            connectionsOpened: 0, connectionsClosed: 0, inUse: 0, waiting: 0, perSecond: 10,
            waitSeconds: durations(p99: wait.got, max: wait.got), waitHistogram: Histogram(),
            failedWaitSeconds: durations(p99: wait.gaveUp, max: wait.gaveUp),
            holdSeconds: durations(p99: 0.01, max: 0.02), holdHistogram: Histogram(), inUseMean: 1, inUsePeak: 2,
            waitingMean: 0, waitingPeak: 0, timeline: [], holdByUse: [], advice: nil, adviceMissing: nil)
    }

    private static func durations(p99: Double, max: Double) -> DurationSummary {
        DurationSummary(totalSeconds: 1, p50: p99 / 10, p95: p99 / 2, p99: p99, p999: max, max: max)
    }

    static func unfinished(on executor: String, seconds: Double) -> PollReport {
        let place = CodePlace(function: "stuck()", awaitPoint: 1, file: nil, line: nil)
        return PollReport(
            startSeconds: 0, durationSeconds: seconds, waitSeconds: 0, isWaitAtMost: false,
            thread: ThreadName(name: "", tid: 1), executor: executor, kind: .task, task: 1, waker: .unknown,
            site: SiteName(place: place, task: ""), stack: [], isStackCut: false)
    }

    // MARK: Findings

    static let score = Finding(
        .longPoll, .critical,
        site: FindingSite(
            code: CodePlace(
                function: "RiskModel.score(_:)", awaitPoint: nil, file: "\(folder)/Sources/Quotes/Risk.swift", line: 48)
        ),
        headline: "RiskModel.score(_:) computes 40 ms without suspending", context: "between await 2 and its return",
        effects: ["93 % of all executor wait (212 s)", "GET /quote +61 ms at P99"],
        advice: [
            "await Task.yield() in its loop after every 40th part of the items, so that it runs 1 ms at a time",
            "or take it off the shared pool: run it in Task(executorPreference:) with an executor of its own",
        ])

    static let fsync = Finding(
        .blockingCall, .warning,
        site: FindingSite(
            code: CodePlace(
                function: "Ledger.append(_:)", awaitPoint: nil, file: "\(folder)/../ledger/Sources/Ledger.swift",
                line: 91)
        ), headline: "Ledger.append(_:) blocks in fsync, 11.8 ms at P99, 38 a second",
        advice: ["write through a pool of threads for blocking"])

    static let pool = Finding(
        .poolTooSmall, .critical, subject: "postgres", headline: "pool \"postgres\" is too small: needs 12",
        advice: ["raise its size from 10 to 12"])

    static let idlePool = Finding(
        .poolTooLarge, .info, subject: "orders", headline: "pool \"orders\" is larger than it need be", advice: [])

    static func diagnosis(_ findings: Finding...) -> Diagnosis {
        Diagnosis(
            findings: findings, verdict: Verdict(.worthIt, sentence: "Worth tuning."),
            notEnough: [NotEnough(kind: .kernelContention, sentence: "The kernel did not tell.")])
    }
}
