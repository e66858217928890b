// Text that must fit: what is cut, where, and what cannot be printed.

extension String {
    /// Without characters that would move a terminal's cursor or change its state: names come from processes under
    /// observation.
    package var printable: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars { text.append(scalar.isControl ? "\u{FFFD}" : scalar) }
        return String(text)
    }

    /// At most `width` characters: the middle gives way, since names differ at their ends.
    package func shortened(to width: Int) -> String {
        guard count > width else { return self }
        guard width > 1 else { return width == 1 ? "…" : "" }
        let tail = (width - 1) / 2
        return prefix(width - 1 - tail) + "…" + suffix(tail)
    }

    package func leftAligned(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    package func rightAligned(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

    /// As many of a path's last components as fit into `width`, one at least: `Risk.swift` of `/src/quotes/Risk.swift`.
    package func pathShortened(to width: Int) -> String {
        guard count > width else { return self }
        var kept = ""
        for component in split(separator: "/").reversed() {
            let longer = kept.isEmpty ? String(component) : "\(component)/\(kept)"
            if longer.count > width, !kept.isEmpty { break }
            kept = longer
        }
        return kept.shortened(to: width)
    }

    /// Lines of at most `width` characters, broken at spaces; a word that is longer gets a line of its own.
    package func wrapped(to width: Int, indent: String = "") -> [String] {
        var lines: [String] = []
        var line = ""
        for part in split(separator: " ") {
            // A name can be longer than a line.
            let word = String(part).shortened(to: max(1, width - indent.count))
            if line.isEmpty {
                line = (lines.isEmpty ? "" : indent) + word
            } else if line.count + 1 + word.count <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = indent + word
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch properties.generalCategory {
        // Formats are those that turn the direction of writing around, among others.
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }
}
