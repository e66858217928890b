// Requests that wait to be sent, in their order; when there are too many, the oldest give way.

struct WriteQueue {
    /// Names a request while it waits.
    struct Ticket: Hashable {
        fileprivate var number: UInt64
    }

    let samplesMost: Int
    private(set) var samples = 0
    private var waiting: [(ticket: Ticket, batch: WriteBatch)] = []
    private var next: UInt64 = 0

    init(samplesMost: Int) { self.samplesMost = samplesMost }

    /// Adds requests, and takes away from the oldest until what waits is no more than it may be. The last one stays,
    /// whatever its size.
    /// - Returns: how many samples are lost so.
    mutating func append(_ batches: [WriteBatch]) -> Int {
        for batch in batches {
            waiting.append((Ticket(number: next), batch))
            next += 1
            samples += batch.samples
        }
        var surplus = 0
        var lost = 0
        while samples > samplesMost, surplus < waiting.count - 1 {
            lost += waiting[surplus].batch.samples
            samples -= waiting[surplus].batch.samples
            surplus += 1
        }
        waiting.removeFirst(surplus)
        return lost
    }

    /// The one to be sent next, which waits until it is removed.
    var first: (ticket: Ticket, batch: WriteBatch)? { waiting.first }

    /// Removes a request that has been dealt with; `false`: it had given way in the meantime.
    mutating func remove(_ ticket: Ticket) -> Bool {
        guard let first = waiting.first, first.ticket == ticket else { return false }
        samples -= first.batch.samples
        waiting.removeFirst()
        return true
    }

    /// Removes everything; how many samples that were.
    mutating func removeAll() -> Int {
        defer {
            waiting = []
            samples = 0
        }
        return samples
    }
}
