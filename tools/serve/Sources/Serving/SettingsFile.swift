// The file of settings: YAML whose keys are the options' names. Whoever wrote it may have made any mistake.
//
//   listen: 127.0.0.1:9464
//   recordings: /var/lib/pollscope
//   recordings-size: 1GB
//   triggers:
//     episode: 100ms
//     hang: on
//   remote-write:
//     url: https://metrics.example.com/api/v1/write
//     external-labels: {cluster: eu-1}

import Yams

public struct SettingsFile: Sendable {
    /// A file of settings has a few dozen lines; what is larger is another file.
    public static let bytesMax = 65_536

    /// For messages.
    public var name: String

    public init(name: String) { self.name = name }

    /// Of a file that nobody else can write: it says what runs with the rights of whoever starts the collector.
    public func settings(at path: String) throws(ServeError) -> [Setting] {
        do {
            return try settings(of: GuardedFile.bytes(of: path, .trusted, most: Self.bytesMax))
        } catch let problem as GuardedFile.Problem {
            throw ServeError(problem.code, "--config: \(problem.sentence)")
        } catch let error as ServeError {
            throw error
        } catch {
            throw ServeError(.badData, "\(error)")
        }
    }

    /// Where in the file an error is: `serve.yml:3: …`.
    private func error(_ line: Int?, _ sentence: String) -> ServeError {
        ServeError(.badData, name.printable + (line.map { ":\($0)" } ?? "") + ": " + sentence)
    }

    private static let keys =
        SettingKey.allCases.filter { $0.group == nil }.map(\.rawValue)
        + SettingGroup.allCases.map(\.rawValue)

    /// What the bytes of the file set, in its order. The values are words still: only their places are known.
    public func settings(of bytes: [UInt8]) throws(ServeError) -> [Setting] {
        guard bytes.count <= Self.bytesMax else {
            throw error(nil, "This is no file of settings: it is larger than \(Self.bytesMax / 1024) KiB.")
        }
        guard let root = try root(of: try text(of: bytes)) else {
            throw error(nil, "It sets nothing. Keys: \(Self.keys.joined(separator: ", ")).")
        }
        guard let pairs = root.mapping else {
            throw error(root.line, "A file of settings is made of lines like \"listen: 127.0.0.1:9464\".")
        }
        var settings: [Setting] = []
        for (key, value) in pairs {
            let name = try word(key, "A key is one word: \(Self.keys.joined(separator: ", ")).")
            if let group = SettingGroup(rawValue: name) {
                settings += try self.settings(of: group, value, below: key)
            } else if let key = SettingKey(rawValue: name), key.group == nil {
                settings += try values(of: key, value)
            } else {
                throw error(key.line, "There is no setting called \(name.quoted). \(Self.hint(for: name, Self.keys))")
            }
        }
        return settings
    }

    private func settings(of group: SettingGroup, _ value: Node, below key: Node) throws(ServeError) -> [Setting] {
        let names = group.keys.map(\.nameInFile)
        guard let pairs = value.mapping, !pairs.isEmpty else {
            throw error(key.line, "\(group.rawValue): Below it are lines with \(names.joined(separator: ", ")).")
        }
        var settings: [Setting] = []
        for (key, value) in pairs {
            let name = try word(key, "\(group.rawValue): A key is one word: \(names.joined(separator: ", ")).")
            guard let found = group.keys.first(where: { $0.nameInFile == name }) else {
                throw error(
                    key.line,
                    "There is no setting called \((group.rawValue + "." + name).quoted). \(Self.hint(for: name, names))"
                )
            }
            settings += try values(of: found, value)
        }
        return settings
    }

    /// One value, or each of several.
    private func values(of key: SettingKey, _ value: Node) throws(ServeError) -> [Setting] {
        func origin(_ node: Node) -> Setting.Origin { .file(name, line: node.line ?? value.line ?? 1) }
        if key == .remoteWriteExternalLabels {
            guard let pairs = value.mapping else { throw origin(value).error(key, "It takes \(key.takes).") }
            return try pairs.map { (label, value) throws(ServeError) in
                guard let label = label.scalar?.string, let words = value.scalar?.string else {
                    throw origin(label).error(key, "It takes \(key.takes).")
                }
                return Setting(key, label: label, words, from: origin(value))
            }
        }
        if key.isList, let items = value.sequence {
            if items.isEmpty { throw origin(value).error(key, "The list is empty. It takes \(key.takes).") }
            return try items.map { item throws(ServeError) in
                guard let words = item.scalar?.string else { throw origin(item).error(key, "It takes \(key.takes).") }
                return Setting(key, words, from: origin(item))
            }
        }
        guard let words = value.scalar?.string else {
            throw origin(value).error(key, "It takes one value: \(key.takes).")
        }
        return [Setting(key, words, from: origin(value))]
    }

    private func word(_ node: Node, _ sentence: String) throws(ServeError) -> String {
        guard let word = node.scalar?.string else { throw error(node.line, sentence) }
        return word
    }

    /// Those that begin alike, or all.
    private static func hint(for name: String, _ keys: [String]) -> String {
        func distance(_ key: String) -> Int { zip(key, name).prefix { $0 == $1 }.count }
        guard let best = keys.max(by: { distance($0) < distance($1) }), distance(best) >= 3 else {
            return "Keys: \(keys.joined(separator: ", "))."
        }
        return "The nearest: \(best)."
    }

    // MARK: From bytes to YAML's nodes

    private func text(of bytes: [UInt8]) throws(ServeError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return try checked(text) }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }
        throw error(line.map { $0 + 1 }, "This is not UTF-8. Save the file in that encoding.")
    }

    /// An alias can stand for a thousand others: with a handful of lines, a parser is busy for ever. Without an anchor
    /// there is none. Looked for wherever one can begin, in comments and quotes, too: what is one takes a parser to tell.
    private func checked(_ text: String) throws(ServeError) -> String {
        let openers: Set<Unicode.Scalar> = [" ", "\t", "[", "{", ",", ":", "-", "?", "\u{FEFF}"]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var last: Unicode.Scalar = " "
            var mayBegin = false
            for scalar in line.unicodeScalars {
                if mayBegin, scalar != " ", scalar != "\t" {
                    throw error(
                        index + 1,
                        "Anchors (&name) are not taken: write each setting out, and put no blank before \"&\".")
                }
                mayBegin = scalar == "&" && openers.contains(last)
                last = scalar
            }
        }
        return text
    }

    private func root(of text: String) throws(ServeError) -> Node? {
        do {
            // The encoding is said, since a variable of the environment could say another.
            return try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let problem as YamlError {
            throw error(of: problem, in: text)
        } catch {
            throw self.error(nil, "It cannot be read as YAML.")
        }
    }

    private func error(of problem: YamlError, in text: String) -> ServeError {
        switch problem {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            // "but found another document" follows on what was expected.
            let found = problem.hasPrefix("but ") ? String(problem.dropFirst(4)) : problem
            return error(mark.line, "This cannot be read as YAML: \(found.printable).")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "\($0)".quoted }.joined(separator: ", ")
            return error(context.mark.line, "\(names) is there twice. Keep one.")
        case .reader(let problem, let offset, _, _):
            let before = offset.map { text.prefix($0).count { $0.isNewline } + 1 }
            return error(before, "This cannot be read as YAML: \(problem.printable).")
        default: return error(nil, "It cannot be read as YAML.")
        }
    }
}

extension Node {
    fileprivate var line: Int? { mark?.line }
}
