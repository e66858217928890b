// What the program with known behaviour says of its long polls and blocking calls, and how a report is held against it.
//
// Lines on the program's stdout, lengths in nanoseconds:
//   long FUNCTION | POLLS | LENGTH | CPU | BLOCKED | RUN-QUEUE
//       polls over the threshold that resume in FUNCTION, and of their time: at least LENGTH in all, CPU on the CPU, at
//       least BLOCKED in calls, RUN-QUEUE ready and not run
//   path FUNCTION at FILE:LINE > …
//       calls, outermost first, in which one of these spent most of its time; LINE 0: any
//   call NAME | FUNCTION | FILE | LINE | LEAST | MOST | OBJECT-KIND | OBJECT
//       one call, made by FUNCTION, that took between LEAST and MOST; LINE 0: any; OBJECT-KIND empty: any
//   stuck FUNCTION | FILE | LINE | STATE | CALL
//       a poll that does not end: the innermost function of the user's, what it does there, and in which call

import TestSupport
import Testing

struct LongPollExpectation: Sendable {
    struct Long: Sendable {
        var function: String
        var polls: Int
        var length, cpu, blocked, runQueue: Double
    }

    struct Frame: Sendable {
        var function, file: String
        var line: Int

        func matches(_ node: ReportJSON.Node) -> Bool {
            node.function == function && (node.file ?? "").hasSuffix(file) && (line == 0 || node.line == line)
        }
    }

    struct Call: Sendable {
        var name, function, file: String
        var line: Int
        var seconds: ClosedRange<Double>
        var objectKind, object: String
    }

    struct Stuck: Sendable {
        var function, file: String
        var line: Int
        var state, call: String
    }

    var longs: [Long] = []
    var paths: [[Frame]] = []
    var calls: [Call] = []
    var stuck: [Stuck] = []

    init(_ output: String) throws {
        for text in output.split(separator: "\n") {
            let word = String(text.prefix { $0 != " " })
            let fields = text.dropFirst(word.count + 1).components(separatedBy: " | ")
            func number(_ index: Int) throws -> Double { try #require(Double(fields[index])) * 1e-9 }
            func line(_ index: Int) throws -> Int { try #require(Int(fields[index])) }
            switch word {
            case "long":
                longs.append(
                    Long(
                        function: fields[0], polls: try line(1), length: try number(2), cpu: try number(3),
                        blocked: try number(4), runQueue: try number(5)))
            case "path":
                paths.append(
                    try fields[0].components(separatedBy: " > ").map { frame in
                        let parts = frame.components(separatedBy: " at ")
                        let place = parts[1].components(separatedBy: ":")
                        return Frame(function: parts[0], file: place[0], line: try #require(Int(place[1])))
                    })
            case "call":
                let least = try number(4)
                calls.append(
                    Call(
                        name: fields[0], function: fields[1], file: fields[2], line: try line(3),
                        seconds: least...max(least, try number(5)), objectKind: fields[6], object: fields[7]))
            case "stuck":
                stuck.append(
                    Stuck(function: fields[0], file: fields[1], line: try line(2), state: fields[3], call: fields[4]))
            case "running": continue
            default: Issue.record("GroundTruth wrote \(text)")
            }
        }
    }

    /// The clock of the process and that of the session differ by what calibration cannot see.
    private static func grain(_ seconds: Double) -> Double { 0.000_5 + seconds * 0.001 }

    func expect(in report: ReportJSON, sourceLocation: SourceLocation = #_sourceLocation) {
        for long in longs { Self.expect(long, in: report, sourceLocation) }
        for path in paths { Self.expect(path, in: report, sourceLocation) }
        for call in calls { Self.expect(call, in: report, sourceLocation) }
    }

    private static func expect(_ long: Long, in report: ReportJSON, _ sourceLocation: SourceLocation) {
        // On a busy machine the hop before it, on the main actor, can take long, too.
        let found = report.longPolls.filter {
            $0.function == long.function && $0.awaitPoint == 1 && $0.executor == "global pool"
        }
        #expect(found.count == 1, "\(long):\n\(report.longPollTable)", sourceLocation: sourceLocation)
        guard let entry = found.first else { return }
        let split = entry.split
        let total = entry.pollSeconds.total
        #expect(entry.polls == long.polls, "\(entry.line ?? 0)", sourceLocation: sourceLocation)
        #expect(total >= long.length - grain(long.length), "\(long), found \(total)", sourceLocation: sourceLocation)
        // Before and after the stretch that the program measured, the poll has a few lines of its own; and what
        // happens in its calls, losing the processor too, is the calls'.
        let unmeasured =
            max(0, total - long.length) + max(0, split.blockedSeconds - long.blocked) + Double(long.polls) * 0.001
            + grain(total)
        func isClose(_ found: Double, _ truth: Double) -> Bool {
            abs(found - truth) <= split.estimatedSeconds + unmeasured
        }
        #expect(isClose(split.onCPUSeconds, long.cpu), "\(long), found \(split)", sourceLocation: sourceLocation)
        #expect(isClose(split.kernelWaitSeconds, long.runQueue), "\(long), \(split)", sourceLocation: sourceLocation)
        #expect(
            split.blockedSeconds >= long.blocked - grain(long.blocked), "\(long), found \(split)",
            sourceLocation: sourceLocation)
    }

    private static func expect(_ path: [Frame], in report: ReportJSON, _ sourceLocation: SourceLocation) {
        func seconds(_ node: ReportJSON.Node, below path: ArraySlice<Frame>) -> Double {
            guard let next = path.first else { return 0 }
            let rest = next.matches(node) ? path.dropFirst() : path
            return rest.isEmpty ? node.seconds : node.children.reduce(0) { $0 + seconds($1, below: rest) }
        }
        let entry = report.longPolls.first { $0.function == path[0].function && $0.awaitPoint == 1 }
        let sampled = entry?.sampledSeconds ?? 0
        let found = entry?.stacks.reduce(0) { $0 + seconds($1, below: path[...]) } ?? 0
        #expect(
            sampled > 0 && found >= sampled / 2,
            "\(path.map(\.function)): \(found) of \(sampled) s:\n\(report.longPollTable)",
            sourceLocation: sourceLocation)
    }

    private static func expect(_ call: Call, in report: ReportJSON, _ sourceLocation: SourceLocation) {
        let found = report.blocking.filter {
            $0.call == call.name && $0.function == call.function
                && (call.line == 0 || ($0.line == call.line && ($0.file ?? "").hasSuffix(call.file)))
        }
        #expect(found.count == 1, "\(call):\n\(report.blockingTable)", sourceLocation: sourceLocation)
        guard let entry = found.first else { return }
        #expect(entry.count == 1, "\(call): \(entry)", sourceLocation: sourceLocation)
        let grain = grain(call.seconds.upperBound)
        #expect(
            (call.seconds.lowerBound - grain...call.seconds.upperBound + grain).contains(entry.seconds.total),
            "\(call): \(entry)", sourceLocation: sourceLocation)
        if !call.objectKind.isEmpty {
            #expect(entry.objectKind ?? "none" == call.objectKind, "\(call): \(entry)", sourceLocation: sourceLocation)
        }
        #expect(
            call.object.isEmpty || (entry.object ?? "").contains(call.object), "\(call): \(entry)",
            sourceLocation: sourceLocation)
    }
}

extension ReportJSON {
    /// The parts of every long poll's time add up to it, and no part is more than there can be.
    func expectSplitsAddUp(sourceLocation: SourceLocation = #_sourceLocation) {
        for entry in longPolls {
            let total = entry.pollSeconds.total
            let split = entry.split
            let what = "\(entry.function): \(total) s, \(split)"
            #expect(abs(split.totalSeconds - total) <= 1e-6 + total * 1e-6, "\(what)", sourceLocation: sourceLocation)
            #expect((0...total * 1.000_001).contains(split.estimatedSeconds), "\(what)", sourceLocation: sourceLocation)
            let inCalls = entry.calls.reduce(0) { $0 + $1.seconds.total }
            // Calls are those of all polls of the site, the long ones among them.
            let blocked = sites.filter { $0.function == entry.function && $0.awaitPoint == entry.awaitPoint }
                .reduce(0) { $0 + $1.blockedSeconds }
            #expect(inCalls <= blocked * 1.001 + 1e-6, "\(what)", sourceLocation: sourceLocation)
            #expect(entry.sampledSeconds <= total * 1.000_001, "\(what)", sourceLocation: sourceLocation)
            let inTree = entry.stacks.reduce(0) { $0 + $1.seconds }
            #expect(
                abs(inTree - entry.sampledSeconds) <= 1e-6 + total * 1e-6, "\(what)", sourceLocation: sourceLocation)
            for node in entry.stacks.flatMap(\.all) {
                let below = node.children.reduce(0) { $0 + $1.seconds }
                #expect(below <= node.seconds * 1.000_001, "\(node)", sourceLocation: sourceLocation)
            }
        }
    }

    /// One line an entry, for the messages of tests.
    var longPollTable: String {
        func lines(_ node: Node, _ depth: Int) -> [String] {
            let place = "\(node.file?.split(separator: "/").last ?? "?"):\(node.line ?? 0)"
            let line =
                String(repeating: "  ", count: depth)
                + "\(node.function) \(place) \(node.seconds) s, \(node.samples) samples, "
                + "\(node.state) \(node.call ?? "")"
            return [line] + node.children.flatMap { lines($0, depth + 1) }
        }
        return longPolls.flatMap { entry in
            ["\(entry.function) | \(entry.awaitPoint ?? -1) | \(entry.polls) | \(entry.split)"]
                + entry.stacks.flatMap { lines($0, 1) }
        }.joined(separator: "\n")
    }

    var blockingTable: String {
        blocking.map { entry in
            "\(entry.call) | \(entry.via ?? "") | \(entry.function) | \(entry.file ?? "") | \(entry.line ?? 0) "
                + "| \(entry.count) | \(entry.seconds.total) | \(entry.objectKind ?? "") | \(entry.object ?? "")"
        }.joined(separator: "\n")
    }
}
