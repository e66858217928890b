// What the program with known behaviour says of its allocations, and how a report is held against it.
//
// Lines on the program's stdout; a number of -1 is not known there:
//   allocated FUNCTION | AWAIT-POINT | POLLS | ALLOCATIONS | BYTES | FREES
//       polls of a site, and what each of them allocates and frees
//   place FUNCTION | FILE | LINE | BLOCKS | BYTES       what a line allocates in all
//   type NAME | OBJECTS | BYTES                         all objects of a type
//   garbage FUNCTION | SHARE                            of what a site's polls allocate
//   fate NAME                                           what becomes of nearly all that polls allocate
//   process BLOCKS | BYTES                              what is allocated and freed again, beside little else

import TestSupport
import Testing

struct AllocationExpectation: Sendable {
    struct Polls: Sendable {
        var function: String
        var awaitPoint, polls: Int
        var allocations, bytes, frees: Int
    }

    struct Place: Sendable {
        var function, file: String
        var line, blocks, bytes: Int
    }

    var polls: [Polls] = []
    var places: [Place] = []
    var types: [(name: String, objects: Int, bytes: Int)] = []
    var garbage: [(function: String, share: Double)] = []
    var fate: String?
    var process: (blocks: Int, bytes: Int)?

    init(_ output: String) throws {
        for text in output.split(separator: "\n") {
            let word = String(text.prefix { $0 != " " })
            let fields = text.dropFirst(word.count + 1).components(separatedBy: " | ")
            func number(_ index: Int) throws -> Int { try #require(Int(fields[index])) }
            switch word {
            case "allocated":
                polls.append(
                    Polls(
                        function: fields[0], awaitPoint: try number(1), polls: try number(2),
                        allocations: try number(3), bytes: try number(4), frees: try number(5)))
            case "place":
                places.append(
                    Place(
                        function: fields[0], file: fields[1], line: try number(2), blocks: try number(3),
                        bytes: try number(4)))
            case "type": types.append((fields[0], try number(1), try number(2)))
            case "garbage": garbage.append((fields[0], try #require(Double(fields[1]))))
            case "fate": fate = fields[0]
            case "process": process = (try number(0), try number(1))
            default: Issue.record("GroundTruth wrote \(text)")
            }
        }
    }

    func expect(in report: ReportJSON, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let allocations = try #require(report.allocations.value, sourceLocation: sourceLocation)
        for polls in polls { try Self.expect(polls, in: report, sourceLocation) }
        for place in places { Self.expect(place, in: allocations, sourceLocation) }
        for type in types {
            let found = allocations.types.first { $0.name == type.name }
            let names = allocations.types.map(\.name)
            #expect(found != nil, "\(type.name) is not among \(names)", sourceLocation: sourceLocation)
            found?.count.expectNear(type.objects, "objects of \(type.name)", sourceLocation)
            if type.bytes >= 0 { found?.bytes.expectNear(type.bytes, "bytes of \(type.name)", sourceLocation) }
        }
        for (function, share) in garbage {
            let site = try #require(
                report.sites.filter { $0.function == function }
                    .max { ($0.allocations.value?.bytes.total ?? 0) < ($1.allocations.value?.bytes.total ?? 0) },
                sourceLocation: sourceLocation)
            let found = try #require(site.allocations.value?.garbage, sourceLocation: sourceLocation)
            #expect(abs(found.value - share) < 0.01, "\(function): \(found)", sourceLocation: sourceLocation)
        }
        if let fate { try Self.expectFate(fate, in: allocations, sourceLocation) }
    }

    /// Each poll of the site allocates the same: the most that one did, and the sum, say so.
    private static func expect(
        _ polls: Polls, in report: ReportJSON, _ sourceLocation: SourceLocation
    ) throws {
        let found = report.sites.filter { $0.function == polls.function && $0.awaitPoint == polls.awaitPoint }
        try #require(found.count == 1, "\(report.table)", sourceLocation: sourceLocation)
        #expect(found[0].polls == polls.polls, "\(report.table)", sourceLocation: sourceLocation)
        let counts = try #require(found[0].allocations.value, sourceLocation: sourceLocation)
        let what = "\(polls), found \(counts)"
        if polls.allocations >= 0 {
            #expect(counts.max == polls.allocations, "\(what)", sourceLocation: sourceLocation)
            #expect(counts.total == polls.allocations * polls.polls, "\(what)", sourceLocation: sourceLocation)
            #expect(counts.frees == polls.frees * polls.polls, "\(what)", sourceLocation: sourceLocation)
        }
        if polls.bytes >= 0 {
            #expect(counts.bytes.max == polls.bytes, "\(what)", sourceLocation: sourceLocation)
            #expect(counts.bytes.total == polls.bytes * polls.polls, "\(what)", sourceLocation: sourceLocation)
        }
        #expect(counts.max * polls.polls == counts.total, "\(what)", sourceLocation: sourceLocation)
        #expect(counts.bytes.max * polls.polls == counts.bytes.total, "\(what)", sourceLocation: sourceLocation)
    }

    private static func expect(
        _ place: Place, in allocations: ReportJSON.Allocations, _ sourceLocation: SourceLocation
    ) {
        let found = allocations.places.filter {
            $0.function == place.function && $0.line == place.line && ($0.file ?? "").hasSuffix(place.file)
        }
        #expect(
            found.count == 1, "\(place) among \(allocations.places.map { ($0.function, $0.line) })",
            sourceLocation: sourceLocation)
        found.first?.count.expectNear(place.blocks, "blocks of \(place)", sourceLocation)
        found.first?.bytes.expectNear(place.bytes, "bytes of \(place)", sourceLocation)
    }

    private static func expectFate(
        _ name: String, in allocations: ReportJSON.Allocations, _ sourceLocation: SourceLocation
    ) throws {
        let fate = try #require(allocations.fate, sourceLocation: sourceLocation)
        let parts = [
            "samePoll": fate.samePoll, "sameTask": fate.sameTask, "elsewhere": fate.elsewhere, "kept": fate.kept,
        ]
        let found = try #require(parts[name], sourceLocation: sourceLocation)
        // The rest is what tasks themselves consist of.
        #expect(found.value > 0.93, "\(name): \(parts)", sourceLocation: sourceLocation)
        let all = parts.values.reduce(0) { $0 + $1.value }
        #expect(abs(all - 1) < 1e-6, "\(parts)", sourceLocation: sourceLocation)
    }
}

extension ReportJSON.Estimate {
    /// Within what its own error allows: beyond six standard errors is one in a billion. The error is estimated, too, and
    /// from too few samples it is too small: six samples' weight makes up for that.
    func expectNear(_ truth: Int, _ what: String, _ sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(samples > 0, "\(what): \(self)", sourceLocation: sourceLocation)
        let one = value / Double(max(samples, 1))
        #expect(
            abs(value - Double(truth)) <= 6 * (standardError + one), "\(what): \(truth) in truth, \(self)",
            sourceLocation: sourceLocation)
        // With some samples, the error is small: never off by a factor.
        if samples >= 100 {
            #expect(standardError < value / 5, "\(what): \(self)", sourceLocation: sourceLocation)
        }
    }
}
