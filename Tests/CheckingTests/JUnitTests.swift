// JUnit's XML as a parser reads it.

import Foundation
import FoundationXML
import Testing

@testable import Checking

@Suite("JUnit's XML")
struct JUnitTests {
    private let report = JUnitReport(folder: MadeService.folder)

    @Test("It is well-formed, and its counts are those of its cases", arguments: ["failing", "passing", "hostile"])
    func counts(which: String) throws {
        let results =
            try which == "failing"
            ? MadeChecks.failing() : which == "passing" ? MadeChecks.passing() : MadeChecks.hostile()
        let root = try ParsedXML.root(of: report.text(of: results))
        #expect(root.name == "testsuites")
        let suites = root.children
        #expect(suites.allSatisfy { $0.name == "testsuite" })
        #expect(suites.compactMap { $0.attributes["name"] } == ["recording", "limits", "findings"])
        for element in suites + [root] {
            let cases = element.all("testcase")
            #expect(element.attributes["tests"] == "\(cases.count)")
            #expect(element.attributes["failures"] == "\(cases.count { !$0.all("failure").isEmpty })")
            #expect(element.attributes["skipped"] == "\(cases.count { !$0.all("skipped").isEmpty })")
            #expect(element.attributes["errors"] == "0")
        }
        #expect(root.all("failure").count == results.failed)
        let names = root.all("testcase").map { "\($0.attributes["classname"] ?? "") \($0.attributes["name"] ?? "")" }
        #expect(Set(names).count == names.count, "\(names)")
        for failure in root.all("failure") {
            #expect(failure.attributes["message"]?.isEmpty == false && !failure.text.isEmpty)
        }
    }

    @Test("A finding's case has a name that stays, its place and what to do")
    func finding() throws {
        let root = try ParsedXML.root(of: report.text(of: MadeChecks.failing()))
        let finding = try #require(
            root.all("testcase").first { $0.attributes["name"] == "long-poll RiskModel.score(_:)" })
        #expect(finding.attributes["file"] == "Sources/Quotes/Risk.swift")
        #expect(finding.attributes["line"] == "48")
        #expect(finding.attributes["classname"] == "pollscope.findings")
        let failure = try #require(finding.all("failure").first)
        #expect(failure.attributes["message"] == "RiskModel.score(_:) computes 40 ms without suspending")
        #expect(failure.text.contains("do: await Task.yield()"))
        #expect(failure.text.contains("where: Sources/Quotes/Risk.swift:48"))
    }

    @Test("It stays as it was")
    func golden() throws {
        try Golden.expect(report.text(of: MadeChecks.failing()), equals: "failing.xml")
        try Golden.expect(report.text(of: MadeChecks.passing()), equals: "passing.xml")
    }

    @Test("No character is in it that XML has not")
    func characters() throws {
        let text = report.text(of: try MadeChecks.hostile())
        #expect(
            text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 32 && $0.value != 0xFFFE && $0 != "\u{202E}") })
    }
}

/// An element of XML, as Foundation's parser tells of it.
final class ParsedXML: NSObject, XMLParserDelegate {
    struct Element {
        var name: String
        var attributes: [String: String]
        var children: [Element] = []
        var text = ""

        /// Those of a name, at any depth.
        func all(_ name: String) -> [Element] {
            children.flatMap { ($0.name == name ? [$0] : []) + $0.all(name) }
        }
    }

    private var open: [Element] = [Element(name: "", attributes: [:])]

    static func root(of text: String) throws -> Element {
        let parsed = ParsedXML()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = parsed
        #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
        return try #require(parsed.open.first?.children.first)
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        open.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) { open[open.count - 1].text += text }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        guard open.count > 1, let ended = open.popLast() else { return }
        open[open.count - 1].children.append(ended)
    }
}
