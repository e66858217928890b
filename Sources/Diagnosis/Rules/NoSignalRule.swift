// Was anything seen at all?

import Analysis
import Wording

enum NoSignalRule: Rule {
    static let kind = FindingKind.noSignal

    static func findings(in examination: Examination) -> [Finding] {
        examination.model.problems.filter { $0.kind == .noSignal }.map {
            Finding(
                kind, .critical, headline: withoutStop($0.sentence.printable),
                effects: ["nothing below stands for the service"],
                evidence: [
                    FindingEvidence(
                        "polls", Double(examination.model.polls), Quantity.counted(examination.model.polls, "poll"))
                ], advice: [$0.remedy.printable])
        }
    }

    private static func withoutStop(_ sentence: String) -> String {
        sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
    }
}
