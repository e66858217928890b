// JSON as values and as text.

/// A JSON value whose objects keep the order of their keys, so that equal reports are equal texts.
package enum JSONValue {
    case null
    case bool(Bool)
    case integer(UInt64)
    case signed(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])

    /// Two spaces a level; values without members on one line.
    package var text: String {
        var out = ""
        write(to: &out, indent: "")
        return out + "\n"
    }

    /// All of it on one line, without a line's end.
    package var line: String {
        var out = ""
        write(to: &out, indent: nil)
        return out
    }

    /// `indent`: what the line that the value stands on begins with; `nil`: no lines are begun.
    private func write(to out: inout String, indent: String?) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        case .signed(let value): out += String(value)
        // JSON has no infinities; the shortest digits that give the same Double back.
        case .number(let value): out += value.isFinite ? value.description : "null"
        case .string(let value): Self.write(value, to: &out)
        case .array(let values):
            Self.write(values, "[", "]", to: &out, indent: indent) { $0.write(to: &$1, indent: $2) }
        case .object(let members):
            Self.write(members, "{", "}", to: &out, indent: indent) { member, out, indent in
                Self.write(member.key, to: &out)
                out += indent == nil ? ":" : ": "
                member.value.write(to: &out, indent: indent)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, to out: inout String, indent: String?,
        each: (Element, inout String, String?) -> Void
    ) {
        guard !elements.isEmpty else {
            out += open + close
            return
        }
        out += open
        let inner = indent.map { $0 + "  " }
        for (index, element) in elements.enumerated() {
            out += (index == 0 ? "" : ",") + (inner.map { "\n" + $0 } ?? "")
            each(element, &out, inner)
        }
        out += (indent.map { "\n" + $0 } ?? "") + close
    }

    private static func write(_ string: String, to out: inout String) {
        out += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            // Also what some programs take for the end of a line.
            case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}

extension JSONValue {
    package static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
    package static func optional(_ number: Double?) -> JSONValue { number.map(JSONValue.number) ?? .null }
    package static func optional(_ number: Int?) -> JSONValue { number.map { .signed(Int64($0)) } ?? .null }
    package static func count(_ number: Int) -> JSONValue { .integer(UInt64(max(0, number))) }
}
