// How long requests, waits and holds took, as the program itself reads the clock: right inside, and right outside.

import Pollscope
import Synchronization

/// Pairs of durations in nanoseconds: what is recorded of each lies between the two. So it does for their sums and for all
/// their quantiles.
///
///   duration NAME | sum | LEAST | MOST      likewise p50, p99 and max; of a name's requests
final class Durations: Sendable {
    enum Kind: String { case endpoint, part, call }

    private struct Readings {
        var inside: [UInt64] = []
        var outside: [UInt64] = []
        var errors = 0
        var cancelled = 0
    }

    let name: String
    private let readings = Mutex(Readings())

    init(of name: String) { self.name = name }

    func add(inside: UInt64, outside: UInt64) {
        readings.withLock {
            $0.inside.append(inside)
            $0.outside.append(outside)
        }
    }

    /// Measures a request around `body`.
    func measure<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        var begin: UInt64 = 0
        var end: UInt64 = 0
        let before = monotonicNanoseconds()
        defer { add(inside: end - begin, outside: monotonicNanoseconds() - before) }
        do {
            return try await Pollscope.request(name) {
                begin = monotonicNanoseconds()
                defer { end = monotonicNanoseconds() }
                return try await body()
            }
        } catch {
            readings.withLock { if error is CancellationError { $0.cancelled += 1 } else { $0.errors += 1 } }
            throw error
        }
    }

    /// All that were measured are in the report.
    func expect(_ kind: Kind) {
        let all = readings.withLock { $0 }
        expectRequests(name, kind, count: all.inside.count, errors: all.errors, cancelled: all.cancelled)
        expect("duration")
    }

    /// Prints the bounds of sum, median, 99th percentile and maximum.
    func expect(_ word: String) {
        let all = readings.withLock { $0 }
        guard !all.inside.isEmpty else { return }
        let inside = all.inside.sorted()
        let outside = all.outside.sorted()
        func expect(_ figure: String, _ least: UInt64, _ most: UInt64) {
            say("\(word) \(name) | \(figure) | \(least) | \(most)")
        }
        expect("sum", inside.reduce(0, +), outside.reduce(0, +))
        for (figure, share) in [("p50", 0.5), ("p99", 0.99)] {
            // Whichever of the neighbours a quantile is taken to be.
            let rank = Int(share * Double(inside.count))
            expect(figure, inside[max(0, rank - 1)], outside[min(rank + 1, outside.count - 1)])
        }
        expect("max", inside.last!, outside.last!)
    }
}

/// So many requests of that name, exactly.
func expectRequests(
    _ name: String, _ kind: Durations.Kind, count: Int, errors: Int = 0, cancelled: Int = 0, timedOut: Int = 0
) {
    say("request \(name) | \(kind.rawValue) | \(count) | \(errors) | \(cancelled) | \(timedOut)")
}
