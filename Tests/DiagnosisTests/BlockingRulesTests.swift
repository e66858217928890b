import Testing

@testable import Analysis
@testable import Diagnosis

@Suite struct BlockingCallRuleTests {
    private func findings(_ change: (inout ReportModel) -> Void) -> [Finding] {
        BlockingCallRule.findings(in: ReportModel.healthy(change).examination)
    }

    private static func fsync(count: UInt64 = 1_000, each: Double = 0.0118) -> BlockingSite {
        MadeUpService.call(
            "fsync", family: "file", via: "FileHandle.synchronize()",
            object: CallObjectName(kind: "file", text: "/var/ledger.log"), site: .ledger, count: count, each: each)
    }

    @Test func namesTheCallAndWhatItCosts() throws {
        let finding = try #require(
            findings {
                $0.block(Self.fsync(), share: 0.6, waitP99: 0.060)
                $0.blame.tails = [
                    MadeUpService.tail(culprits: [TailPlace(site: .ledger, part: .executorWait, seconds: 0.055)])
                ]
            }.first)
        #expect(finding.kind == .blockingCall)
        #expect(finding.severity == .critical)
        #expect(finding.subject == "fsync")
        #expect(finding.site?.code == MadeUpService.place("Ledger.append(_:)", line: 91, file: "/src/Ledger.swift"))
        #expect(finding.headline == "Ledger.append(_:) blocks in fsync, 11.8 ms at P99, 33.3/s")
        #expect(finding.context == "through FileHandle.synchronize(), on /var/ledger.log; task POST /order")
        #expect(finding.effects.last == "takes 9.8 % of the time of the global pool's threads")
        #expect(abs((finding.impact.waitShare ?? 0) - 0.6) < 1e-9)
        #expect(abs((finding.impact.tailSeconds ?? 0) - 0.055) < 1e-9)
        #expect(finding.evidence("calls") == 1_000)
        #expect(abs((finding.evidence("callSeconds") ?? 0) - 11.8) < 1e-9)
    }

    /// Of four threads for 30 s.
    @Test(arguments: [(0.049, nil), (0.051, .warning)] as [(Double, Severity?)])
    func shortCallsMustTakeThreads(part: Double, severity: Severity?) {
        let found = findings { $0.block(Self.fsync(count: 100_000, each: 120 * part / 100_000)) }
        #expect(found.map(\.severity) == [severity].compactMap(\.self))
    }

    @Test(
        arguments: [(0.0101, 110, .warning), (0.0101, 130, .warning), (0.0099, 130, nil), (0.0101, 100, .info)]
            as [(Double, UInt64, Severity?)])
    func longCallsNeedLess(each: Double, count: UInt64, severity: Severity?) {
        // The longest is twice as long as the others: it is a long poll in any case.
        let found = findings {
            var call = Self.fsync(count: count, each: each)
            if severity == nil { call.seconds.max = each }
            $0.block(call)
        }
        let taken = each * Double(count) / 120
        #expect(found.map(\.severity) == [taken < 0.01 && severity != nil ? .info : severity].compactMap(\.self))
    }

    @Test(arguments: [(2, 0), (3, 1)] as [(UInt64, Int)]) func fewCallsAreChance(count: UInt64, findings: Int) {
        #expect(self.findings { $0.block(Self.fsync(count: count, each: 0.4)) }.count == findings)
    }

    @Test func oneCallThatHangsIsEnough() {
        #expect(findings { $0.block(Self.fsync(count: 1, each: 0.6)) }.count == 1)
        #expect(findings { $0.block(Self.fsync(count: 1, each: 0.4)) }.isEmpty)
    }

    @Test(arguments: [(0.0049, nil), (0.0051, .warning)] as [(Double, Severity?)])
    func whatRequestsWaitForThemselvesCounts(seconds: Double, severity: Severity?) {
        let found = findings {
            $0.block(Self.fsync(count: 1_000, each: 0.003))
            $0.blame.executors = [
                MadeUpService.blame(
                    wait: 1, [MadeUpService.culprit(.ledger, seconds: 0.01, of: 1, blocked: 0.01)])
            ]
            $0.blame.tails = [
                MadeUpService.tail(mean: 0.01, own: [TailPlace(site: .ledger, part: .blocked, seconds: seconds)])
            ]
        }
        #expect(found.map(\.severity) == [severity].compactMap(\.self))
    }

    /// What an executor for blocking work is there for, and what other rules speak of.
    @Test(arguments: [.task, .serial, .queue, .other, .main, .eventLoop] as [ExecutorKind])
    func blockingElsewhereIsNoFinding(kind: ExecutorKind) {
        #expect(
            findings {
                $0.executors.append(MadeUpService.executor("elsewhere", kind, waitP99: 0))
                $0.block(Self.fsync(count: 10_000), on: "elsewhere", kind)
            }.isEmpty)
    }

    /// One line's calls from two sites are one finding; another family from there is another.
    @Test func oneLineIsOneFinding() throws {
        var other = Self.fsync()
        other.site = .risk
        var connect = Self.fsync()
        (connect.call, connect.family, connect.object) = ("connect", "socket", nil)
        let found = findings {
            $0.block(Self.fsync())
            $0.block(other)
            $0.block(connect)
        }
        #expect(found.map(\.subject) == ["fsync", "connect"])
        #expect(found.first?.evidence("calls") == 2_000)
    }

    // MARK: Advice

    @Test(
        arguments: [
            ("nanosleep", "sleep", nil, "try await Task.sleep(for: …)"), ("read", "file", nil, "NIOFileSystem"),
            ("fsync", "file", nil, "sync for several writes at once"),
            ("write", "file", "pipe", "a bounded buffer that a thread of its own writes out"),
            ("writev", "file", "device", "a bounded buffer that a thread of its own writes out"),
            ("read", "file", "pipe", "NIOFileSystem"),
            ("recv", "socket", nil, "AsyncHTTPClient"), ("poll", "wait", nil, "NIOAsyncChannel"),
            ("getaddrinfo", "name", nil, "an asynchronous resolver"),
            ("waitpid", "process", nil, "Process.terminationHandler"),
            ("pthread_cond_wait", "lock", nil, "withCheckedContinuation"),
            ("pthread_mutex_lock", "lock", nil, "do less under the lock"),
        ] as [(String, String, String?, String)])
    func advisesTheAsynchronousMeans(name: String, family: String, object: String?, advice: String) {
        let call = MadeUpService.call(
            name, family: family, object: object.map { CallObjectName(kind: $0, text: "x") }, site: .ledger)
        let advised = BlockingAdvice.advice(for: call)
        #expect(advised.first?.contains(advice) == true, "\(advised)")
        // What takes a thread whatever one does goes to another thread.
        let canGoElsewhere = !["sleep", "lock"].contains(family)
        #expect(advised.contains { $0.contains("threadPool.runIfActive") } == canGoElsewhere)
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings { _ in }.isEmpty) }

    @Test func saysWhatItLacks() {
        #expect(BlockingCallRule.lacks(in: ReportModel.healthy().examination) == nil)
        let model = ReportModel.healthy {
            $0.coverage.probes[1] = ProbeReport(
                name: "blocking calls", state: .refused, reason: "libc is\u{1B}[2Jstatic")
        }
        #expect(
            BlockingCallRule.lacks(in: model.examination)
                == "blocking calls were not observed (libc is\u{FFFD}[2Jstatic)")
    }
}

@Suite struct LockContentionRuleTests {
    private static func mutex(_ call: String = "pthread_mutex_lock", via: String? = "Mutex.withLock(_:)")
        -> BlockingSite
    {
        MadeUpService.call(call, family: "lock", via: via, site: .ledger, count: 10_000, each: 0.003)
    }

    @Test func locksAreItsAndCallsAreNot() throws {
        let model = ReportModel.healthy { $0.block(Self.mutex(), share: 0.2, waitP99: 0.020) }
        let finding = try #require(LockContentionRule.findings(in: model.examination).first)
        #expect(BlockingCallRule.findings(in: model.examination).isEmpty)
        #expect(finding.kind == .lockContention)
        #expect(finding.severity == .warning)
        #expect(finding.headline == "Ledger.append(_:) waits for a lock in pthread_mutex_lock, 3.00 ms at P99, 333/s")
        #expect(finding.advice.first?.hasPrefix("do less under the lock") == true)
        #expect(finding.advice.last?.contains("an actor, whose waiters suspend") == true)
    }

    @Test(arguments: [(0.049, 0), (0.051, 1)]) func speaksFromAPartOfTheThreadsOn(part: Double, count: Int) {
        let model = ReportModel.healthy {
            var call = Self.mutex()
            call.seconds = MadeUpService.durations(120 * part, p50: 0.0005)
            $0.block(call)
        }
        #expect(LockContentionRule.findings(in: model.examination).count == count)
    }

    @Test(
        arguments: [
            ("futex", nil, true), ("pthread_rwlock_wrlock", nil, true), ("flock", nil, true),
            ("futex", "Mutex.withLock(_:)", true), ("futex", "NIOLock.lock()", true),
            ("futex", "DispatchSemaphore.wait()", false), ("futex", "DispatchGroup.wait()", false),
            ("futex", "NSCondition.wait()", false), ("futex", "DispatchQueue.sync(execute:)", false),
            ("futex", "BlockOperation.waitUntilFinished()", false), ("sem_wait", nil, false),
            ("pthread_cond_wait", nil, false), ("pthread_join", nil, false),
        ] as [(String, String?, Bool)]) func eventsAreNoLocks(call: String, via: String?, isLock: Bool)
    {
        #expect(Self.mutex(call, via: via).isLock == isLock)
    }

    @Test func isQuietAboutAHealthyService() {
        #expect(LockContentionRule.findings(in: ReportModel.healthy().examination).isEmpty)
    }
}

@Suite struct BlockingPoolSaturatedRuleTests {
    private func model(
        p99: Double = 0.060, blocked: Double = 90, kind: ExecutorKind = .task, width: Int = 2, polls: UInt64 = 3_000
    ) -> ReportModel {
        .healthy {
            let call = MadeUpService.call("fsync", family: "file", site: .ledger, count: polls, each: 0.030)
            $0.executors.append(
                MadeUpService.executor(
                    "disk", kind, width: width, polls: polls, pollSeconds: 0.030, waitP99: p99, utilisation: 0.99))
            $0.block(call, on: "disk", kind)
            $0.blame.executors.append(
                MadeUpService.blame(
                    "disk", kind, width: width, wait: 100,
                    [MadeUpService.culprit(.ledger, seconds: 100, of: 100, blocked: blocked, on: "disk")]))
        }
    }

    private func findings(_ model: ReportModel) -> [Finding] {
        BlockingPoolSaturatedRule.findings(in: model.examination)
    }

    @Test func saysHowManyThreadsItTakes() throws {
        let finding = try #require(findings(model()).first)
        #expect(finding.severity == .critical)
        #expect(finding.subject == "disk")
        #expect(finding.headline == "jobs wait 60.0 ms at P99 for the disk, whose 2 threads are blocked")
        #expect(finding.context.hasPrefix("in fsync, called by Ledger.append(_:)"))
        // 100 a second for 30 ms each are 3 at once; at 7 parts in 10 that is 5 threads.
        #expect(
            finding.advice.first
                == "more threads for it: 100/s × 30.0 ms = 3.00 in use on average, so 5 at least")
        #expect(finding.impact.waitSeconds == 100)
        #expect(finding.evidence("width") == 2)
    }

    @Test func bunchesNeedMoreThanTheMean() throws {
        let advice = try #require(findings(model(width: 8)).first?.advice.first)
        #expect(advice == "more threads for it: the mean would fit 8, what comes at once does not")
    }

    @Test(
        arguments: [(0.0049, nil), (0.0051, .warning), (0.049, .warning), (0.051, .critical)]
            as [(Double, Severity?)])
    func waitMakesIt(p99: Double, severity: Severity?) {
        #expect(findings(model(p99: p99)).map(\.severity) == [severity].compactMap(\.self))
    }

    @Test(arguments: [(49.0, 0), (51, 1)]) func mostOfItIsForCalls(blocked: Double, count: Int) {
        #expect(findings(model(blocked: blocked)).count == count)
    }

    @Test(arguments: [(9, 0), (10, 1)] as [(UInt64, Int)]) func fewPollsAreChance(polls: UInt64, count: Int) {
        #expect(findings(model(polls: polls)).count == count)
    }

    @Test(arguments: [.queue, .task, .serial, .other, .global, .main, .actors, .eventLoop] as [ExecutorKind])
    func onlyExecutorsForBlockingWorkAreIts(kind: ExecutorKind) {
        #expect(findings(model(kind: kind)).count == ([.queue, .task, .serial, .other].contains(kind) ? 1 : 0))
        if kind == .queue { #expect(findings(model(kind: kind)).first?.headline.hasPrefix("works wait") == true) }
    }

    @Test func isQuietAboutAHealthyService() { #expect(findings(.healthy()).isEmpty) }
}
