// What a program with known requests says that must be found of them, and how a report is held against it.

import Analysis
import Foundation
import Testing

struct RequestExpectation: Sendable {
    struct Request: Sendable {
        var name, kind: String
        var count, errors, cancelled, timedOut: UInt64
    }

    var requests: [Request] = []
    /// Name, figure, seconds.
    var durations: [(name: String, figure: String, seconds: ClosedRange<Double>)] = []
    /// The only request of a name spent at least so long on some parts together.
    var anatomies: [(name: String, parts: [AnatomyPart], seconds: Double)] = []
    var counts: [(what: String, count: UInt64)] = []

    init(_ output: String) throws {
        for line in output.split(separator: "\n") {
            let word = String(line.prefix { $0 != " " })
            let fields = line.dropFirst(word.count + 1).components(separatedBy: " | ")
            switch word {
            case "request":
                let numbers = try fields[2...].map { try #require(UInt64($0)) }
                requests.append(
                    Request(
                        name: fields[0], kind: fields[1], count: numbers[0], errors: numbers[1], cancelled: numbers[2],
                        timedOut: numbers[3]))
            case "duration":
                durations.append((fields[0], fields[1], try Expectation.seconds(fields[1...])))
            case "anatomy":
                let parts = try fields[1].split(separator: "+").map { try #require(AnatomyPart(rawValue: "\($0)")) }
                anatomies.append((fields[0], parts, try #require(Double(fields[2])) * 1e-9))
            case "count": counts.append((fields[0], try #require(UInt64(fields[1]))))
            default: continue  // is expected of polls
            }
        }
    }

    func expect(in report: RequestsReport, sourceLocation: SourceLocation = #_sourceLocation) {
        for request in requests {
            guard let found = report.named(request.name, kind: request.kind) else {
                Issue.record("no \(request.kind) \(request.name):\n\(report.table)", sourceLocation: sourceLocation)
                continue
            }
            #expect(found.count == request.count, "\(request):\n\(report.table)", sourceLocation: sourceLocation)
            #expect(found.errors == request.errors, "\(request):\n\(report.table)", sourceLocation: sourceLocation)
            #expect(
                found.cancelled == request.cancelled, "\(request):\n\(report.table)", sourceLocation: sourceLocation)
            #expect(found.timedOut == request.timedOut, "\(request):\n\(report.table)", sourceLocation: sourceLocation)
        }
        for (name, figure, seconds) in durations {
            let found = report.endpoints.first { $0.name == name }?.durationSeconds.figure(figure) ?? -1
            #expect(
                Expectation.withGrain(seconds, isQuantile: figure.hasPrefix("p")).contains(found),
                "\(figure) of \(name): \(seconds) s expected, \(found) found", sourceLocation: sourceLocation)
        }
        for (name, parts, seconds) in anatomies {
            guard let exemplar = report.endpoints.first(where: { $0.name == name })?.exemplars.first else {
                Issue.record("no exemplar of \(name)", sourceLocation: sourceLocation)
                continue
            }
            let found = parts.reduce(0) { $0 + exemplar.anatomy[$1] }
            #expect(
                found >= Expectation.withGrain(seconds...seconds).lowerBound,
                "\(parts) of \(name): at least \(seconds) s expected, \(found) found:\n\(exemplar.table)",
                sourceLocation: sourceLocation)
        }
        for (what, count) in counts {
            #expect(report.count(of: what) == count, "\(what):\n\(report.table)", sourceLocation: sourceLocation)
        }
    }
}

extension DurationSummary {
    func figure(_ name: String) -> Double? {
        switch name {
        case "sum": totalSeconds
        case "p50": p50
        case "p99": p99
        case "max": max
        default: nil
        }
    }
}

extension RequestsReport {
    func named(_ name: String, kind: String) -> RequestReport? {
        switch kind {
        case "endpoint": endpoints.first { $0.name == name }
        case "part": parts.first { $0.name == name }
        case "call": calls.first { $0.name == name }
        default: nil
        }
    }

    var all: [RequestReport] { endpoints + parts + calls }

    func count(of what: String) -> UInt64? {
        switch what {
        case "begun": begun
        case "ended": ended
        case "open": openCount
        case "endedTwice": endedTwice
        case "endedElsewhere": endedElsewhere
        default: nil
        }
    }

    /// What holds of every report in which nothing was lost.
    func expectWhole(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(all.reduce(0) { $0 + $1.count } == ended, "\(table)", sourceLocation: sourceLocation)
        #expect(begun == ended + openCount, "\(table)", sourceLocation: sourceLocation)
        #expect(endsWithoutBegin == 0, "\(table)", sourceLocation: sourceLocation)
        for request in all {
            for cohort in request.cohorts {
                #expect(
                    abs(cohort.mean.totalSeconds - cohort.meanSeconds) <= 1e-9 + cohort.meanSeconds * 1e-9,
                    "\(request.name), \(cohort.kind)", sourceLocation: sourceLocation)
            }
            for exemplar in request.exemplars {
                let segments = exemplar.segments.reduce(0) { $0 + $1.durationSeconds }
                for total in [exemplar.anatomy.totalSeconds, segments] {
                    #expect(
                        abs(total - exemplar.durationSeconds) <= 1e-9 + exemplar.durationSeconds * 1e-9,
                        "\(request.name)\n\(exemplar.table)", sourceLocation: sourceLocation)
                }
            }
        }
    }

    /// One line a name, for the messages of tests.
    var table: String {
        let lines = [("endpoint", endpoints), ("part", parts), ("call", calls)].flatMap { kind, requests in
            requests.prefix(50).map {
                "\(kind) | \($0.name) | \($0.count) | \($0.errors) errors | \($0.cancelled) cancelled | \($0.timedOut)"
            }
        }
        return lines.joined(separator: "\n")
            + "\nbegun \(begun), ended \(ended), open \(openCount), twice \(endedTwice), elsewhere \(endedElsewhere), "
            + "without begin \(endsWithoutBegin), without anatomy \(withoutAnatomy), names refused \(namesRefused)"
    }
}

extension RequestExemplar {
    var table: String {
        segments.map { segment in
            let holders = segment.holders.map { "\($0.site.place.function) \($0.seconds)" }.joined(separator: ", ")
            return "\(segment.offsetSeconds) | \(segment.durationSeconds) | \(segment.part) | "
                + "\(segment.site?.place.function ?? "") | \(segment.detail) | \(holders)"
        }.joined(separator: "\n")
    }
}
