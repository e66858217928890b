// A linker symbol's name taken apart: the function it belongs to, and which part of an async function it is.
//
// The compiler splits an async function `F` into parts: `F` itself up to the first suspension, then `F` + `TQ0_`,
// `TQ1_`… for what runs after an awaited call returned, and `TY0_`… for what runs after a hop to an executor.
// Both kinds count together. The suffix is read here, not in the demangled text, because symbols that are not
// Swift's (`async_Main`) and numbered copies (`…TA.15TQ0_`) have it too, and the demangler knows neither.

struct SymbolName: Hashable {
    /// What all parts of one function share: the symbol of its first part.
    var family: String
    /// 1 for `TQ0_` and `TY0_`, 2 for `TQ1_`…; `nil` when the symbol is no resume function.
    var resumePoint: Int?
    /// Whether it resumes after a hop (`TY`), not after a call.
    var isHop = false

    /// The function that a partial apply forwarder forwards to.
    var forwarded: String? {
        let name = mangled
        return name.hasPrefix("$s") && name.hasSuffix("TA") ? String(name.dropLast(2)) : nil
    }

    init(_ symbol: String) {
        if let (head, point, isHop) = Self.splitResumeSuffix(symbol[...]) {
            (family, resumePoint, self.isHop) = (String(head), point, isHop)
        } else if let (head, point, isHop) = Self.splitResumeSuffix(Self.withoutSuffix(symbol[...])) {
            (family, resumePoint, self.isHop) = (String(head), point, isHop)
        } else {
            family = symbol
        }
    }

    /// The name to demangle, without what LLVM appends (`.llvm.123`, `.cold`, `.15`) and the version that a linker does
    /// (`@@GLIBC_2.17`).
    var mangled: String { String(Self.withoutSuffix(family[...])) }

    // Index 0 is `TQ_`, index 1 is `TQ0_`: the demangler prints the latter as (1), and so do we.
    private static func splitResumeSuffix(_ name: Substring) -> (head: Substring, point: Int, isHop: Bool)? {
        guard name.last == "_" else { return nil }
        let beforeMark = name.dropLast()
        let digits = beforeMark.reversed().prefix { $0.isASCII && $0.isNumber }.count
        let head = beforeMark.dropLast(digits)
        guard digits <= 6, head.count > 2, head.hasSuffix("TQ") || head.hasSuffix("TY") else { return nil }
        let point = digits == 0 ? 0 : (Int(beforeMark.suffix(digits)) ?? 0) + 1
        return (head.dropLast(2), point, head.last == "Y")
    }

    // Swift's and C's names have none of these marks of their own; a leading dot (".text") is not a suffix.
    private static func withoutSuffix(_ name: Substring) -> Substring {
        name.dropFirst().firstIndex { $0 == "." || $0 == "@" }.map { name[..<$0] } ?? name
    }
}
