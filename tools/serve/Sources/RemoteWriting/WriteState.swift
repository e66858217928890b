// What remote write has sent, what waits and what was lost, and what there is to say of it.

import Exporting

/// The state that the rounds, the sender and those who ask share. Pure: the time is given.
struct WriteState {
    private(set) var queue: WriteQueue
    private var sentSamples = 0
    private var failures = 0
    /// Samples that no store will have, by why.
    private var lost = (full: 0, refused: 0, stopped: 0)
    private var lastSuccess: Double?
    private let startTime: Double

    /// When the store was first not to be reached; `nil`: it takes what it gets.
    private var failingSince: Double?
    private var lastRefusal = ""
    private var notices: [String] = []
    /// Nobody may be there to read them.
    private static let noticesMost = 100

    init(samplesMost: Int, startTime: Double) {
        queue = WriteQueue(samplesMost: samplesMost)
        self.startTime = startTime
    }

    mutating func enqueue(_ batches: [WriteBatch]) {
        let dropped = queue.append(batches)
        if dropped > 0, lost.full == 0 {
            notice(
                "Remote write has no more room for what waits: the oldest samples are dropped from now on, and counted. Give it a longer queue, or a store that is up."
            )
        }
        lost.full += dropped
    }

    mutating func hasSent(_ ticket: WriteQueue.Ticket, samples: Int, at time: Double) {
        // What gave way while it was sent is counted as lost, although it has arrived: less is promised than kept.
        if queue.remove(ticket) { sentSamples += samples }
        lastSuccess = time
        lastRefusal = ""
        if let since = failingSince {
            failingSince = nil
            notice("Remote write works again, after \(Int((time - since).rounded())) s.")
        }
    }

    mutating func hasFailed(_ why: String, at time: Double) {
        failures += 1
        if failingSince == nil {
            failingSince = time
            notice("Remote write does not get through and is tried again and again: \(why)")
        }
    }

    mutating func wasRefused(_ ticket: WriteQueue.Ticket, samples: Int, _ why: String) {
        failures += 1
        if queue.remove(ticket) { lost.refused += samples }
        if why != lastRefusal { notice("The store for remote write refuses samples, which are dropped: \(why)") }
        lastRefusal = why
    }

    /// Gives up what waits: nobody is there to send it.
    mutating func stop() {
        let dropped = queue.removeAll()
        lost.stopped += dropped
        if dropped > 0 { notice("\(dropped) samples were not sent in the time that the end of remote write has.") }
    }

    mutating func notice(_ sentence: String) {
        if notices.count < Self.noticesMost { notices.append(sentence) }
    }

    mutating func takeNotices() -> [String] {
        defer { notices = [] }
        return notices
    }

    var metrics: [MetricFamily] {
        func count(_ number: Int, _ labels: [MetricLabel] = []) -> MetricSample {
            MetricSample(labels, .number(Double(number)), created: startTime)
        }
        let prefix = "pollscope_collector_remote_write_"
        var families = [
            MetricFamily(
                prefix + "samples", .counter, help: "Samples that the store for remote write has taken.",
                samples: [count(sentSamples)]),
            MetricFamily(
                prefix + "dropped_samples", .counter,
                help:
                    "Samples that were not written: the queue was full, the store refused them, or the end came first.",
                samples: [
                    count(lost.full, [MetricLabel("reason", "full")]),
                    count(lost.refused, [MetricLabel("reason", "refused")]),
                    count(lost.stopped, [MetricLabel("reason", "stopped")]),
                ]),
            MetricFamily(
                prefix + "failures", .counter, help: "Requests of remote write that did not succeed.",
                samples: [count(failures)]),
            MetricFamily(
                prefix + "pending", .gauge, help: "Samples that wait to be written.",
                samples: [MetricSample([], .number(Double(queue.samples)))]),
        ]
        if let lastSuccess {
            families.append(
                MetricFamily(
                    prefix + "success_timestamp_seconds", .gauge, unit: "seconds",
                    help: "When the store last took samples, since 1970.",
                    samples: [MetricSample([], .number(lastSuccess))]))
        }
        return families
    }
}
