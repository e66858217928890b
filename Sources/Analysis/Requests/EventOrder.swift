// Events and polls of many threads in, one order of time out.
//
// Each thread's events come in the order of their moments, its polls in the order of their ends. Until which moment all
// of them are known, the recording says; what is later waits for more. So this is a merge of sorted streams. Where a
// damaged recording has a stream out of order, so is the result: nothing else comes of it.

import CPollscopeLayout

struct EventOrder: Sendable {
    enum Next {
        case event(pollscope_event_record)
        case poll(pollscope_poll_record, thread: Int)
    }

    private struct Stream<Record: Sendable>: Sendable {
        var records: [Record] = []
        var next = 0

        mutating func removeTaken() {
            if next == records.count {
                records.removeAll(keepingCapacity: records.capacity <= 1 << 16)
            } else if next > 0 {
                records.removeSubrange(0..<next)
            }
            next = 0
        }
    }

    /// The next of one stream. Of what comes at one moment, events are first.
    private struct Head: Sendable {
        var time: UInt64
        /// Index of the stream, and the highest bit of those of polls.
        var stream: UInt32

        @inline(__always)
        func comesBefore(_ other: Head) -> Bool { (time, stream) < (other.time, other.stream) }
    }

    private static let pollStream: UInt32 = 1 << 31

    private var events: [Stream<pollscope_event_record>] = []
    private var eventStreams: [UInt32: Int] = [:]  // by tid
    private var latest: (tid: UInt32, stream: Int)?
    private var polls: [Stream<pollscope_poll_record>] = []
    private var pollStreams: [Int: Int] = [:]  // by thread
    private var threads: [Int] = []  // of `polls`
    private var heap: [Head] = []
    private var limit: UInt64?
    /// What has come and was not taken.
    private(set) var count = 0

    mutating func add(_ record: pollscope_event_record) {
        let stream: Int
        if let latest, latest.tid == record.tid {
            stream = latest.stream
        } else {
            stream = eventStreams[record.tid] ?? events.count
            if stream == events.count {
                events.append(Stream())
                eventStreams[record.tid] = stream
            }
            latest = (record.tid, stream)
        }
        events[stream].records.append(record)
        count += 1
    }

    mutating func add(_ batch: UnsafeBufferPointer<pollscope_poll_record>, of thread: Int) {
        guard !batch.isEmpty else { return }
        let stream = pollStreams[thread] ?? polls.count
        if stream == polls.count {
            polls.append(Stream())
            threads.append(thread)
            pollStreams[thread] = stream
        }
        polls[stream].records.append(contentsOf: batch)
        count += batch.count
    }

    /// Begins to take what is earlier than `limit`; `nil`: all.
    mutating func begin(before limit: UInt64?) {
        self.limit = limit
        heap.removeAll(keepingCapacity: true)
        for index in events.indices { if let head = head(of: UInt32(index)) { push(head) } }
        for index in polls.indices { if let head = head(of: UInt32(index) | Self.pollStream) { push(head) } }
    }

    /// `nil`: nothing is left that is early enough.
    mutating func next() -> Next? {
        guard let top = heap.first else { return nil }
        let index = Int(top.stream & ~Self.pollStream)
        let next: Next
        if top.stream & Self.pollStream != 0 {
            next = .poll(polls[index].records[polls[index].next], thread: threads[index])
            polls[index].next += 1
        } else {
            next = .event(events[index].records[events[index].next])
            events[index].next += 1
        }
        count -= 1
        if let head = head(of: top.stream) {
            heap[0] = head
        } else {
            heap[0] = heap[heap.count - 1]
            heap.removeLast()
        }
        sink()
        return next
    }

    /// Gives the memory of what was taken back.
    mutating func end() {
        for index in events.indices { events[index].removeTaken() }
        for index in polls.indices { polls[index].removeTaken() }
        // A service can have had a great many threads by now: those that say nothing any more cost nothing.
        if events.count + polls.count > Self.streamsKept, count == 0 {
            events = []
            eventStreams = [:]
            latest = nil
            polls = []
            pollStreams = [:]
            threads = []
        }
    }

    private static let streamsKept = 1_024

    @inline(__always)
    private func head(of stream: UInt32) -> Head? {
        let index = Int(stream & ~Self.pollStream)
        let time: UInt64
        if stream & Self.pollStream != 0 {
            guard polls[index].next < polls[index].records.count else { return nil }
            time = polls[index].records[polls[index].next].endTicks
        } else {
            guard events[index].next < events[index].records.count else { return nil }
            time = events[index].records[events[index].next].at_ticks
        }
        if let limit, time >= limit { return nil }
        return Head(time: time, stream: stream)
    }

    private mutating func push(_ head: Head) {
        heap.append(head)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].comesBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The first may be later than those below it.
    @inline(__always)
    private mutating func sink() {
        heap.withUnsafeMutableBufferPointer { heap in
            var parent = 0
            while true {
                var child = 2 * parent + 1
                guard child < heap.count else { return }
                if child + 1 < heap.count, heap[child + 1].comesBefore(heap[child]) { child += 1 }
                guard heap[child].comesBefore(heap[parent]) else { return }
                heap.swapAt(child, parent)
                parent = child
            }
        }
    }
}
