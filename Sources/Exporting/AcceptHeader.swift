// The header `Accept` of an HTTP request, read: which media types somebody takes, and how gladly.

/// What an `Accept` header lists, in its order. Text that is not of its form is left out.
struct AcceptHeader {
    struct Range: Equatable {
        /// In small letters; `*` is any.
        var type: String
        var subtype: String
        /// Names in small letters; without `q`.
        var parameters: [String: String] = [:]
        /// From 0, not at all, to 1.
        var quality: Double = 1
    }

    /// Nobody needs more; a hostile header may have them.
    private static let mostRanges = 64

    var ranges: [Range] = []

    init(_ text: String) {
        for part in Self.split(Array(text.utf8)[...], at: UInt8(ascii: ",")).prefix(Self.mostRanges) {
            if let range = Self.range(part) { ranges.append(range) }
        }
    }

    private static func range(_ text: ArraySlice<UInt8>) -> Range? {
        let parts = split(text, at: UInt8(ascii: ";"))
        guard let first = parts.first else { return nil }
        let names = first.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard names.count == 2 else { return nil }
        var range = Range(type: word(names[0]).lowercased(), subtype: word(names[1]).lowercased())
        guard !range.type.isEmpty, !range.subtype.isEmpty, range.type != "*" || range.subtype == "*" else { return nil }
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = word(part[..<equals]).lowercased()
            let value = unquoted(part[(equals + 1)...])
            if name == "q" {
                // What cannot be read as a quality is none that somebody would want.
                let quality = Double(value) ?? 0
                range.quality = quality >= 0 ? min(quality, 1) : 0
            } else {
                range.parameters[name] = value
            }
        }
        return range
    }

    /// The parts between separators that are in no quotes.
    private static func split(_ text: ArraySlice<UInt8>, at separator: UInt8) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = text.startIndex
        var isQuoted = false
        var isEscaped = false
        for (place, byte) in zip(text.indices, text) {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == separator, !isQuoted {
                parts.append(text[start..<place])
                start = place + 1
            }
        }
        return parts + [text[start...]]
    }

    private static func word(_ text: ArraySlice<UInt8>) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unquoted(_ text: ArraySlice<UInt8>) -> String {
        let word = word(text)
        guard word.count >= 2, word.hasPrefix("\""), word.hasSuffix("\"") else { return word }
        var result = ""
        var isEscaped = false
        for character in word.dropFirst().dropLast() {
            if !isEscaped, character == "\\" {
                isEscaped = true
                continue
            }
            isEscaped = false
            result.append(character)
        }
        return result
    }
}
