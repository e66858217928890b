import Testing

@testable import Analysis
@testable import Diagnosis

@Suite struct HangRuleTests {
    private func poll(
        seconds: Double = 23, on executor: String = MadeUpService.pool, kind: PollKind = .task, call: String? = "read",
        site: SiteName = .risk
    ) -> PollReport {
        let frame = StackFrame(
            place: MadeUpService.place("Feed.next()", line: 31), module: "App", isRuntime: false, isInlined: false)
        let library = StackFrame(
            place: MadeUpService.place("read", line: nil, file: nil), module: "libc", isRuntime: true, isInlined: false)
        return PollReport(
            startSeconds: 7, durationSeconds: seconds, waitSeconds: 0, isWaitAtMost: false,
            thread: ThreadName(name: "app", tid: 9), executor: executor, kind: kind, task: 5, waker: .unknown,
            site: site, stack: [], isStackCut: false,
            lastSample: LastSample(
                secondsIntoPoll: 20.5, state: call == nil ? .cpu : .blocked, call: call,
                callSeconds: call == nil ? nil : 20.5, systemCall: nil, stack: [library, frame], isStackCut: false,
                isStackApproximate: false), split: nil)
    }

    private func findings(_ change: (inout ReportModel) -> Void) -> [Finding] {
        HangRule.findings(in: ReportModel.healthy(change).examination)
    }

    // MARK: Polls

    @Test func oneThreadOfFour() throws {
        let finding = try #require(findings { $0.unfinished = [poll()] }.first)
        #expect(finding.severity == .warning)
        #expect(finding.site?.code == MadeUpService.place("Feed.next()", line: 31))
        #expect(finding.headline == "Feed.next() is blocked in read for 23.0 s")
        #expect(finding.effects == ["1 thread of 4 of the global pool is lost meanwhile"])
        #expect(finding.impact.tailSeconds == 23)
        #expect(finding.evidence("runningSeconds") == 23)
        #expect(finding.advice == ["give the call a time limit, or await an asynchronous one in its place"])
    }

    @Test(arguments: [(3, .warning), (4, .critical)] as [(Int, Severity)])
    func allThreadsAreADeadPool(count: Int, severity: Severity) throws {
        let found = findings {
            $0.unfinished = Array(repeating: poll(), count: count)
            $0.requests.openCount = 12
        }
        let finding = try #require(found.first)
        #expect(found.count == 1)
        #expect(finding.severity == severity)
        #expect(finding.headline.hasSuffix(", on \(count) threads"))
        #expect(finding.effects.last == "12 requests open")
        #expect(finding.effects.first?.contains("any more: all its threads stand still") == (severity == .critical))
        #expect(finding.advice.first?.hasPrefix("do not block a pool's thread") == (severity == .critical))
    }

    /// An executor of one thread is dead with one hang.
    @Test func oneOfOneIsAll() {
        let found = findings {
            $0.executors.append(MadeUpService.executor("main actor", .main, width: 1, waitP99: 0))
            $0.unfinished = [poll(on: "main actor")]
        }
        #expect(found.map(\.severity) == [.critical])
    }

    @Test func loopsThatDoNotEndComputeOn() throws {
        let finding = try #require(findings { $0.unfinished = [poll(call: nil)] }.first)
        #expect(finding.headline == "Feed.next() computes for 23.0 s")
        #expect(finding.advice.first?.contains("pollscope report FILE --site Feed.next()") == true)
        var unseen = poll()
        unseen.lastSample = nil
        let other = try #require(findings { $0.unfinished = [unseen] }.first)
        #expect(other.headline == "RiskModel.score(_:) has not ended for 23.0 s")
    }

    @Test(arguments: [(0.99, 0), (1.01, 1)]) func speaksFromASecondOn(seconds: Double, count: Int) {
        #expect(findings { $0.unfinished = [poll(seconds: seconds)] }.count == count)
    }

    /// A loop that waits for its descriptors is none.
    @Test func turnsDoNotHang() { #expect(findings { $0.unfinished = [poll(kind: .turn)] }.isEmpty) }

    // MARK: Continuations

    private func stuck(
        count: Int = 3, resumed: UInt64 = 30, oldest: Double = 20, youngest: Double = 2,
        wait: TaskWait.Kind = .continuation, file: String? = "/src/App.swift"
    ) -> StuckTasks {
        let tasks = (0..<count).map { number in
            StuckTaskReport(
                id: UInt32(100 + number), name: nil, priority: 21, isCancelled: false, polls: 2, ageSeconds: 25,
                stuckSeconds: number == 0 ? oldest : youngest, awaited: nil)
        }
        return StuckTasks(
            wait: TaskWait(kind: wait, what: nil),
            site: SiteName(place: MadeUpService.place("Upstream.call()", line: 70, file: file), task: "GET /quote"),
            stack: [], isStackCut: false, count: count, cancelled: 0, oldestSeconds: oldest, medianSeconds: youngest,
            resumed: resumed, code: nil, maker: nil, tasks: tasks)
    }

    @Test func continuationsThatNobodyResumes() throws {
        let finding = try #require(findings { $0.stuckTasks = [stuck()] }.first)
        #expect(finding.severity == .critical)
        #expect(finding.site?.code.line == 70)
        #expect(
            finding.headline
                == "3 tasks wait in Upstream.call() for a continuation that nobody resumes, the first for 20.0 s")
        #expect(finding.evidence("resumed") == 30)
        #expect(finding.impact.tailSeconds == 20)
        #expect(finding.advice.first?.contains("withTaskCancellationHandler") == true)
    }

    /// Most such waits end, there are some that do not, and these did not begin together.
    @Test func mostEndAndSomeDoNot() {
        for (other, count) in [
            (stuck(), 1), (stuck(resumed: 29), 0), (stuck(count: 2, resumed: 20), 0), (stuck(youngest: 15.9), 1),
            (stuck(youngest: 16.1), 0), (stuck(wait: .sleep), 0), (stuck(wait: .task), 0), (stuck(file: nil), 0),
        ] { #expect(findings { $0.stuckTasks = [other] }.count == count, "\(other)") }
    }

    /// One request that should long have ended is enough: ten times its P99, and a second.
    @Test(
        arguments: [
            (0.008, 1.01, 10, 1), (0.008, 0.99, 10, 0), (0.2, 2.01, 10, 1), (0.2, 1.99, 10, 0), (0.008, 1.01, 9, 0),
        ] as [(Double, Double, UInt64, Int)])
    func requestsThatShouldHaveEnded(p99: Double, age: Double, ended: UInt64, count: Int) throws {
        let found = findings {
            $0.stuckTasks = [stuck(count: 1, resumed: 0)]
            $0.requests.endpoints = [
                MadeUpService.endpoint(MadeUpService.request, count: ended, p50: 0.002, p99: p99)
            ]
            $0.requests.open = [
                OpenRequest(name: MadeUpService.request, startSeconds: 1, ageSeconds: age, task: 100, trace: nil),
                OpenRequest(name: MadeUpService.request, startSeconds: 1, ageSeconds: 20, task: 999, trace: nil),
            ]
        }
        #expect(found.count == count)
        #expect(found.allSatisfy { $0.victims == [FindingVictim(name: MadeUpService.request, seconds: age)] })
        #expect(found.allSatisfy { $0.headline.hasPrefix("1 task waits in Upstream.call()") })
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings { _ in }.isEmpty) }
}
