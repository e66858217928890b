// The name of a type as the runtime tells it, made short enough for a table.

public enum TypeName {
    private static let localContext = "(unknown context at $"

    /// `Box<Ledger>` of `Shop.Box<Shop.(Ledger in $7f10)>`: without modules and what tells private types apart.
    public static func withoutModules(_ name: String) -> String {
        // The demangler writes an underscore where the runtime, which has no names of files, writes an address.
        let demangled = withoutLocalContexts(name).replacing(" in $", with: " in _")
        let short = NameScanner().unqualified(ArraySlice(demangled.utf8))
        return short.isEmpty ? name : short
    }

    /// `Shop.Ledger` of `Shop.(unknown context at $7f10).Ledger`, a type inside a function.
    private static func withoutLocalContexts(_ name: String) -> String {
        var rest = name[...]
        var result = ""
        while let context = rest.firstRange(of: localContext),
            let end = rest[context.upperBound...].firstRange(of: ").")
        {
            result += rest[..<context.lowerBound]
            rest = rest[end.upperBound...]
        }
        return result + rest
    }
}
