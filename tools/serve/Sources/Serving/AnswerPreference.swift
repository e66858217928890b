// What whoever asks would like to get: weighted names, as in Accept and Accept-Encoding.

struct AnswerPreference {
    private let weights: [Substring: Double]

    /// `nil`: there is no such header.
    init(_ value: String?) {
        var weights: [Substring: Double] = [:]
        // More than anybody sends.
        for part in (value ?? "").lowercased().split(separator: ",").prefix(64) {
            let fields = part.split(separator: ";").map(Self.trimmed)
            guard let name = fields.first, !name.isEmpty else { continue }
            let weight = fields.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            weights[name] = min(max(weight, 0), 1)
        }
        self.weights = weights
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    /// JSON is asked for, and text is not preferred. What takes anything gets text.
    var prefersJSON: Bool {
        let json = max(weights["application/json"] ?? 0, weights["application/*"] ?? 0)
        return json > 0 && json >= max(weights["text/plain"] ?? 0, weights["text/*"] ?? 0)
    }

    var takesGzip: Bool { (weights["gzip"] ?? weights["x-gzip"] ?? weights["*"] ?? 0) > 0 }
}
