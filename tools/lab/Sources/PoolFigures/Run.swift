// What is read of one run: the pool's figures from Pollscope's report, the latencies from the load generator.

import Foundation

struct Run {
    var size: Int
    var pool: PoolOfReport
    var clients: ClientFigures
}

/// Of an entry of `pools`; the report's schema says what each means.
struct PoolOfReport: Decodable {
    struct Quantiles: Decodable {
        var p50: Double
        var p99: Double
    }

    struct Advice: Decodable {
        var size: Int
        var isAtLeast: Bool
        var targetSeconds: Double
    }

    var name: String
    var timedOut: Int
    var waitSeconds: Quantiles
    var advice: Advice?
    var adviceMissing: String?

    init(named name: String, in path: String) throws {
        struct Report: Decodable {
            var pools: [PoolOfReport]
        }
        let report: Report = try decoded(path)
        guard let pool = report.pools.first(where: { $0.name == name }) else {
            throw Unusable("\(path) knows no pool '\(name)'")
        }
        self = pool
    }
}

/// Of the first route of the load generator's summary.
struct ClientFigures: Decodable {
    var route: String
    var errors: Int
    var p50Seconds: Double
    var p99Seconds: Double

    init(in path: String) throws {
        struct Summary: Decodable {
            var routes: [ClientFigures]
        }
        let summary: Summary = try decoded(path)
        guard let first = summary.routes.first else { throw Unusable("\(path) has no route") }
        self = first
    }
}

struct Unusable: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

private func decoded<Value: Decodable>(_ path: String) throws -> Value {
    do {
        return try JSONDecoder().decode(Value.self, from: Data(contentsOf: URL(filePath: path)))
    } catch let error as DecodingError {
        throw Unusable("\(path) is not what was expected: \(error)")
    }
}
