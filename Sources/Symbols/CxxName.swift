// Demangled C++ names cut down like Swift's: without parameters, and without template arguments that fill a line.

enum CxxName {
    private static let templateLengthMax = 24

    /// `swift::runJob` of `swift::runJob(swift::Job*)`; `Values<…>::take` where the arguments are long.
    static func readable(_ demangled: String) -> String {
        var text = withoutTemplates(withoutParameters(demangled))
        if text.isEmpty { text = demangled }
        return text
    }

    private static func withoutParameters(_ name: String) -> String {
        var end = name.endIndex
        if let mark = name.firstRange(of: " [clone ") { end = mark.lowerBound }
        while name[..<end].hasSuffix(" const") { end = name.index(end, offsetBy: -6) }
        guard end > name.startIndex, name[..<end].last == ")" else { return String(name[..<end]) }
        // From the last bracket back to the one that it closes.
        var depth = 0
        var index = end
        while index > name.startIndex {
            index = name.index(before: index)
            if name[index] == ")" { depth += 1 }
            if name[index] == "(" { depth -= 1 }
            if depth == 0 { return String(name[..<index]) }
        }
        return String(name[..<end])
    }

    private static func withoutTemplates(_ name: String) -> String {
        var text = ""
        var arguments = ""
        var depth = 0
        for character in name {
            let isOperator = depth == 0 && text.hasSuffix("operator")
            if character == "<", !isOperator { depth += 1 }
            if depth == 0 { text.append(character) } else { arguments.append(character) }
            if character == ">", depth > 0 {
                depth -= 1
                guard depth == 0 else { continue }
                text += arguments.count > templateLengthMax ? "<…>" : arguments
                arguments = ""
            }
        }
        // Brackets that do not pair are some operator's: the name stays as it is.
        return depth == 0 ? text : name
    }
}
