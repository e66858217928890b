// Text that others wrote, for a line of ours: nothing in it moves a terminal's cursor or begins another line.

import Glibc

extension String {
    /// What cannot be seen becomes U+FFFD.
    var printable: String {
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: text.append("\u{FFFD}")
            default: text.append(scalar)
            }
        }
        return String(text)
    }

    /// `"…"`, at most 60 characters of it.
    var quoted: String { "\"" + (count > 60 ? printable.prefix(59) + "…" : Substring(printable)) + "\"" }
}

/// What the system says of `errno`.
func systemReason(_ code: Int32) -> String { String(cString: strerror(code)) }
