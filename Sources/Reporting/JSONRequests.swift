// Requests, their parts and calls, for programs.

import Analysis

extension JSONReport {
    /// Endpoints first, then parts, then calls.
    func values(of requests: RequestsReport) -> [JSONValue] {
        requests.endpoints.map { value(of: $0, kind: "request") } + requests.parts.map { value(of: $0, kind: "part") }
            + requests.calls.map { value(of: $0, kind: "call") }
    }

    func totals(of requests: RequestsReport) -> JSONValue {
        .object([
            ("begun", .integer(requests.begun)),
            ("ended", .integer(requests.ended)),
            ("openCount", .integer(requests.openCount)),
            ("open", .array(requests.open.map(value(of:)))),
            ("endsWithoutBegin", .integer(requests.endsWithoutBegin)),
            ("endedTwice", .integer(requests.endedTwice)),
            ("endedElsewhere", .integer(requests.endedElsewhere)),
            ("namesRefused", .integer(requests.namesRefused)),
            ("withoutAnatomy", .integer(requests.withoutAnatomy)),
            ("recordsLost", .integer(requests.recordsLost)),
            ("recordsUnrecorded", .integer(requests.recordsUnrecorded)),
        ])
    }

    private func value(of request: RequestReport, kind: String) -> JSONValue {
        .object([
            ("name", .string(request.name)),
            ("kind", .string(kind)),
            ("count", .integer(request.count)),
            ("perSecond", .number(request.perSecond)),
            ("errors", .integer(request.errors)),
            ("cancelled", .integer(request.cancelled)),
            ("timedOut", .integer(request.timedOut)),
            ("durationSeconds", value(of: request.durationSeconds)),
            ("cohorts", .array(request.cohorts.map(value(of:)))),
            ("exemplars", .array(request.exemplars.map(value(of:)))),
        ])
    }

    private func value(of cohort: RequestCohort) -> JSONValue {
        .object([
            ("kind", .string(cohort.kind.rawValue)), ("count", .integer(cohort.count)),
            ("meanSeconds", .number(cohort.meanSeconds)), ("anatomy", value(of: cohort.mean)),
        ])
    }

    private func value(of anatomy: Anatomy) -> JSONValue {
        .object(AnatomyPart.allCases.map { ($0.rawValue + "Seconds", .number(anatomy[$0])) })
    }

    private func value(of exemplar: RequestExemplar) -> JSONValue {
        .object([
            ("startSeconds", .number(exemplar.startSeconds)),
            ("durationSeconds", .number(exemplar.durationSeconds)),
            ("outcome", .string(exemplar.outcome.rawValue)),
            ("taskID", .integer(UInt64(exemplar.task))),
            ("trace", exemplar.trace.map(value(of:)) ?? .null),
            ("anatomy", value(of: exemplar.anatomy)),
            ("segments", .array(exemplar.segments.map(value(of:)))),
        ])
    }

    private func value(of segment: RequestSegment) -> JSONValue {
        .object([
            ("part", .string(segment.part.rawValue)),
            ("offsetSeconds", .number(segment.offsetSeconds)),
            ("durationSeconds", .number(segment.durationSeconds)),
            ("site", segment.site.map(value(of:)) ?? .null),
            ("thread", segment.thread.map(value(of:)) ?? .null),
            ("detail", .string(segment.detail)),
            ("holders", .array(segment.holders.map(value(of:)))),
            ("count", .count(segment.count)),
        ])
    }

    private func value(of holder: SegmentHolder) -> JSONValue {
        .object([("site", value(of: holder.site)), ("seconds", .number(holder.seconds))])
    }

    func value(of site: SiteName) -> JSONValue {
        .object(members(of: site.place) + [("task", .string(site.task))])
    }

    private func value(of request: OpenRequest) -> JSONValue {
        .object([
            ("name", .string(request.name)),
            ("startSeconds", .number(request.startSeconds)),
            ("ageSeconds", .number(request.ageSeconds)),
            ("taskID", .integer(UInt64(request.task))),
            ("trace", request.trace.map(value(of:)) ?? .null),
        ])
    }

    private func value(of trace: TraceIdentity) -> JSONValue {
        .object([("traceID", .string(trace.traceText)), ("spanID", .string(trace.spanText))])
    }
}
