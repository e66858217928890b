// `pollscope tasks`: where known tasks wait, exactly; and what is said where that cannot be known.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Live tasks", .serialized)
struct TasksTests {
    private func start(
        _ program: String, _ scenario: String..., with more: [String: String] = [:], in place: Workplace,
        until word: String = "ready"
    ) throws -> ChildProcess {
        let service = try place.start([program] + scenario, with: more)
        try service.waitForOutput(word)
        return service
    }

    private func expectTree(_ program: String) throws {
        let place = try Workplace()
        let service = try start(program, "live-tree", in: place)
        let listing = try place.tasks(of: "\(service.processID)")
        #expect(listing.answer == "answered")
        #expect(listing.caution == nil)
        #expect(listing.untracked == 0)
        try TasksExpectation(service.output).expect(in: listing)

        // Names, cut at what there is room for; cancellation; how tasks were made.
        let leakers = Set(listing.tasks.compactMap(\.name).filter { $0.hasPrefix("leaker ") })
        #expect(leakers == Set((0..<300).map { "leaker \($0)" }))
        let cut = String("a sleeper with a name that is too long for the table".prefix(31))
        let sleeper = try #require(listing.tasks.first { $0.name == cut })
        #expect(listing.tasks.filter(\.isCancelled).map(\.name) == ["cancelled"])
        #expect(listing.tasks.count { $0.kind == "groupChild" } == 250)
        #expect(listing.tasks.count { $0.kind == "asyncLet" } == 40)
        #expect(listing.tasks.count { $0.kind == "unknown" } == 1, "the main task was there before")

        // Who made whom: the main task all but the children.
        let main = try #require(listing.tasks.first { $0.parent == nil })
        #expect(main.id == 1)
        #expect(listing.tasks.count { $0.parent == 1 } == listing.live - 1 - 250 - 40)
        for task in listing.tasks where task.kind == "groupChild" {
            #expect(listing.task(task.parent)?.wait.kind == "group")
            #expect(task.depth == 2)
        }
        for task in listing.tasks where task.kind == "asyncLet" {
            let parent = try #require(listing.task(task.parent))
            #expect(parent.wait.kind == "child" && parent.awaited == task.id)
        }
        for task in listing.tasks where task.wait.kind == "task" { #expect(task.awaited == sleeper.id) }

        // On what.
        let executors = listing.tasks.filter { $0.wait.kind == "executor" }
        #expect(executors.count { $0.wait.what == "actor Busy" } == 30)
        #expect(executors.count { $0.wait.what == "DeadExecutor" } == 30)
        for task in listing.tasks {
            #expect(!task.stack.isEmpty, "\(task)")
            #expect((task.waitSeconds ?? -1) >= 0, "\(task)")
            #expect((task.waitSeconds ?? 0) <= task.ageSeconds, "\(task)")
        }
    }

    @Test("A known tree of a thousand tasks", .timeLimit(.minutes(1)), arguments: BuildMode.allCases)
    func tree(build: BuildMode) throws {
        guard let program = build.path else { return }
        try expectTree(program)
    }

    @Test("The same with the runtime linked statically", .timeLimit(.minutes(1)))
    func staticTree() throws {
        guard let program = StaticBuildTests.program else { return }
        try expectTree(program)
    }

    @Test("More tasks than the table has room for are counted", .timeLimit(.minutes(1)))
    func crowd() throws {
        let place = try Workplace()
        let service = try start(GroundTruth.path, "live-crowd", "10500", in: place)
        let listing = try place.tasks(of: "\(service.processID)")
        #expect(listing.live == 10_501)
        #expect(listing.created == 10_501)
        #expect(listing.tracked <= 8192)
        #expect(listing.tracked > 8000, "the table gets nearly full before it refuses a task")
        #expect(listing.tasks.count == listing.tracked)
        #expect(listing.tasks.allSatisfy { $0.place.function == "leak()" && $0.wait.kind == "continuation" })
        let text = try place.pollscope("tasks", "\(service.processID)", "--width", "180").output
        #expect(text.contains("10,501 live tasks"))
        #expect(text.contains("of them are in the table, which is full"))
    }

    @Test(
        "Looks at tasks that come and go never mix two up", .timeLimit(.minutes(2)), arguments: BuildMode.allCases)
    func churn(build: BuildMode) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let service = try start(program, "live-churn", "3000", in: place, until: "churning")
        // What each kind of task is made of, by the function that its stack goes through.
        let kinds = [
            "churnGroupChild(_:)": "groupChild", "churnAsyncLet(_:)": "asyncLet", "churnDetached(_:)": "task",
            "churnNamed(_:)": "task",
        ]
        var looks = 0
        var stacks = 0
        let bound = ContinuousClock.now + .seconds(60)
        while !service.output.contains("ready") {
            try #require(ContinuousClock.now < bound && !service.hasEnded, "\(service.errors)")
            let listing = try place.tasks(of: "\(service.processID)")
            #expect(listing.answer == "answered")
            looks += 1
            for task in listing.tasks where task.kind != "unknown" {
                for frame in task.stack {
                    guard let kind = kinds[frame.function] else { continue }
                    stacks += 1
                    #expect(task.kind == kind, "\(task)")
                    #expect(
                        (task.name?.hasPrefix("named ") ?? false) == (frame.function == "churnNamed(_:)"), "\(task)")
                }
                // A stack ends in what the task was made of.
                guard let code = task.code, let outermost = task.outermost, code.function != outermost else { continue }
                // The optimizer may have left nothing of an async let's closure but the function that it calls.
                #expect(task.kind == "asyncLet" || outermost.hasPrefix("churn"), "\(task)")
            }
        }
        #expect(looks > 3)
        #expect(stacks > 0)
        let quiet = try place.tasks(of: "\(service.processID)")
        #expect(quiet.live == 1)
        #expect(quiet.untracked == 0)
        #expect(quiet.created > 1000)
        #expect(!service.hasEnded)
    }

    @Test("Many readers at once get their answers", .timeLimit(.minutes(1)))
    func readersAtOnce() throws {
        let place = try Workplace()
        let service = try start(GroundTruth.path, "live-tree", in: place)
        let readers = try (0..<6).map { _ in try place.startPollscope("tasks", "\(service.processID)") }
        for reader in readers {
            let ending = try reader.waitForEnd()
            #expect(ending.status == 0, "\(ending)")
            #expect(ending.output.contains("\(try TasksExpectation(service.output).live.formatted()) live tasks"))
            #expect(!ending.output.contains("did not answer"))
        }
    }

    @Test("A watcher that has polls to watch, or rarely looks at them, answers at once", .timeLimit(.minutes(1)))
    func busyWatcher() throws {
        let place = try Workplace()
        for threshold in ["1ms", "1h"] {
            let service = try start(
                GroundTruth.path, "forever", with: ["POLLSCOPE_LONG_POLL": threshold], in: place, until: "running")
            for _ in 0..<5 { #expect(try place.tasks(of: "\(service.processID)").answer == "answered") }
            service.send(SIGKILL)
            _ = try service.waitForEnd()
        }
    }

    // MARK: Where nobody answers

    @Test("A process that was killed left what its table knew", .timeLimit(.minutes(1)))
    func killed() throws {
        let place = try Workplace()
        let service = try start(GroundTruth.path, "live-tree", in: place)
        let expected = try TasksExpectation(service.output)
        let session = "\(service.processID)"
        // Somebody had looked: where tasks wait is known, too, as they have not run since.
        expected.expect(in: try place.tasks(of: session))
        service.send(SIGKILL)
        _ = try service.waitForEnd()
        let listing = try place.tasks(of: session)
        #expect(listing.answer == "processEnded")
        expected.expect(in: listing)
        #expect(try place.pollscope("tasks", session).output.contains("The process has ended."))
    }

    @Test("A process that was killed before anybody looked", .timeLimit(.minutes(1)))
    func killedUnseen() throws {
        let place = try Workplace()
        let service = try start(GroundTruth.path, "live-tree", in: place)
        service.send(SIGKILL)
        _ = try service.waitForEnd()
        let listing = try place.tasks(of: "\(service.processID)")
        #expect(listing.answer == "processEnded")
        #expect(listing.live == (try TasksExpectation(service.output)).live)
        #expect(listing.tasks.count == listing.live)
        #expect(listing.tasks.count { $0.wait.kind == "running" } == 1, "\(listing.table)")
        #expect(listing.tasks.count { $0.name?.hasPrefix("leaker") ?? false } == 300)
        #expect(listing.tasks.count { $0.code?.function == "closure 1 in liveTree()" } == 300)
    }

    @Test("A process that is stopped cannot look, and goes on to", .timeLimit(.minutes(1)))
    func stopped() throws {
        let place = try Workplace()
        let service = try start(GroundTruth.path, "live-tree", in: place)
        let session = "\(service.processID)"
        service.send(SIGSTOP)
        let listing = try place.tasks(of: session)
        #expect(listing.answer == "silent")
        #expect(listing.caution?.contains("stopped") == true)
        #expect(listing.live == (try TasksExpectation(service.output)).live)
        service.send(SIGCONT)
        try TasksExpectation(service.output).expect(in: try place.tasks(of: session))
    }

    @Test("Without the watcher the table tells which tasks there are", .timeLimit(.minutes(1)))
    func noWatcher() throws {
        let place = try Workplace()
        let service = try start(GroundTruth.path, "live-tree", with: ["POLLSCOPE_LONG_POLL": "off"], in: place)
        let listing = try place.tasks(of: "\(service.processID)")
        #expect(listing.answer == "noWatcher")
        #expect(listing.caution?.contains("POLLSCOPE_LONG_POLL") == true)
        #expect(listing.live == (try TasksExpectation(service.output)).live)
        #expect(listing.tasks.count == listing.live)
    }

    private func expectRefusal(
        _ ending: ChildProcess.Ending, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(ending.status == 66, "\(ending)", sourceLocation: sourceLocation)
        #expect(ending.errors.contains(words), "\(ending)", sourceLocation: sourceLocation)
        #expect(ending.output.isEmpty, "\(ending)", sourceLocation: sourceLocation)
    }

    @Test("Without the table it is said, and why")
    func noTable() throws {
        let place = try Workplace()
        let service = try start(
            GroundTruth.path, "forever", with: ["POLLSCOPE_TASKS": "off"], in: place, until: "running")
        expectRefusal(try place.pollscope("tasks", "\(service.processID)"), "POLLSCOPE_TASKS")
    }

    @Test("There is no such process, or it is not observed, or ended and left nothing")
    func noSession() throws {
        let place = try Workplace()
        expectRefusal(try place.pollscope("tasks", "2000000000"), "There is no process 2000000000")
        let sleeper = try place.start(["sleep", "60"])
        expectRefusal(try place.pollscope("tasks", "\(sleeper.processID)"), "is not observed")
        let ended = try place.start([GroundTruth.path, "detached", "10"])
        #expect(try ended.waitForEnd().status == 0)
        expectRefusal(try place.pollscope("tasks", "\(ended.processID)"), "There is no process")
    }

    // MARK: Text

    @Test("The text names groups, and every task on request", .timeLimit(.minutes(1)))
    func text() throws {
        let place = try Workplace()
        let service = try start(GroundTruth.path, "live-tree", in: place)
        let session = "\(service.processID)"
        let groups = try place.pollscope("tasks", session, "--width", "100")
        #expect(groups.status == 0)
        for words in [
            "300 tasks wait for a continuation to be resumed", "198 tasks sleep", "70 tasks wait for another task",
            "50 tasks wait for the children of a group", "40 tasks wait for an async let",
            "30 tasks wait to go on on actor Busy", "\"leaker 0\"", "cancelled", "LiveTasks.swift:",
        ] { #expect(groups.output.contains(words), "\(words)? \(groups.output)") }
        let all = try place.pollscope("tasks", session, "--all", "--width", "100")
        #expect(all.status == 0)
        for number in 0..<300 { #expect(all.output.contains("\"leaker \(number)\", task, waits for")) }
        for text in [groups.output, all.output] {
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        }
    }
}
