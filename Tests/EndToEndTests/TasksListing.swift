// `pollscope tasks --format json`, as tests read it: held against its schema.

import Foundation
import TestSupport
import Testing

struct TasksListing: Decodable {
    struct Wait: Decodable {
        var kind: String
        var what: String?
    }

    struct Place: Decodable {
        var function: String
        var line: Int?
    }

    struct Frame: Decodable {
        var function: String
        var isRuntime: Bool
    }

    struct CountedTask: Decodable {
        var count: Int
        var id: Int
        var name: String?
    }

    struct Group: Decodable {
        var count: Int
        var wait: Wait
        var place: Place
        var cancelled: Int
        var parents: [CountedTask]
    }

    struct LiveTask: Decodable {
        var id: Int
        var name: String?
        var kind: String
        var parent: Int?
        var depth: Int
        var isCancelled: Bool
        var ageSeconds: Double
        var wait: Wait
        var awaited: Int?
        var waitSeconds: Double?
        var place: Place
        var stack: [Frame]
        var code: Place?

        /// The function that the task's stack ends in; nil: only the runtime's are known.
        var outermost: String? { stack.last { !$0.isRuntime }?.function }
    }

    var answer: String
    var caution: String?
    var live: Int
    var tracked: Int
    var untracked: Int
    var created: Int
    var ended: Int
    var groups: [Group]
    var tasks: [LiveTask]

    /// Tasks that wait for such a thing there; line 0: any.
    func count(_ kind: String, _ function: String, line: Int) -> Int {
        tasks.count {
            $0.wait.kind == kind && $0.place.function == function && (line == 0 || $0.place.line == line)
        }
    }

    /// One line a group, for the messages of tests.
    var table: String {
        "\(answer), \(live) live, \(tracked) tracked, \(created) created, \(ended) ended\n"
            + groups.map { "\($0.count) | \($0.wait.kind) | \($0.place.function) | \($0.place.line ?? -1)" }
            .joined(separator: "\n")
    }

    func task(_ id: Int?) -> LiveTask? { tasks.first { $0.id == id } }
}

extension Workplace {
    /// The live tasks of a process or session.
    func tasks(of session: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> TasksListing {
        let ending = try pollscope("tasks", "--format", "json", session)
        try #require(ending.status == 0, "\(ending)", sourceLocation: sourceLocation)
        let bytes = Data(ending.output.utf8)
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let schema = package.appending(path: "Sources/Reporting/Schema/pollscope.tasks.1.schema.json")
        let violations = try JSONSchema(Data(contentsOf: schema)).violations(in: bytes)
        #expect(violations.isEmpty, sourceLocation: sourceLocation)
        let listing = try JSONDecoder().decode(TasksListing.self, from: bytes)
        #expect(listing.live == listing.tracked + listing.untracked, sourceLocation: sourceLocation)
        #expect(listing.live == listing.created - listing.ended, sourceLocation: sourceLocation)
        #expect(listing.tasks.count == listing.groups.reduce(0) { $0 + $1.count }, sourceLocation: sourceLocation)
        return listing
    }
}

/// What a scenario of GroundTruth's LiveTasks.swift has announced.
struct TasksExpectation {
    private var waiting: [(kind: String, function: String, line: Int, tasks: Int)] = []
    private(set) var live = 0

    init(_ output: String) throws {
        for line in output.split(separator: "\n") {
            if line.hasPrefix("live ") { live = Int(line.dropFirst(5)) ?? 0 }
            guard line.hasPrefix("waiting ") else { continue }
            let parts = line.dropFirst(8).components(separatedBy: " | ")
            try #require(parts.count == 4, "\(line)")
            waiting.append(
                (parts[0], parts[1], try #require(Int(parts[2])), try #require(Int(parts[3]))))
        }
        try #require(live > 0 && !waiting.isEmpty, "\(output)")
    }

    /// Every task waits where it was announced to.
    func expect(in listing: TasksListing, sourceLocation: SourceLocation = #_sourceLocation) {
        for place in waiting {
            let count = listing.count(place.kind, place.function, line: place.line)
            #expect(count == place.tasks, "\(place)\n\(listing.table)", sourceLocation: sourceLocation)
        }
        #expect(listing.live == live, "\(listing.table)", sourceLocation: sourceLocation)
        let announced = waiting.reduce(0) { $0 + $1.tasks }
        #expect(announced == live, "the scenario announces all", sourceLocation: sourceLocation)
    }
}
