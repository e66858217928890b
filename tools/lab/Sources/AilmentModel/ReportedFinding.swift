// What a report finds, as far as it is judged here.

import Foundation

package struct ReportedFinding: Decodable, Equatable, Sendable {
    package struct Site: Decodable, Equatable, Sendable {
        package var function: String?
        package var file: String?
        package var line: Int?

        package init(function: String? = nil, file: String? = nil, line: Int? = nil) {
            self.function = function
            self.file = file
            self.line = line
        }
    }

    package var kind: String
    package var severity: String
    package var site: Site?
    package var subject: String?
    package var headline: String?

    package init(
        kind: String, severity: String, site: Site? = nil, subject: String? = nil, headline: String? = nil
    ) {
        self.kind = kind
        self.severity = severity
        self.site = site
        self.subject = subject
        self.headline = headline
    }

    /// Those of a report, worst first.
    package static func all(inReport json: Data) throws -> [ReportedFinding] {
        struct Report: Decodable { var findings: [ReportedFinding] }
        do {
            return try JSONDecoder().decode(Report.self, from: json).findings
        } catch {
            throw LabFailure("a report's findings cannot be read: \(error)")
        }
    }

    /// Somebody should do something about it.
    package var isSerious: Bool { severity == "warning" || severity == "critical" }

    /// The file's name without its folder.
    package var fileName: String? { site?.file?.split(separator: "/").last.map(String.init) }

    /// In a line: `long-poll RiskModel.score(_:) CPULoop.swift:59`.
    package var summary: String {
        let place = fileName.map { name in site?.line.map { "\(name):\($0)" } ?? name }
        let subject = subject.flatMap { $0.isEmpty ? nil : "\"\($0)\"" }
        return [kind, site?.function ?? subject, place].compactMap { $0 }.joined(separator: " ")
    }
}
