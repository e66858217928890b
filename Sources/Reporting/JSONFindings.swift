// The diagnosis in the report for programs.

import Analysis
import Diagnosis
import Wording

extension JSONReport {
    package func value(of verdict: Verdict) -> JSONValue {
        .object([
            ("answer", .string(verdict.answer.rawValue)), ("sentence", .string(verdict.sentence)),
            ("leaveAlone", .array(verdict.leaveAlone.map { .string($0) })),
        ])
    }

    func value(of missing: NotEnough) -> JSONValue {
        .object([("kind", .string(missing.kind.rawValue)), ("sentence", .string(missing.sentence))])
    }

    package func value(of finding: Finding) -> JSONValue {
        .object([
            ("kind", .string(finding.kind.rawValue)),
            ("severity", .string(finding.severity.rawValue)),
            ("site", finding.site.map(value(of:)) ?? .null),
            ("subject", .string(finding.subject)),
            ("headline", .string(finding.headline)),
            ("context", .string(finding.context)),
            ("effects", .array(finding.effects.map { .string($0) })),
            ("impact", value(of: finding.impact)),
            (
                "evidence",
                .array(
                    finding.evidence.map {
                        .object([("name", .string($0.name)), ("value", .number($0.value)), ("text", .string($0.text))])
                    })
            ),
            (
                "victims",
                .array(
                    finding.victims.map {
                        .object([("name", .string($0.name)), ("seconds", .number($0.seconds))])
                    })
            ),
            (
                "symptoms",
                .array(
                    finding.symptoms.map {
                        .object([("kind", .string($0.kind.rawValue)), ("sentence", .string($0.sentence))])
                    })
            ),
            ("advice", .array(finding.advice.map { .string($0) })),
        ])
    }

    private func value(of site: FindingSite) -> JSONValue {
        .object([
            ("function", .string(site.code.function)),
            ("awaitPoint", .optional(site.poll.flatMap(\.place.awaitPoint))),
            ("file", .optional(site.code.file)),
            ("line", .optional(site.code.line)),
            ("task", .string(site.poll?.task ?? "")),
            ("poll", site.poll.map { self.value(of: $0) } ?? .null),
        ])
    }

    private func value(of impact: FindingImpact) -> JSONValue {
        .object([
            ("waitSeconds", .optional(impact.waitSeconds)), ("waitShare", .optional(impact.waitShare)),
            ("tailSeconds", .optional(impact.tailSeconds)),
            ("request", impact.request.map { .string($0) } ?? .null), ("cpuShare", .optional(impact.cpuShare)),
        ])
    }
}
