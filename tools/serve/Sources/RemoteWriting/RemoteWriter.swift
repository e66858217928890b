// Sends metrics to a store that does not come for them, by Prometheus's remote write 1.0.
//
// Two tasks: one takes the metrics every some seconds and puts them, as requests, into a queue; the other sends the
// first of the queue until the store has taken or refused it. So a store that is slow or away keeps nothing else waiting.

import Exporting
import Glibc
import Synchronization

/// Takes the metrics every some seconds and sends them, until it is cancelled.
public final class RemoteWriter: Sendable {
    public let settings: RemoteWriteSettings

    private let policy: RetryPolicy
    private let state: Mutex<WriteState>
    /// Says that there is something in the queue; ends when nothing more will come.
    private let arrivals = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Throws: `RemoteWriteError` for a URL, a file or a label that cannot be right.
    public init(_ settings: RemoteWriteSettings) throws(RemoteWriteError) {
        try settings.validate()
        self.settings = settings
        policy = RetryPolicy(
            backoffSeconds: settings.backoffSeconds, longestBackoffSeconds: settings.longestBackoffSeconds)
        var state = WriteState(samplesMost: settings.samplesPending, startTime: Self.now())
        if let remark = settings.secretFile.flatMap(RemoteWriteSettings.remark(onSecretIn:)) { state.notice(remark) }
        self.state = Mutex(state)
    }

    /// Sends what `metrics` gives until the task is cancelled; then marks all series as ended, and returns after what
    /// waits was sent or `flushSeconds` are over. Is called once.
    public func run(_ metrics: @escaping @Sendable () -> [MetricFamily]) async {
        let client = WriteClient(settings)
        // No child of ours, because it goes on for the last flush after we are cancelled.
        let sender = Task { await send(with: client) }
        var rounds = WriteRounds(settings)
        await ContinuousClock().forEachRound(every: .seconds(settings.intervalSeconds)) {
            enqueue(metrics(), of: &rounds)
        }
        // Without any families, every series has ended.
        enqueue([], of: &rounds)
        arrivals.continuation.finish()

        let limit = Task {
            try await Task.sleep(for: .seconds(settings.flushSeconds))
            sender.cancel()
        }
        await sender.value
        limit.cancel()
        state.withLock { $0.stop() }
        await client.close()
    }

    /// `pollscope_collector_remote_write_…`: what was sent, what was lost and what waits.
    public func metrics() -> [MetricFamily] { state.withLock { $0.metrics } }

    /// What a person who looks after the collector should know, a sentence each, oldest first; each is given once.
    public func takeNotices() -> [String] { state.withLock { $0.takeNotices() } }

    private func enqueue(_ families: [MetricFamily], of rounds: inout WriteRounds) {
        do {
            let batches = try rounds.batches(of: families, at: Int64(Self.now() * 1000))
            state.withLock { $0.enqueue(batches) }
            arrivals.continuation.yield()
        } catch {
            state.withLock { $0.notice("A round of remote write could not be encoded, and is left out: \(error)") }
        }
    }

    private func send(with client: WriteClient) async {
        for await _ in arrivals.stream {
            while let (ticket, batch) = state.withLock({ $0.queue.first }) {
                guard await send(batch, ticket, with: client) else { return }
            }
        }
    }

    /// Sends one request until it is taken, refused or has given way to others.
    /// - Returns: `false` if the time for it is over.
    private func send(_ batch: WriteBatch, _ ticket: WriteQueue.Ticket, with client: WriteClient) async -> Bool {
        for attempt in 0... {
            let outcome = await client.send(batch)
            if Task.isCancelled, case .failed = outcome { return false }
            let decision = policy.decision(outcome, attempt: attempt, chance: .random(in: 0...1))
            switch decision {
            case .sent:
                state.withLock { $0.hasSent(ticket, samples: batch.samples, at: Self.now()) }
                return true
            case .refused(let why):
                state.withLock { $0.wasRefused(ticket, samples: batch.samples, why) }
                return true
            case .retry(let seconds, let why):
                state.withLock { $0.hasFailed(why, at: Self.now()) }
                do { try await Task.sleep(for: .seconds(seconds)) } catch { return false }
                guard state.withLock({ $0.queue.first?.ticket == ticket }) else { return true }
            }
        }
        return true
    }

    /// Seconds since 1970.
    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension ContinuousClock {
    /// Calls `round` now and then every `interval`, until the task is cancelled. Moments that have passed when a round
    /// is over are left out, and the others stay where they are.
    fileprivate func forEachRound(every interval: Duration, _ round: () -> Void) async {
        var next = now
        while !Task.isCancelled {
            round()
            repeat { next += interval } while next < now
            do { try await Task.sleep(until: next, clock: self) } catch { return }
        }
    }
}
