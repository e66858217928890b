// The figures of a run as JSON, for programs.

import Foundation

extension Summary {
    /// Durations are seconds; a quantile of no requests is null.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension Summary: Encodable {
    private enum CodingKeys: String, CodingKey {
        case routes, durationSeconds
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(routes, forKey: .routes)
        try container.encode(duration.seconds, forKey: .durationSeconds)
    }
}

extension Summary.Route: Encodable {
    private enum CodingKeys: String, CodingKey {
        case route, requests, errors, ratePerSecond, p50Seconds, p95Seconds, p99Seconds, maxSeconds
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .route)
        try container.encode(requests, forKey: .requests)
        try container.encode(errors, forKey: .errors)
        try container.encode(ratePerSecond, forKey: .ratePerSecond)
        // Not encodeIfPresent: a reader finds every key, always.
        try container.encode(p50?.seconds, forKey: .p50Seconds)
        try container.encode(p95?.seconds, forKey: .p95Seconds)
        try container.encode(p99?.seconds, forKey: .p99Seconds)
        try container.encode(max?.seconds, forKey: .maxSeconds)
    }
}
