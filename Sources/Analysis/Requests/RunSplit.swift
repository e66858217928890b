// Where the time of a stretch of a poll went: on CPU, blocked, waiting for a pool in a blocking call, or kept off the
// CPU.
//
// How long a poll was blocked in all is known, and at the moments at which its request began or ended in it; and of a
// wait for a pool inside it, how much of that. Between these moments blocked time is taken to lie evenly.

struct RunSplit: Sendable, Hashable {
    var onCPU: UInt64 = 0
    var blocked: UInt64 = 0
    var poolWait: UInt64 = 0
    var kernelWait: UInt64 = 0
    /// Of `poolWait`; 0: none.
    var pool: UInt32 = 0
}

/// A moment of a poll at which it is known how long it had been blocked by then.
struct BlockedMoment {
    var at: UInt64
    var blocked: UInt64
}

extension RunSplit {
    /// Of `piece`, from `from` to `to`, both in it. `known` are moments in the order of time; `waits` those of its
    /// task, in the order of their ends; `long`: what is known if it was a long poll.
    init(
        of piece: TaskPiece, from: UInt64, to: UInt64, known: [BlockedMoment], waits: [PoolWait],
        long: LongPollSplits.Entry?
    ) {
        let length = to - from
        guard piece.blocked > 0 || long != nil else {
            onCPU = length
            return
        }
        let pools = waits.isEmpty ? [] : Self.waits(waits, inside: piece)
        func pool(until moment: UInt64) -> UInt64 {
            pools.reduce(0) { $0 + Self.share(of: $1.blocked ?? 0, from: $1.since, to: $1.until, until: moment) }
        }
        // Blocked otherwise, by then.
        var moments = [BlockedMoment(at: piece.start, blocked: 0)]
        for moment in known where moment.at > (moments.last?.at ?? piece.start) && moment.at < piece.end {
            moments.append(
                BlockedMoment(
                    at: moment.at,
                    blocked: min(moment.blocked, piece.blocked).subtractingClamped(pool(until: moment.at))))
        }
        moments.append(BlockedMoment(at: piece.end, blocked: piece.blocked.subtractingClamped(pool(until: piece.end))))
        for index in moments.indices.dropFirst() {
            let before = moments[index - 1]
            moments[index].blocked = min(
                max(moments[index].blocked, before.blocked), before.blocked + (moments[index].at - before.at))
        }
        func other(until moment: UInt64) -> UInt64 {
            var sum: UInt64 = 0
            for (before, next) in zip(moments, moments.dropFirst()) {
                sum += Self.share(of: next.blocked - before.blocked, from: before.at, to: next.at, until: moment)
            }
            return sum
        }
        poolWait = min(length, pool(until: to).subtractingClamped(pool(until: from)))
        if poolWait > 0 { self.pool = pools.max { $0.until - $0.since < $1.until - $1.since }?.pool ?? 0 }
        blocked = min(length - poolWait, other(until: to).subtractingClamped(other(until: from)))
        var rest = length - poolWait - blocked
        if let long, piece.end > piece.start {
            // What is not blocked is measured as a whole: every stretch of it has its share.
            let ran = (piece.end - piece.start).subtractingClamped(piece.blocked)
            kernelWait = Self.part(rest, of: long.kernelWait, in: ran)
            let asleep = min(rest - kernelWait, Self.part(rest, of: long.asleep, in: ran))
            blocked += asleep
            rest -= kernelWait + asleep
        }
        onCPU = rest
    }

    /// Waits that lie inside the piece, each with how long it was blocked at most.
    private static func waits(_ all: [PoolWait], inside piece: TaskPiece) -> [PoolWait] {
        var found: [PoolWait] = []
        var index = all.firstIndexSorted { $0.until > piece.start }
        var room = piece.blocked
        while index < all.count, all[index].until <= piece.end, found.count < 64 {
            var wait = all[index]
            index += 1
            guard wait.since >= piece.start else { continue }
            let length = wait.until - wait.since
            // Not told, though it was in one poll: its share of what the poll was.
            let blocked = wait.blocked ?? part(length, of: piece.blocked, in: piece.end - piece.start)
            wait.blocked = min(blocked, length, room)
            room -= wait.blocked ?? 0
            found.append(wait)
        }
        return found
    }

    /// The part of `amount`, spread from `from` to `to`, that comes before `until`.
    private static func share(of amount: UInt64, from: UInt64, to: UInt64, until: UInt64) -> UInt64 {
        if until >= to { return amount }
        return until <= from ? 0 : part(until - from, of: amount, in: to - from)
    }

    /// `length` / `whole` of `amount`, and no more than `length`.
    private static func part(_ length: UInt64, of amount: UInt64, in whole: UInt64) -> UInt64 {
        guard whole > 0, amount > 0 else { return 0 }
        if length >= whole { return min(amount, length) }
        let product = length.multipliedFullWidth(by: amount)
        // Safe: length is less than whole, so the quotient is less than the amount.
        return min(whole.dividingFullWidth(product).quotient, length)
    }
}

/// What the kernel's accounts say of long polls, poll by poll: how long they were kept off the CPU, and how long they
/// slept outside observed calls.
struct LongPollSplits: Sendable {
    struct Entry: Sendable, Hashable {
        var kernelWait: UInt64
        var asleep: UInt64
    }
    private struct Key: Hashable, Sendable {
        var tid: UInt32
        var start: UInt64
    }
    private static let entriesMax = 1 << 18
    private var entries: [Key: Entry] = [:]

    mutating func note(tid: UInt32, start: UInt64, _ split: SplitTicks) {
        guard split.kernelWait > 0 || split.other > 0, entries.count < Self.entriesMax else { return }
        entries[Key(tid: tid, start: start)] = Entry(kernelWait: split.kernelWait, asleep: split.other)
    }

    func entry(tid: UInt32, start: UInt64) -> Entry? {
        entries.isEmpty ? nil : entries[Key(tid: tid, start: start)]
    }
}
