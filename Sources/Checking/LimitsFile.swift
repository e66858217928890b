// The file of limits: YAML whose keys are the options' names. Whoever wrote it may have made any mistake.
//
//   fail-on: warning
//   max-wait-p99: 5ms
//   max-request-p99:
//     all: 100ms
//     GET /quote: 50ms
//   allow:
//     - long-poll:RiskModel.score

import Wording
import Yams

extension CheckSettings {
    /// A file of limits has a few dozen lines; what is larger is another file.
    public static let fileBytesMax = 65_536

    /// From the bytes of a file; `name` is for messages.
    public init(file bytes: [UInt8], name: String) throws(CheckError) {
        let file = LimitsFile(name: name)
        guard bytes.count <= Self.fileBytesMax else {
            throw file.error(nil, "This is no file of limits: it is larger than \(Self.fileBytesMax / 1024) KiB.")
        }
        let text = try file.text(of: bytes)
        guard let root = try file.root(of: text) else {
            throw file.error(nil, "It sets nothing. Keys: \(Self.keys.joined(separator: ", ")).")
        }
        guard let keys = root.mapping else {
            throw file.error(root.line, "A file of limits is made of lines like \"max-wait-p99: 5ms\".")
        }
        for (key, value) in keys { try add(key, value, of: file) }
    }

    private mutating func add(_ key: Node, _ value: Node, of file: LimitsFile) throws(CheckError) {
        guard let name = key.scalar?.string else {
            throw file.error(key.line, "A key is one word: \(Self.keys.joined(separator: ", ")).")
        }
        let origin = Limit.Origin.file(file.name, line: key.line ?? 1)
        switch name {
        case "fail-on": try setFailOn(value, from: origin)
        case "allow": try addAllowances(value, from: origin)
        default:
            guard let measure = Measure(rawValue: name) else {
                throw file.error(
                    key.line,
                    "There is no limit called \"\(name.printable.shortened(to: 60))\". "
                        + Self.nearest(to: name, among: Self.keys))
            }
            try add(measure, value, of: file, from: origin)
        }
    }

    private mutating func setFailOn(_ value: Node, from origin: Limit.Origin) throws(CheckError) {
        guard let text = value.scalar?.string, let choice = FailOn(rawValue: text) else {
            throw origin.error("fail-on", "It takes one of \(FailOn.choices).")
        }
        failOn = choice
    }

    /// One value, or one for each name.
    private mutating func add(
        _ measure: Measure, _ value: Node, of file: LimitsFile, from origin: Limit.Origin
    ) throws(CheckError) {
        if let text = value.scalar?.string { return try add(measure, (nil, text), from: origin) }
        guard let names = value.mapping else {
            throw origin.error(measure.rawValue, "It takes one value: \(measure.takes).")
        }
        if names.isEmpty { throw origin.error(measure.rawValue, "It has no value: it takes \(measure.takes).") }
        for (name, value) in names {
            guard let name = name.scalar?.string, let text = value.scalar?.string else {
                throw file.error(
                    name.line,
                    "\(measure.rawValue): Below it are lines like \"GET /quote: …\", each with \(measure.takes).")
            }
            try add(measure, (name, text), from: .file(file.name, line: value.line ?? 1))
        }
    }

    private mutating func addAllowances(_ value: Node, from origin: Limit.Origin) throws(CheckError) {
        for item in value.sequence.map(Array.init) ?? [value] {
            let origin = item.line.map { Limit.Origin.file(origin.fileName, line: $0) } ?? origin
            // `long-poll: score`, with a blank, is a mapping to YAML, and clear to anybody else.
            if let pair = item.mapping, pair.count == 1, let kind = pair.first?.key.scalar?.string,
                let part = pair.first?.value.scalar?.string
            {
                try allow("\(kind):\(part)", from: origin)
            } else if let text = item.scalar?.string {
                try allow(text, from: origin)
            } else {
                throw origin.error("allow", "It takes a list of KIND or KIND:PART-OF-A-NAME, like long-poll:score.")
            }
        }
    }
}

extension Limit.Origin {
    fileprivate var fileName: String {
        if case .file(let name, _) = self { return name }
        return ""
    }
}

extension Node {
    fileprivate var line: Int? { mark?.line }
}

/// From bytes to YAML's nodes.
private struct LimitsFile {
    var name: String

    func error(_ line: Int?, _ sentence: String) -> CheckError {
        CheckError(.badData, name.printable + (line.map { ":\($0)" } ?? "") + ": " + sentence)
    }

    func text(of bytes: [UInt8]) throws(CheckError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return try checked(text) }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
        throw error(line.map { $0 + 1 }, "This is not UTF-8. Save the file in that encoding.")
    }

    /// An alias can stand for a thousand others: with a handful of lines, a parser is busy for ever. Without an anchor
    /// there is none. Looked for wherever one can begin, in comments and quotes, too: what is one takes a parser to tell.
    private func checked(_ text: String) throws(CheckError) -> String {
        let openers: Set<Unicode.Scalar> = [" ", "\t", "[", "{", ",", ":", "-", "?", "\u{FEFF}"]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var last: Unicode.Scalar = " "
            var mayBegin = false
            for scalar in line.unicodeScalars {
                if mayBegin, scalar != " ", scalar != "\t" {
                    throw error(
                        index + 1,
                        "Anchors (&name) are not taken: write each limit out, and put no blank before \"&\" in a name.")
                }
                mayBegin = scalar == "&" && openers.contains(last)
                last = scalar
            }
        }
        return text
    }

    func root(of text: String) throws(CheckError) -> Node? {
        do {
            // The encoding is said, since a variable of the environment could say another.
            return try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let problem as YamlError {
            throw error(of: problem, in: text)
        } catch {
            throw self.error(nil, "It cannot be read as YAML.")
        }
    }

    private func error(of problem: YamlError, in text: String) -> CheckError {
        switch problem {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            // "but found another document" follows on what was expected.
            let found = problem.hasPrefix("but ") ? String(problem.dropFirst(4)) : problem
            return error(mark.line, "This cannot be read as YAML: \(found.printable).")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "\"\($0.printable.shortened(to: 60))\"" }.joined(separator: ", ")
            return error(context.mark.line, "\(names) is there twice. Keep one.")
        case .reader(let problem, let offset, _, _):
            let before = offset.map { text.prefix($0).count { $0.isNewline } + 1 }
            return error(before, "This cannot be read as YAML: \(problem.printable).")
        default: return error(nil, "It cannot be read as YAML.")
        }
    }
}
