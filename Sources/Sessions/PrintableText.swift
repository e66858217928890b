// What a service hands over goes to terminals and files: only what can be seen is kept of it.

enum PrintableText {
    /// The text of `bytes`; whatever in it cannot be seen, or is no text, becomes U+FFFD.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                text.unicodeScalars.append("\u{FFFD}")
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// `bytes` without what is left at their end of a character that was cut in two.
    static func withoutHalfCharacter(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        let continued = bytes.suffix(3).reversed().prefix { $0 & 0xC0 == 0x80 }.count
        guard let lead = bytes.dropLast(continued).last, lead >= 0xC0 else { return bytes[...] }
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
        return continued + 1 < length ? bytes.dropLast(continued + 1) : bytes[...]
    }
}
