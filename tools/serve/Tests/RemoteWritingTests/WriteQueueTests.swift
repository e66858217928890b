// What waits to be sent, and what becomes of it.

import Testing

@testable import RemoteWriting

@Suite("Queue of remote write")
struct WriteQueueTests {
    private func batch(_ samples: Int) -> WriteBatch { WriteBatch(body: [], samples: samples) }

    @Test("The oldest give way, the last one stays, and what is lost is counted")
    func bounded() {
        var queue = WriteQueue(samplesMost: 10)
        #expect(queue.append([batch(4), batch(4)]) == 0)
        #expect(queue.append([batch(3)]) == 4)
        #expect(queue.samples == 7 && queue.first?.batch.samples == 4)
        #expect(queue.append([batch(100)]) == 7)
        #expect(queue.samples == 100 && queue.first?.batch.samples == 100)
        #expect(queue.append([batch(1)]) == 100)
        #expect(queue.removeAll() == 1 && queue.samples == 0 && queue.first == nil)
    }

    @Test("What gave way while it was sent is not removed again")
    func tickets() throws {
        var queue = WriteQueue(samplesMost: 10)
        _ = queue.append([batch(6), batch(4)])
        let sent = try #require(queue.first).ticket
        #expect(queue.append([batch(5)]) == 6)
        let wasThere = queue.remove(sent)
        #expect(!wasThere)
        #expect(queue.samples == 9)
        let next = try #require(queue.first).ticket
        let isRemoved = queue.remove(next)
        #expect(isRemoved)
        #expect(queue.samples == 5)
    }

    @Test("Samples are sent, lost or waiting: all of them, and each once")
    func accounts() throws {
        var state = WriteState(samplesMost: 10, startTime: 5)
        func value(_ name: String, _ reason: String? = nil) -> Double {
            let family = state.metrics.first { $0.name == "pollscope_collector_remote_write_" + name }
            let sample = family?.samples.first { reason == nil || $0.labels.first?.value == reason }
            guard case .number(let number) = sample?.value else { return -1 }
            return number
        }
        state.enqueue([batch(6), batch(4)])
        let first = try #require(state.queue.first).ticket
        state.enqueue([batch(5)])
        state.hasFailed("no", at: 1)
        state.hasFailed("no", at: 2)
        state.hasSent(first, samples: 6, at: 3)
        #expect(value("samples") == 0 && value("dropped_samples", "full") == 6 && value("pending") == 9)
        state.hasSent(try #require(state.queue.first).ticket, samples: 4, at: 4)
        #expect(value("samples") == 4 && value("success_timestamp_seconds") == 4 && value("failures") == 2)
        state.wasRefused(try #require(state.queue.first).ticket, samples: 5, "HTTP status 400: out of order")
        #expect(value("dropped_samples", "refused") == 5 && value("pending") == 0 && value("failures") == 3)
        state.enqueue([batch(2)])
        state.stop()
        #expect(value("dropped_samples", "stopped") == 2)
        // The room, the failure once, the end of it, the refusal, the end.
        let notices = (state.takeNotices(), state.takeNotices())
        #expect(notices.0.count == 5 && notices.1.isEmpty)
    }

    private let policy = RetryPolicy(backoffSeconds: 1, longestBackoffSeconds: 10)

    private func answered(_ status: Int, _ retryAfter: String? = nil, _ text: String = "") -> WriteOutcome {
        .answered(status: status, retryAfter: retryAfter, text: text)
    }

    @Test("What a store may recover from is tried again; what it refuses is not")
    func decisions() {
        for status in [200, 202, 204] { #expect(policy.decision(answered(status), attempt: 0, chance: 1) == .sent) }
        for status in [429, 500, 503, 599] {
            guard case .retry = policy.decision(answered(status), attempt: 0, chance: 1) else {
                Issue.record("\(status)")
                continue
            }
        }
        for status in [100, 301, 400, 401, 403, 404, 413] {
            #expect(
                policy.decision(answered(status, nil, "no"), attempt: 0, chance: 1)
                    == .refused("HTTP status \(status): no"))
        }
        #expect(policy.decision(.failed("no"), attempt: 0, chance: 1) == .retry(seconds: 1, "no"))
    }

    @Test("Backoff doubles up to the longest, and is spread")
    func backoff() {
        func seconds(_ attempt: Int, _ chance: Double) -> Double {
            guard case .retry(let seconds, _) = policy.decision(.failed(""), attempt: attempt, chance: chance) else {
                return -1
            }
            return seconds
        }
        #expect([0, 1, 2, 3, 4, 1_000_000].map { seconds($0, 1) } == [1, 2, 4, 8, 10, 10])
        #expect([0, 1, 1_000_000].map { seconds($0, 0) } == [0.5, 1, 5])
    }

    @Test(
        "Retry-After is waited for, within reason",
        arguments: [
            ("20", 20), ("0", 1), ("-5", 1), ("nan", 1), ("inf", 300), ("9999999", 300),
            ("Fri, 31 Dec 1999 23:59:59 GMT", 1), ("", 1),
        ])
    func retryAfter(text: String, expected: Double) {
        #expect(
            policy.decision(answered(503, text), attempt: 0, chance: 1) == .retry(seconds: expected, "HTTP status 503"))
    }
}
