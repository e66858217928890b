// What a recording knows beside polls: tasks that stood still at its end, and how many there were at once.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Load and tasks that stand still", .serialized)
struct LoadTests {
    /// A task that waits for a reply which all others at its place got.
    private func startLostReply(_ program: String, in place: Workplace) throws -> ChildProcess {
        let service = try place.start([program, "lost-reply", "40"])
        try service.waitForOutput("ready")
        return service
    }

    /// Records until all of the service's tasks have stood still for long enough.
    private func record(
        _ service: ChildProcess, in place: Workplace, ending: (ChildProcess) throws -> Void
    ) throws -> ReportJSON {
        let recording = place.folder.file("recording")
        let recorder = try place.startPollscope(
            "record", "-o", recording, "--from-oldest", "--pid", "\(service.processID)")
        try ChildProcess.wait(for: "the tasks to have stood still for a while", within: .seconds(30)) {
            try place.tasks(of: "\(service.processID)").tasks.allSatisfy { $0.waitSeconds ?? 0 > 1.3 }
        }
        try ending(recorder)
        let end = try recorder.waitForEnd()
        #expect(end.status == 0, "\(end)")
        try place.expectLawful(recording)
        return try place.report(of: recording)
    }

    @Test("A continuation that nobody resumes", .timeLimit(.minutes(1)), arguments: BuildMode.allCases)
    func lostReply(build: BuildMode) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let service = try startLostReply(program, in: place)
        let report = try record(service, in: place) { $0.send(SIGINT) }

        let look = try #require(report.stuckTasksLook)
        #expect(look.answer == "answered")
        #expect((look.live, look.stuck, look.kept) == (2, 2, 2))
        let lost = try #require(report.stuckTasks.first { $0.wait.kind == "continuation" })
        #expect(lost.site.function == "reply(comes:)")
        let announced = service.output.split(separator: "\n").filter { $0 != "ready" }.joined(separator: "\n")
        let line = try #require(Expectation(announced).sites.first?.place.line)
        #expect(lost.site.line == line)
        #expect(lost.count == 1)
        #expect(lost.resumed == 40, "the others got their reply")
        #expect(lost.tasks.first?.name == "unlucky")
        #expect(lost.oldestSeconds > look.leastSeconds)
        #expect(lost.tasks.allSatisfy { $0.stuckSeconds <= $0.ageSeconds })
        #expect(lost.stack.contains { $0.function == "reply(comes:)" })
        let main = try #require(report.stuckTasks.first { $0.wait.kind == "group" })
        #expect(main.count == 1 && main.resumed <= 40)
        #expect(report.load.tasks?.liveAtEnd == 2)
    }

    @Test("A service that is killed is not asked: its table says which tasks stood still", .timeLimit(.minutes(1)))
    func killed() throws {
        let place = try Workplace()
        let service = try startLostReply(GroundTruth.path, in: place)
        // The wait for it looks, so it is known where the tasks wait.
        let report = try record(service, in: place) { _ in service.send(SIGKILL) }
        #expect(report.stuckTasksLook?.answer == "processEnded")
        #expect(report.stuckTasksLook?.stuck == 2)
        let lost = try #require(report.stuckTasks.first { $0.wait.kind == "continuation" })
        #expect(lost.tasks.first?.name == "unlucky")
        #expect(lost.site.function == "reply(comes:)")
    }

    @Test("A service that is stopped does not keep a recording from ending", .timeLimit(.minutes(1)))
    func stopped() throws {
        let place = try Workplace()
        let service = try startLostReply(GroundTruth.path, in: place)
        let report = try record(service, in: place) { recorder in
            service.send(SIGSTOP)
            try ChildProcess.wait(for: "the service to be stopped") { service.isStopped }
            recorder.send(SIGINT)
        }
        service.send(SIGCONT)
        #expect(report.stuckTasksLook?.answer == "silent")
        #expect(report.stuckTasksLook?.stuck == 2)
    }

    @Test("Without the table of tasks nothing is said of them", .timeLimit(.minutes(1)))
    func noTable() throws {
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let ending = try place.pollscope(
            "record", "-o", recording, "--", GroundTruth.path, "task-explosion", "100", "1",
            with: ["POLLSCOPE_TASKS": "off"])
        #expect(ending.status == 0, "\(ending)")
        let report = try place.report(of: recording)
        #expect(report.stuckTasksLook == nil && report.stuckTasks.isEmpty)
        #expect(report.load.tasks == nil)
        #expect(report.load.firstPolls == 100)
    }

    @Test(
        "Twenty thousand children for a moment are not missed", .timeLimit(.minutes(1)), arguments: BuildMode.allCases)
    func explosion(build: BuildMode) throws {
        guard let program = build.path else { return }
        let children = 20_000
        let place = try Workplace()
        let recording = place.folder.file("recording")
        // All of them sleep for longer than two looks are apart, on a busy machine too.
        let ending = try place.pollscope("record", "-o", recording, "--", program, "task-explosion", "20000", "1000")
        #expect(ending.status == 0, "\(ending)")
        try place.expectLawful(recording)
        let report = try place.report(of: recording)
        let tasks = try #require(report.load.tasks)
        #expect(tasks.created == children + 1)
        #expect(tasks.livePeak > children * 9 / 10)
        #expect(tasks.livePeak <= children + 1)
        #expect(report.load.timeline.map(\.livePeak).max() == tasks.livePeak)
        #expect(report.load.timeline.reduce(0) { $0 + $1.created } == tasks.created)

        #expect(report.load.firstPolls + report.losses.recordsLost >= children)
        let start = try #require(report.load.starts.first)
        #expect(start.function == "closure 1 in closure 1 in fanOut(children:milliseconds:)")
        #expect(start.tasks + report.losses.recordsLost >= children)
        #expect(start.madePeak <= children && start.madePeak > 0)

        let census = try #require(report.load.census)
        #expect(census.live > children / 2)
        #expect(census.groups.reduce(0) { $0 + $1.tasks } == census.tracked)
        // Those that have not begun are known by who made them.
        #expect(census.groups.allSatisfy { $0.tasks == 1 || $0.maker != nil })
        #expect(census.groups.contains { $0.code?.function == start.function || $0.code == nil })
    }
}
