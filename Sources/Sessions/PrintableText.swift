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
}
