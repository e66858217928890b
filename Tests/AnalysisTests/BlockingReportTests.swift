import CPollscopeLayout
import Sessions
import Symbols
import Testing

@testable import Analysis

@Suite struct BlockingReportTests {
    private let code: [UInt64: [SourceFrame]] = [
        0x10: [Made.frame("handle(_:)", 12)],
        0x11: [Made.frame("append(_:)", 91)],
        0x20: [Made.frame("Logger.write(_:)", 5, .dependency)],
        0x21: [Made.frame("Logger.flush()", 9, .dependency)],
        0x30: [Made.frame("FileHandle.synchronize()", nil, .runtime)],
        0x31: [Made.frame("fsync", nil, .runtime)],
        0x32: [Made.frame("thunk", nil, .runtime, compilerMade: true)],
        0x33: [Made.frame("_dispatch_semaphore_wait_slow", nil, .runtime)],
        0x40: [Made.frame("fsync", 40)],
    ]

    private func caller(_ frames: [UInt64]) -> CodeNames.Caller? {
        CodeNames { code[$0] ?? [] }.caller(of: frames, call: "fsync")
    }

    @Test func aCallIsTheInnermostUserFunctions() {
        #expect(caller([0x31, 0x30, 0x11, 0x10])?.place.line == 91)
        #expect(caller([0x31, 0x30, 0x11, 0x10])?.via == "FileHandle.synchronize()")
        // Direct calls have nothing between them.
        #expect(caller([0x11, 0x10])?.via == nil)
        #expect(caller([0x31, 0x11, 0x10])?.via == nil)
        #expect(caller([0x31, 0x32, 0x11])?.via == nil)
        // What an optimised wrapper jumped on to has the wrapper's name.
        #expect(caller([0x31, 0x33, 0x11])?.via == "DispatchSemaphore.wait()")
        // What the user's function called, whoever's it is.
        #expect(caller([0x31, 0x21, 0x20, 0x10])?.place.function == "handle(_:)")
        #expect(caller([0x31, 0x21, 0x20, 0x10])?.via == "Logger.write(_:)")
    }

    @Test func withoutUserCodeADependencyStandsIn() {
        #expect(caller([0x31, 0x30, 0x21, 0x20])?.place.function == "Logger.flush()")
        #expect(caller([0x31, 0x30, 0x21, 0x20])?.via == "FileHandle.synchronize()")
        #expect(caller([0x31, 0x30])?.place.function == "fsync")
        #expect(caller([]) == nil)
        // The probes' own function has the call's name, and is nobody's code.
        #expect(caller([0x40, 0x11])?.place.line == 91)
    }

    private func native(_ id: UInt32, _ frames: [UInt64]) -> AsyncStack {
        AsyncStack(id: id, kind: UInt8(POLLSCOPE_STACK_NATIVE.rawValue), isCut: false, frames: frames)
    }

    @Test func callsOfOneLineAreOneEntry() throws {
        let facts = Made.facts(stacks: [
            Made.stack(1), Made.stack(2), Made.stack(30), native(70, [0x31, 0x30, 0x11]),
            native(71, [0x31, 0x32, 0x30, 0x11, 0x10]),
        ])
        let (a, b) = (Made.object("/a"), Made.object("/b"))
        let other = Made.context(stack: 30)
        let model = Made.model(
            [
                Made.evidence(calls: [
                    Made.call(POLLSCOPE_CALL_fsync, 1, nativeStack: 70, object: a),
                    Made.call(POLLSCOPE_CALL_fsync, 2, error: 5, nativeStack: 71, object: b),
                    Made.call(POLLSCOPE_CALL_fsync, 9, nativeStack: 70, object: b, context: Made.context(stack: 2)),
                    Made.call(POLLSCOPE_CALL_fsync, 4, nativeStack: 70, object: a, context: other),
                    Made.call(POLLSCOPE_CALL_read, 3, nativeStack: 70),
                    Made.call(POLLSCOPE_CALL_fsync, 1),
                ])
            ], facts: facts, code: code)
        // By total time: 12 ms, then another site's 4, another call's 3, and one without a stack.
        #expect(model.blocking.map(\.count) == [3, 1, 1, 1])
        #expect(model.blocking.map { Int(($0.seconds.totalSeconds * 1_000).rounded()) } == [12, 4, 3, 1])
        let first = model.blocking[0]
        #expect(first.call == "fsync")
        #expect(first.family == "file")
        #expect(first.via == "FileHandle.synchronize()")
        #expect(first.place.line == 91)
        #expect(first.errors == 1)
        #expect(first.object == CallObjectName(kind: "file", text: "/b"))
        #expect(first.objects == 2)
        #expect(!first.hasMoreObjects)
        #expect(abs(first.seconds.max - 0.009) < 1e-12)
        #expect(model.blocking[2].object == nil)
        #expect(model.blocking[3].place.function == "(stack not captured)")
    }

    @Test func everyCallHasAFamily() {
        let names = [
            "sleep": POLLSCOPE_CALL_usleep, "file": POLLSCOPE_CALL_pread, "socket": POLLSCOPE_CALL_connect,
            "wait": POLLSCOPE_CALL_poll, "name": POLLSCOPE_CALL_getaddrinfo, "lock": POLLSCOPE_CALL_pthread_mutex_lock,
            "process": POLLSCOPE_CALL_waitpid,
        ]
        for (family, call) in names {
            #expect(Made.model([Made.evidence(calls: [Made.call(call, 1)])]).blocking.first?.family == family)
        }
    }

    @Test func callsOfALongPollsSiteAreInItsEntry() {
        let model = Made.model(
            [
                Made.evidence(
                    calls: [
                        Made.call(POLLSCOPE_CALL_read, 11),
                        Made.call(POLLSCOPE_CALL_read, 11, context: Made.context(stack: 30)),
                    ],
                    longPolls: [Made.longPoll(20, blocked: 11)])
            ], facts: Made.facts(stacks: [Made.stack(1), Made.stack(30)]))
        #expect(model.blocking.count == 2)
        #expect(model.longPolls[0].calls.map(\.count) == [1])
    }

    @Test func aSitesBlockedTimeIsThatOfItsPolls() {
        var polls = [
            Made.poll(1_000, 5_000_000), Made.poll(6_000_000, 5_000_000, stack: 2), Made.poll(12_000_000, 9, stack: 30),
        ]
        for index in polls.indices { polls[index].blocked_ticks = UInt64(index + 1) * 1_000_000 }
        var analysis = PollAnalysis(calibration: Made.calibration)
        analysis.add(chunk: [MadeBatch(0, polls)])
        let facts = Made.facts(stacks: [Made.stack(1), Made.stack(2), Made.stack(30)])
        let sites = ReportModel(facts: facts, analysis: analysis, naming: Made.name).sites
        #expect(sites.map(\.blockedSeconds) == [0.003, 0.003])
    }
}
