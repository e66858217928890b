// What the program with known polls says that must be found, and how a report is held against it.

import Foundation
import TestSupport
import Testing

struct Expectation: Sendable {
    /// A site by its words in the report.
    struct Place: Sendable, CustomStringConvertible {
        var function: String
        var awaitPoint: Int
        var line: Int

        var description: String { awaitPoint == 0 ? function : "\(function) await point \(awaitPoint) line \(line)" }

        func matches(_ site: ReportJSON.Site) -> Bool {
            guard site.function == function, site.kind == "task" else { return false }
            return awaitPoint == 0 || (site.awaitPoint == awaitPoint && site.line == line)
        }
    }

    var sites: [(place: Place, polls: Int, isExact: Bool)] = []
    var kinds: [(kind: String, polls: Int)] = []
    /// kind (poll, wait, timer-wait), function, seconds
    var lengths: [(kind: String, function: String, seconds: ClosedRange<Double>)] = []
    /// Holds of actors of a type; seconds that they lasted in all.
    var holds: [(type: String, count: Int)] = []
    var held: [(type: String, seconds: ClosedRange<Double>)] = []
    /// The longest wait for an actor of a type.
    var actorWaits: [(type: String, seconds: ClosedRange<Double>)] = []
    /// Polls of tasks on executors of a type.
    var executors: [(type: String, polls: Int)] = []
    /// Turns of event loops by the names of their threads, works of queues by their labels, and the longest of each.
    var turns: [(loop: String, count: Int)] = []
    var turnLengths: [(loop: String, seconds: ClosedRange<Double>)] = []
    var works: [(queue: String, count: Int)] = []
    var workWaits: [(queue: String, seconds: ClosedRange<Double>)] = []
    /// Polls of the whole process.
    var total: Int?

    init(_ output: String) throws {
        for line in output.split(separator: "\n") {
            let word = String(line.prefix { $0 != " " })
            let fields = line.dropFirst(word.count + 1).components(separatedBy: " | ")
            switch word {
            case "site", "most":
                let place = Place(
                    function: fields[0], awaitPoint: try #require(Int(fields[1])), line: try #require(Int(fields[2])))
                sites.append((place, try #require(Int(fields[3])), word == "site"))
            case "kind":
                let words = fields[0].split(separator: " ")
                kinds.append((String(words[0]), try #require(Int(words[1]))))
            case "poll", "wait", "timer-wait": lengths.append((word, fields[0], try Self.seconds(fields)))
            case "holds": holds.append((fields[0], try #require(Int(fields[1]))))
            case "held": held.append((fields[0], try Self.seconds(fields)))
            case "actor-wait": actorWaits.append((fields[0], try Self.seconds(fields)))
            case "turns": turns.append((fields[0], try #require(Int(fields[1]))))
            case "turn": turnLengths.append((fields[0], try Self.seconds(fields)))
            case "works": works.append((fields[0], try #require(Int(fields[1]))))
            case "work-wait": workWaits.append((fields[0], try Self.seconds(fields)))
            case "executor": executors.append((fields[0], try #require(Int(fields[1]))))
            case "total": total = Int(fields[0])
            case "running", "pending": continue  // what is pending is a matter of the laws
            case "request", "duration", "anatomy", "count", "pool", "pool-most", "pool-wait", "pool-hold": continue
            default: Issue.record("GroundTruth wrote \(line)")
            }
        }
    }

    private func expectOthers(in report: ReportJSON, _ sourceLocation: SourceLocation) {
        func loop(_ name: String) -> ReportJSON.EventLoop? {
            report.eventLoops.first { $0.name == "event loop \(name)" }
        }
        func queue(_ name: String) -> ReportJSON.Executor? { report.executors.first { $0.name == "queue \(name)" } }
        for (name, count) in turns { #expect(loop(name)?.turns == count, sourceLocation: sourceLocation) }
        for (name, count) in works { #expect(queue(name)?.polls == count, sourceLocation: sourceLocation) }
        for (name, seconds) in turnLengths {
            let found = loop(name)?.turnSeconds.max ?? -1
            #expect(Self.withGrain(seconds).contains(found), "\(name): \(found) s", sourceLocation: sourceLocation)
        }
        for (name, seconds) in workWaits {
            let found = queue(name)?.waitSeconds.max ?? -1
            #expect(Self.withGrain(seconds).contains(found), "\(name): \(found) s", sourceLocation: sourceLocation)
        }
    }

    private func expectActors(in report: ReportJSON, _ sourceLocation: SourceLocation) {
        func actors(_ type: String) -> [ReportJSON.Actor] { report.actors.filter { $0.type == type } }
        for (type, count) in holds {
            let found = actors(type).reduce(0) { $0 + $1.holds }
            #expect(found == count, "\(type): \(count) holds expected, \(found) found", sourceLocation: sourceLocation)
        }
        for (type, seconds) in held {
            let found = actors(type).reduce(0) { $0 + $1.holdSeconds.total }
            #expect(
                Self.withGrain(seconds).contains(found), "\(type): held \(seconds) s expected, \(found) found",
                sourceLocation: sourceLocation)
        }
        for (type, seconds) in actorWaits {
            let found = actors(type).map(\.waitSeconds.max).max() ?? -1
            #expect(
                Self.withGrain(seconds).contains(found), "\(type): wait \(seconds) s expected, \(found) found",
                sourceLocation: sourceLocation)
        }
    }

    /// Of nanoseconds, the second field and the third.
    static func seconds(_ fields: some BidirectionalCollection<String>) throws -> ClosedRange<Double> {
        let numbers = try fields.dropFirst().map { try #require(Double($0)) * 1e-9 }
        return numbers[0]...max(numbers[0], numbers[1])
    }

    func expect(in report: ReportJSON, sourceLocation: SourceLocation = #_sourceLocation) {
        for (place, polls, isExact) in sites {
            let found = report.polls { place.matches($0) }
            #expect(
                isExact ? found == polls : found <= polls,
                "\(place): \(polls) polls expected\(isExact ? "" : " at most"), \(found) found:\n\(report.table)",
                sourceLocation: sourceLocation)
        }
        for (kind, polls) in kinds {
            let found = Self.polls(of: kind, in: report)
            #expect(
                found == polls, "\(kind): \(polls) polls expected, \(found) found:\n\(report.table)",
                sourceLocation: sourceLocation)
        }
        expectActors(in: report, sourceLocation)
        expectOthers(in: report, sourceLocation)
        for (type, polls) in executors {
            let found = report.executors.filter { $0.name.hasPrefix(type) }.reduce(0) { $0 + $1.polls }
            #expect(
                found == polls, "\(type): \(polls) polls expected, \(found) found:\n\(report.table)",
                sourceLocation: sourceLocation)
        }
        if let total { #expect(report.polls == total, "\(report.table)", sourceLocation: sourceLocation) }
        for (kind, function, seconds) in lengths {
            let name = kind == "timer-wait" ? "timer of \(function)" : function
            let entries = report.sites.filter { $0.function == name }
            let longest = entries.map { kind == "poll" ? $0.pollSeconds.max : $0.waitSeconds.max }.max()
            #expect(
                longest.map { Self.withGrain(seconds).contains($0) } ?? false,
                "longest \(kind) of \(name): \(seconds) s expected, \(longest ?? -1) found:\n\(report.table)",
                sourceLocation: sourceLocation)
        }
    }

    /// The clock of the process and that of the session differ by what calibration cannot see. A quantile of a histogram
    /// is as exact as a bucket is wide.
    static func withGrain(_ seconds: ClosedRange<Double>, isQuantile: Bool = false) -> ClosedRange<Double> {
        let bucket = isQuantile ? 0.022 : 0
        let grain = 0.000_5 + seconds.upperBound * (0.001 + bucket)
        return seconds.lowerBound - grain...seconds.upperBound + grain
    }

    /// Helpers of the runtime say whom they help; first polls are at the start of a function.
    private static func polls(of kind: String, in report: ReportJSON) -> Int {
        switch kind {
        // The main task has begun before it is observed; what it does at the start of a function is a hop.
        case "first": report.polls { $0.kind == "task" && $0.awaitPoint == 0 && $0.task != "GroundTruth.main()" }
        case "main": report.executors.filter { $0.name == "main actor" }.reduce(0) { $0 + $1.polls }
        case "yield": report.polls { $0.kind == "yield" && $0.function.hasPrefix("yield of ") }
        case "timer": report.polls { $0.kind == "timer" && $0.function.hasPrefix("timer of ") }
        case "actor": report.polls { $0.kind == "actor" && $0.function.hasPrefix("actor ") }
        default: -1
        }
    }
}

extension ReportJSON {
    /// The entries of sites, and of executors, add up to all polls.
    func expectWhole(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(sites.reduce(0) { $0 + $1.polls } == polls, sourceLocation: sourceLocation)
        #expect(executors.reduce(0) { $0 + $1.polls } == polls, sourceLocation: sourceLocation)
    }
}
