// What is to be asked of the service, and how often: 'GET /quote=200'.

package struct Route: Equatable, Sendable {
    package var method: String
    package var path: String

    /// Requests a second; nil where the answers set the pace.
    package var rate: Double?

    package var name: String { "\(method) \(path)" }

    private static let methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]

    /// A route with its rate, such as `GET /quote=200`. The rate follows the last `=`, as a query may hold
    /// others.
    package init(parsing text: String) throws(LoadError) {
        guard let equals = text.lastIndex(of: "=") else {
            throw LoadError(
                .badRoute, "route '\(text)' has no rate", remedy: "write '\(text)=200' for 200 a second")
        }
        try self.init(request: text[..<equals], of: text)
        // In 'POST /risk?items=40' the last `=` is the query's own.
        let query = path.split(separator: "?", maxSplits: 1).dropFirst().first
        if let pair = query?.split(separator: "&").last, !pair.contains("=") {
            throw LoadError(
                .badRoute, "route '\(text)' ends in its query, which leaves it without a rate",
                remedy: "write '\(text)=200' for 200 a second")
        }
        guard let rate = Double(text[text.index(after: equals)...]), rate > 0, rate <= 1_000_000 else {
            throw LoadError(
                .badRoute, "route '\(text)' has no usable rate after its last '='",
                remedy: "give requests a second, above 0 and up to a million, such as 'GET /quote=200'")
        }
        self.rate = rate
    }

    /// A route without a rate, such as `GET /quote`, to be asked back to back.
    package init(parsingWithoutRate text: String) throws(LoadError) {
        try self.init(request: text[...], of: text)
        if path.contains("="), !path.contains("?") {
            throw LoadError(
                .badRoute, "route '\(text)' has a rate, and in a closed loop the answers set the pace",
                remedy: "leave out '=…', or leave out --closed")
        }
    }

    private init(request: Substring, of text: String) throws(LoadError) {
        let words = request.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard words.count == 2, Self.methods.contains(words[0]), words[1].hasPrefix("/") else {
            throw LoadError(
                .badRoute, "route '\(text)' is not a method and a path",
                remedy: "write it in quotes, as 'GET /quote=200' or 'POST /risk=3'")
        }
        guard words[1].utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw LoadError(
                .badRoute, "the path in '\(text)' has letters that a URL cannot have",
                remedy: "percent-encode them")
        }
        method = words[0]
        path = words[1]
    }
}
