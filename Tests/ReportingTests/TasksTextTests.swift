// `pollscope tasks` as people and programs read it.

import Foundation
import Sessions
import TestSupport
import Testing

@testable import Analysis
@testable import Reporting

@Suite("Live tasks, rendered")
struct TasksTextTests {
    private static func place(_ function: String, _ line: Int?, await point: Int? = 1) -> CodePlace {
        CodePlace(function: function, awaitPoint: point, file: line.map { _ in "/src/shop/Orders.swift" }, line: line)
    }

    private static func frame(_ place: CodePlace, isRuntime: Bool = false) -> StackFrame {
        StackFrame(place: place, module: "Shop", isRuntime: isRuntime, isInlined: false)
    }

    private static let stacks: [[StackFrame]] = [
        [
            frame(place("withCheckedContinuation(isolation:function:_:)", nil), isRuntime: true),
            frame(place("Pool.acquire()", 41)), frame(place("closure 1 in Orders.serve(_:)", 17, await: 2)),
        ],
        [
            frame(place("ContinuousClock.sleep(until:tolerance:)", nil), isRuntime: true),
            frame(place("Orders.refresh()", 60)),
        ],
        [frame(place("Orders.run()", 9))],
    ]

    /// A service whose orders wait for a connection that nobody gives back.
    private static func model(answer: TaskLook.Answer = .answered, untracked: UInt64 = 0) -> TasksModel {
        var tasks: [TaskReport] = []
        func add(_ number: Int, _ stack: Int, _ wait: TaskWait, name: String?, seconds: Double?, parent: UInt32?) {
            tasks.append(
                TaskReport(
                    id: UInt32(number), name: name, kind: parent == nil ? .unknown : .groupChild, parent: parent,
                    depth: parent == nil ? 0 : 1, priority: 21, isCancelled: number % 10 == 9, polls: 3,
                    ageSeconds: 40, wait: wait, awaited: nil, waitSeconds: seconds,
                    place: stacks[stack][stacks[stack].count > 1 ? 1 : 0].place, stack: stacks[stack],
                    isStackCut: false, code: place("closure 1 in Orders.serve(_:)", 15, await: 0),
                    maker: parent == nil ? nil : place("Orders.run()", 9)))
        }
        add(1, 2, TaskWait(kind: .group, what: nil), name: nil, seconds: 40, parent: nil)
        for number in 2..<1_042 {
            let wait = TaskWait(kind: .continuation, what: "withCheckedContinuation(isolation:function:_:)")
            add(number, 0, wait, name: "order \(number)", seconds: 40 - Double(number) / 40, parent: 1)
        }
        let sleep = TaskWait(kind: .sleep, what: "ContinuousClock.sleep(until:tolerance:)")
        add(1_042, 1, sleep, name: "a\u{1B}[2Jname", seconds: 0.25, parent: 1)
        let groups = [1...1_040, 0...0, 1_041...1_041].map { range in
            TaskGroupReport(
                wait: tasks[range.lowerBound].wait, place: tasks[range.lowerBound].place,
                stack: tasks[range.lowerBound].stack, isStackCut: false, tasks: Array(range),
                cancelled: range.count { tasks[$0].isCancelled }, oldestSeconds: tasks[range.lowerBound].waitSeconds,
                medianSeconds: tasks[(range.lowerBound + range.upperBound) / 2].waitSeconds,
                codes: [.init(value: tasks[range.lowerBound].code!, count: range.count)],
                makers: tasks[range.lowerBound].maker.map { [.init(value: $0, count: range.count)] } ?? [],
                parents: tasks[range.lowerBound].parent.map {
                    [.init(value: TaskName(id: $0, name: nil), count: range.count)]
                } ?? [])
        }
        var totals = TaskTotals()
        (totals.created, totals.ended, totals.tracked, totals.untracked) = (
            31_042 + untracked, 30_000, 1_042, untracked
        )
        return TasksModel(
            processID: 4121, executable: "/srv/shop", answer: answer, isStopped: true, totals: totals, groups: groups,
            tasks: tasks)
    }

    @Test("Groups look like the golden file", arguments: [80, 120]) func groups(width: Int) throws {
        try Golden.expect(TasksText(width: width).text(of: Self.model()), equals: "tasks-\(width).txt")
    }

    @Test("Tasks one by one look like the golden file") func all() throws {
        var model = Self.model(untracked: 2_000)
        model.tasks = model.tasks.filter { $0.id < 4 || $0.id > 1_041 }
        try Golden.expect(TasksText().textOfAll(model), equals: "tasks-all-80.txt")
    }

    @Test("Text fits its width, and no name reaches the terminal's controls", arguments: [60, 72, 100, 200])
    func fits(width: Int) {
        let model = Self.model(untracked: 1)
        for text in [TasksText(width: width).text(of: model), TasksText(width: width).textOfAll(model)] {
            for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
            #expect(!text.contains("\u{1B}"))
        }
    }

    @Test(
        "Who did not look says so first",
        arguments: [
            (TaskLook.Answer.processEnded, "has ended"), (.noWatcher, "POLLSCOPE_LONG_POLL=off"), (.silent, "stopped"),
        ]) func cautions(answer: TaskLook.Answer, words: String)
    {
        let head = TasksText(width: 180).text(of: Self.model(answer: answer)).split(separator: "\n").prefix(4)
        #expect(head.joined(separator: "\n").contains(words))
    }

    @Test("JSON obeys its schema") func json() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Reporting/Schema/pollscope.tasks.1.schema.json").standardizedFileURL
        let schema = try JSONSchema(Data(contentsOf: path))
        for model in [Self.model(), Self.model(answer: .silent, untracked: 7)] {
            #expect(try schema.violations(in: Data(TasksJSON().text(of: model).utf8)) == [])
        }
        #expect(throws: (any Error).self) { try JSONSchema(Data("{\"oneOf\":[]}".utf8)) }
    }

    @Test("Nothing to show is said") func empty() {
        let model = TasksModel(
            processID: 1, executable: "/srv/shop", answer: .answered, isStopped: false, totals: TaskTotals(),
            groups: [], tasks: [])
        #expect(TasksText().text(of: model).contains("Nothing waits, and nothing runs."))
    }
}
