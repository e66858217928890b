// A recording in, figures of its requests and pools out: events and polls in the order of the file.

import CPollscopeLayout
import Recording
import Sessions

/// One look at all events and polls of a recording, for what needs both.
struct RequestPass {
    private(set) var requests: RequestResults
    let pools: PoolAnalysis
    let unreadable: [EventChunk]

    /// `nil`: the service told of no requests, pools or tasks.
    init?(_ reader: RecordingReader, facts: RecordingFacts, splits: LongPollSplits, thresholds: ReportThresholds) {
        guard !reader.eventChunks.isEmpty else { return nil }
        var analysis = RequestAnalysis(facts: facts, splits: splits, thresholds: thresholds)
        var pools = PoolAnalysis(facts: facts)
        var unreadable: [EventChunk] = []
        let decoder = PollDecoder(reader)
        let eventDecoder = EventDecoder(reader)
        var events = reader.eventChunks[...]
        var last = Ticks(0)
        func takeEvents(before offset: UInt64) {
            while let chunk = events.first, chunk.offset < offset {
                events.removeFirst()
                do {
                    let batch = try eventDecoder.decode(chunk)
                    pools.add(batch.records)
                    analysis.add(batch.records, runs: batch.runs, lost: batch.lost, until: batch.until)
                } catch {
                    unreadable.append(chunk)
                    analysis.addLoss(from: last, to: max(last, chunk.until))
                }
                last = max(last, chunk.until)
            }
        }
        // Before the first events nobody worked for a request.
        let first = events.first?.offset ?? 0
        for chunk in reader.pollChunks where chunk.offset > first {
            takeEvents(before: chunk.offset)
            do {
                try decoder.decode(chunk) { analysis.add(ThreadPolls($0)) }
            } catch {
                analysis.addLoss(from: chunk.minStart, to: chunk.maxEnd)
            }
        }
        takeEvents(before: .max)
        analysis.finish(unfinished: facts.unfinished)
        requests = analysis.results
        self.pools = pools
        self.unreadable = unreadable
        findHolders(reader)
    }

    /// Looks again at the parts of the recording in which requests that are shown waited for somebody.
    private mutating func findHolders(_ reader: RecordingReader) {
        var holders = SegmentHolders(requests.table)
        guard !holders.isEmpty else { return }
        let decoder = PollDecoder(reader)
        let divider = RecordDivider()
        for chunk in reader.pollChunks
        where holders.beginChunk(from: chunk.minStart.rawValue, to: chunk.maxEnd.rawValue) {
            // What cannot be read was noted before.
            try? decoder.decode(chunk) { divider.divide(ThreadPolls($0)) { holders.add($0) } }
        }
        holders.apply(to: &requests.table)
    }
}
