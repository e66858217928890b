// Every request that was due is in the figures, and lost ones do not make them look better.

import Foundation
import LoadModel
import Testing

@Suite struct SummaryTests {
    private static let measured = Duration.seconds(2)..<Duration.seconds(12)

    @Test func theWarmUpIsLeftOut() {
        var tally = Tally(measured: Self.measured)
        tally.answered(due: .milliseconds(1_999), at: .milliseconds(1_999))
        tally.answered(due: .milliseconds(1_999), at: .milliseconds(2_100))
        tally.answered(due: .seconds(2), at: .milliseconds(2_005))
        tally.answered(due: .milliseconds(11_999), at: .milliseconds(12_001))
        #expect(tally.requests == 2)
        #expect(tally.latencies == [5_000_000, 2_000_000])
        // One asked for before counts for the throughput, one answered after does not.
        #expect(tally.answersInTime == 2)
        #expect(tally.answers == 4)
    }

    @Test func aTimeOutIsSlowAndARefusalIsNotQuick() {
        var tally = Tally(measured: Self.measured)
        tally.failed(.timedOut, due: .seconds(2), at: .seconds(12))
        tally.failed(.refused, due: .seconds(3), at: .milliseconds(3_001))
        #expect(tally.requests == 2)
        #expect(tally.errors == 2)
        #expect(tally.latencies == [10_000_000_000])
        #expect(tally.answersInTime == 0)
    }

    private var summary: Summary {
        var quotes = Tally(measured: Self.measured)
        for millisecond in 1...1_500 {
            let due = Duration.seconds(2) + .milliseconds(millisecond)
            quotes.answered(due: due, at: due + .microseconds(100 * millisecond))
        }
        quotes.failed(.timedOut, due: .seconds(3), at: .seconds(13))
        let silent = Tally(measured: Self.measured)
        return Summary([("GET /quote", quotes), ("POST /risk", silent)], duration: .seconds(10))
    }

    @Test func theTableLinesUp() {
        #expect(
            summary.table == """
                route        requests   rate/s   P50 ms   P95 ms   P99 ms   max ms       errors
                GET /quote      1,501      150     75.1      143      149   10,000   1 (0.07 %)
                POST /risk          0     0.00        –        –        –        –   0 (0.00 %)
                """)
    }

    @Test func theJSONHasEveryKey() throws {
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(summary.json().utf8)) as? [String: Any])
        #expect(Set(json.keys) == ["routes", "durationSeconds"])
        #expect(json["durationSeconds"] as? Double == 10)
        let routes = try #require(json["routes"] as? [[String: Any]])
        #expect(routes.map { $0["route"] as? String } == ["GET /quote", "POST /risk"])
        for route in routes {
            #expect(
                Set(route.keys) == [
                    "route", "requests", "errors", "ratePerSecond", "p50Seconds", "p95Seconds", "p99Seconds",
                    "maxSeconds",
                ])
        }
        #expect(routes[0]["requests"] as? Int == 1_501)
        #expect(routes[0]["errors"] as? Int == 1)
        #expect(routes[0]["p50Seconds"] as? Double == 0.0751)
        #expect(routes[0]["maxSeconds"] as? Double == 10)
        #expect(routes[1]["p99Seconds"] is NSNull)
    }

    @Test(arguments: [
        (0, "0.00"), (9.994, "9.99"), (9.996, "10.0"), (99.94, "99.9"), (99.96, "100"), (850.4, "850"),
        (1_234_567, "1,234,567"),
    ])
    func threeDigitsAreEnough(value: Double, text: String) {
        var tally = Tally(measured: Self.measured)
        let due = Duration.seconds(2)
        tally.answered(due: due, at: due + .nanoseconds(Int64(value * 1e6)))
        let table = Summary([("GET /", tally)], duration: .seconds(10)).table
        #expect(table.split(separator: "\n")[1].contains(" \(text) "))
    }
}
