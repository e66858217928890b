// Limits against a made-up recording: what passes, what fails, and why.

import Diagnosis
import Testing

@testable import Analysis
@testable import Checking

@Suite("Limits and findings are judged")
struct JudgingTests {
    private func results(
        _ limits: (Measure, String)..., failOn: FailOn? = nil, allow: [String] = [], findings: [Finding] = [],
        change: (inout ReportModel) -> Void = { _ in }
    ) throws -> CheckResults {
        let settings = try CheckSettings(failOn: failOn, limits: limits.map { ($0.0, [$0.1]) }, allow: allow)
        var model = MadeService.model()
        change(&model)
        let diagnosis = Diagnosis(findings: findings, verdict: Verdict(.worthIt, sentence: ""))
        return CheckResults(try CheckPlan(options: settings), of: model, diagnosis: diagnosis)
    }

    /// What became of the limit, alone.
    private func judged(
        _ measure: Measure, _ words: String, change: (inout ReportModel) -> Void = { _ in }
    ) throws -> CheckResults.Outcome {
        let results = try results((measure, words), change: change)
        return try #require((results.recording + results.limits).first { $0.title == "\(measure.rawValue) \(words)" })
    }

    @Test(
        "A limit passes up to its value and fails above",
        arguments: [
            (.maxWaitP99, "global pool=37.9ms", true, "37.9 ms"), (.maxWaitP99, "global pool=37.8ms", false, "37.9 ms"),
            (.maxWaitP99, "40ms", true, "37.9 ms on global pool; too few values to say: main actor"),
            (
                .maxWaitP99, "5ms", false,
                "37.9 ms on global pool; also 12.0 ms on NIO-ELT-0-#0; too few values to say: main actor"
            ),
            (.maxPollP99, "4ms", true, "4.00 ms on global pool; too few values to say: main actor"),
            (.maxPoll, "100ms", true, "70.0 ms on main actor"), (.maxPoll, "main actor=50ms", false, "70.0 ms"),
            (.maxRequestP99, "GET /quote=50ms", false, "67.7 ms"), (.maxRequestP99, "price=5ms", true, "4.00 ms"),
            (.maxRequestP99, "70ms", true, "67.7 ms of GET /quote; too few values to say: POST /risk"),
            (.maxErrors, "0.09%", true, "0.09 %: 41 of 45,562 requests"), (.maxErrors, "0.08%", false, ""),
            (.maxErrors, "POST /order=0.5%", true, "0.44 % (40 of 9,130 requests)"),
            (.maxPoolWaitP99, "postgres=500ms", true, "450 ms"),
            // A tenth gave up after two seconds: the P99 of those that got something says nothing.
            (.maxPoolWaitP99, "redis=5ms", false, "2.00 s (100 of 1,000 asks failed)"),
            (.maxLost, "0", true, "nothing lost"), (.minCoverage, "98%", true, "at most 98 % of CPU time"),
            (.minCoverage, "99%", false, ""), (.minRequests, "45562", true, "45,562"),
            (.minRequests, "45563", false, ""),
            (.minRequests, "POST /risk=12", true, "12"), (.minPolls, "500000", false, "412,806"),
            (.minPolls, "main actor=100", false, "16"),
        ] as [(Measure, String, Bool, String)])
    func limits(measure: Measure, words: String, passes: Bool, says: String) throws {
        // 41 of 45,562 is 0.08998 %.
        let outcome = try judged(measure, words)
        #expect(outcome.hasPassed == passes, "\(outcome)")
        if !says.isEmpty { #expect(outcome.measured == says) }
    }

    @Test(
        "What is not in the recording fails, with the nearest",
        arguments: [
            (
                .maxWaitP99, "globl pool=5ms",
                "There is no executor \"globl pool\" in the recording. The nearest: global pool"
            ),
            (
                .maxRequestP99, "GET /quotes=5ms",
                "no request \"GET /quotes\" in the recording. The nearest: GET /quote,"
            ),
            (.maxErrors, "GET /x=1%", "There is no request \"GET /x\""),
            (.minRequests, "GET /x=1", "There is no request"),
            (.maxPoolWaitP99, "postgers=5ms", "There is no pool \"postgers\" in the recording. The nearest: postgres"),
            (.minPolls, "worker=1", "There is no executor \"worker\""),
        ] as [(Measure, String, String)])
    func absent(measure: Measure, words: String, says: String) throws {
        let outcome = try judged(measure, words)
        #expect(!outcome.hasPassed)
        #expect(outcome.measured.contains(says), "\(outcome.measured)")
    }

    @Test("Where there are none at all, a limit on them fails")
    func none() throws {
        for (measure, words) in [
            (Measure.maxRequestP99, "5ms"), (.maxErrors, "1%"), (.maxRequestP99, "GET /quote=5ms"),
        ] {
            let outcome = try judged(measure, words) { $0.requests = RequestsReport() }
            #expect(!outcome.hasPassed)
            #expect(outcome.measured == "There are no requests in the recording.")
        }
        #expect(try judged(.maxPoolWaitP99, "5ms") { $0.pools = [] }.measured == "There are no pools in the recording.")
        #expect(try judged(.maxWaitP99, "5ms") { $0.executors = [] }.hasPassed == false)
        #expect(try judged(.minRequests, "1") { $0.requests = RequestsReport() }.hasPassed == false)
    }

    @Test("A P99 of few values is no P99")
    func few() throws {
        let named = try judged(.maxRequestP99, "POST /risk=1s")
        #expect(!named.hasPassed)
        #expect(named.measured == "12 values are too few to say: --min-samples is 100")
        let all = try judged(.maxRequestP99, "1s") { $0.requests.endpoints.removeFirst(2) }
        #expect(!all.hasPassed)
        #expect(all.measured == "12 values are too few to say: --min-samples is 100")
        let lowered = try results((.maxRequestP99, "POST /risk=1s"), (.minSamples, "10"))
        #expect(lowered.limits.map(\.hasPassed) == [true])
        #expect(try judged(.maxErrors, "1%") { $0.requests.endpoints.removeFirst(2) }.hasPassed == false)
        // Nobody knows when the jobs of a loop could have begun.
        let unknown = try results((.maxWaitP99, "NIO-ELT-0-#0=1s"), (.minSamples, "0")) {
            $0.executors[1].waitHistogram = Histogram()
        }
        #expect(unknown.limits.map(\.hasPassed) == [false])
    }

    @Test("A name's own limit is in the place of the one for all")
    func ownLimits() throws {
        let results = try results((.maxRequestP99, "50ms"), (.maxRequestP99, "GET /quote=70ms"))
        #expect(results.hasPassed, "\(results.limits)")
        let errors = try self.results((.maxErrors, "0.01%"), (.maxErrors, "POST /order=1%"))
        #expect(errors.limits.map(\.hasPassed) == [true, true])
        #expect(
            errors.limits.map(\.measured) == ["< 0.01 %: 1 of 36,432 requests", "0.44 % (40 of 9,130 requests)"])
    }

    @Test("A poll that has not ended is as long as it is")
    func unfinished() throws {
        let outcome = try judged(.maxPoll, "100ms") {
            $0.unfinished = [MadeService.unfinished(on: "global pool", seconds: 12)]
        }
        #expect(!outcome.hasPassed)
        #expect(outcome.measured == "12.0 s on global pool (not ended)")
    }

    @Test("All that was lost counts")
    func lost() throws {
        let outcome = try judged(.maxLost, "10") { model in
            model.losses.recordsLost = 6
            model.requests.recordsLost = 5
        }
        #expect(!outcome.hasPassed)
        #expect(outcome.measured == "11 records lost")
        #expect(try judged(.minCoverage, "1%") { $0.coverage.cpuShareAtMost = nil }.hasPassed == false)
    }

    // MARK: Is there enough?

    @Test("A recording without signal fails, whatever is in it")
    func noSignal() throws {
        let results = try results(findings: [Finding(.noSignal, .critical, headline: "No signal", advice: [])]) {
            $0.coverage.signal = .none
            $0.problems = [
                ReportProblem(
                    kind: .noSignal, sentence: "No signal: not one poll was seen in this recording.", remedy: "Record.")
            ]
        }
        #expect(!results.hasPassed)
        #expect(results.recording[0].measured == "No signal: not one poll was seen in this recording. Record.")
        #expect(results.failed == 1, "said once")
        let silent = try self.results(failOn: FailOn.none) { $0.coverage.signal = .none }
        #expect(!silent.hasPassed)
    }

    @Test("An idle service is not healthy, unless somebody says how much is enough")
    func idle() throws {
        let results = try results { $0.coverage.signal = .idle }
        #expect(!results.hasPassed)
        #expect(results.recording[0].measured.hasPrefix("Idle: the service did next to nothing (412,806 polls)"))
        #expect(try self.results((.minRequests, "1000")) { $0.coverage.signal = .idle }.hasPassed)
    }

    @Test("Few polls and a damaged recording fail")
    func thin() throws {
        let thin = try results { $0.polls = 99 }
        #expect(thin.recording.filter { !$0.hasPassed }.map(\.title) == ["min-polls 100"])
        #expect(try results((.minPolls, "99")) { $0.polls = 99 }.hasPassed)
        let damaged = try results {
            $0.problems = [
                ReportProblem(kind: .damagedRecording, sentence: "The recording is damaged: cut.", remedy: "")
            ]
        }
        #expect(damaged.recording.filter { !$0.hasPassed }.map(\.measured) == ["The recording is damaged: cut."])
    }

    // MARK: Findings

    @Test("Findings of a severity and above fail")
    func severities() throws {
        let all = [MadeService.score, MadeService.pool, MadeService.fsync, MadeService.idlePool]
        func counted(_ failOn: FailOn?) throws -> Int { try results(failOn: failOn, findings: all).counted.count }
        #expect(try counted(nil) == 2)
        #expect(try counted(.critical) == 2)
        #expect(try counted(.warning) == 3)
        #expect(try counted(.info) == 4)
        #expect(try counted(FailOn.none) == 0)
        #expect(try results(failOn: FailOn.none, findings: all).hasPassed)
        let failed = try results(findings: all)
        #expect(failed.failed == 2 && failed.total == 5)
        let healthy = try results()
        #expect(healthy.failed == 0 && healthy.total == 4)
    }

    @Test(
        "Findings that are allowed do not fail",
        arguments: [
            ("long-poll", true), ("long-poll:score", true), ("long-poll:riskmodel.SCORE", true),
            ("long-poll: score", true), ("long-poll:Risk.swift:48", true), ("long-poll:other", false),
            ("blocking-call", false), ("starvation:score", false),
        ])
    func allowances(words: String, accepts: Bool) throws {
        let results = try results(allow: [words], findings: [MadeService.score])
        #expect(results.hasPassed == accepts)
        #expect(results.notes.contains { $0.hasPrefix("Nothing was found that allow") } == !accepts)
    }

    @Test("A pool is allowed by its name")
    func subjects() throws {
        #expect(try results(allow: ["pool-too-small:postgres"], findings: [MadeService.pool]).hasPassed)
        #expect(try !results(allow: ["pool-too-small:redis"], findings: [MadeService.pool]).hasPassed)
    }
}
