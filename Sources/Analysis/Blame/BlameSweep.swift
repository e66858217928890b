// Who made whom wait: every instant at which jobs wait and all threads of their executor are busy is charged to the
// polls that keep them busy.
//
// At an instant at which Q jobs wait and B polls run on an executor of width W, each of these polls is charged Q / B if
// B is W; otherwise a thread was about to be woken, or the kernel did not run it, and Q goes to `scheduler`. So charges
// add up to all queue wait. With G the integral of Q / B over time, a poll's charge is the difference of G between its
// start and its end: one subtraction.
//
// The sweep goes backwards, from the end of the recording to its beginning. A record is written when its poll has ended,
// and says when it began and since when it could have: so from the end, everything is known before it is needed. What
// waits at an instant and has not begun, a sweep forwards could not know. Memory goes with what runs and waits at once,
// not with the recording.
//
// An actor is an executor of width 1 of its own, whose polls are its holds. A thread that runs a poll inside another (a
// job in its actor's drain, a job in a turn of an event loop) holds both executors, and the innermost poll is charged.
//
// BlameStrand.swift has what one thread runs, BlameLane.swift what one executor is charged for, BlameEpisodes.swift when
// waiting is starvation.

import CPollscopeLayout

struct BlameSweep: ~Copyable {
    /// What is charged: an executor, or the actors of one type.
    enum Group: Hashable, Sendable {
        case executor(UInt8)
        case actors(type: UInt16)
    }

    struct ActorKey: Hashable, Sendable {
        var type: UInt16
        var actor: UInt32
    }

    /// Jobs that wait at once, at most; hostile recordings have more.
    var waitingMax = 1 << 22

    /// Intervals that have come and are not swept, at most: a damaged recording can say that all of them ended last. The
    /// sweep then goes on, and waits that it has passed are cut.
    private static let pendingMax = 1 << 20

    /// Executors and actors that run or wait at once, and charges of other groups' keys, at most: likewise.
    private static let lanesMax = 1 << 18
    private static let foreignMax = 1 << 20

    let clock: TickClock
    /// By executor: how many polls it can run at once.
    private let widths: [Int]
    private let splits: LongPollSplits
    private let tids: [UInt32]
    private(set) var keys = PollKeyIndex()
    /// By key number: the group of its executor; -1: of no group alone, as jobs on actors.
    private(set) var groupOfKey = BlameTable<Int32>()
    /// By key number, of its own executor.
    var own = BlameTable<ChargedTime>()
    /// Likewise; as far as there are any.
    var ownVictims = BlameTable<TailLanes>()
    /// What jobs in drains are charged for on the executor around them, and holds on their actors: see `foreignNumber`.
    var foreign = ChargeTable()
    private var groups: [Group: Int] = [:]
    var figures: [BlameFigures] = []
    var lanes = BlameTable<BlameLane>()
    var details = BlameTable<BlameLaneDetail>()
    private var freeLanes: [Int] = []
    private var laneOfExecutor = [Int32](repeating: -1, count: 256)
    private var actors: [ActorKey: Int] = [:]
    var strands = BlameTable<BlameStrand>()
    private var strandOfThread: [Int: Int] = [:]
    private var strandOfHolds: [Int: Int] = [:]
    private var heads = MomentHeap()
    private var waiting = MomentQueue()
    private var pending = 0
    var tails: TailVictims
    private var now = UInt64.max
    var episodes = EpisodeLog()
    /// Waits of jobs that there was no room for, and parts of waits that came too late.
    private(set) var unresolvedTicks: Double = 0
    let episodeTicks: UInt64
    let gapTicks: UInt64

    /// `widths` by executor; 0: as wide as what runs on it.
    init(
        clock: TickClock, widths: [Int], episodeTicks: UInt64, gapTicks: UInt64,
        splits: LongPollSplits = LongPollSplits(), tids: [UInt32] = [], tails: consuming TailVictims = TailVictims()
    ) {
        self.clock = clock
        self.widths = widths
        self.episodeTicks = episodeTicks
        self.gapTicks = gapTicks
        self.splits = splits
        self.tids = tids
        self.tails = tails
    }

    /// Takes a thread's polls and holds of a stretch of time that is earlier than all that came before, or about as early:
    /// of each thread in the order of their ends. Comes before `sweep`.
    mutating func add(_ batch: ThreadPolls) {
        pending += batch.polls.count + batch.holds.count
        if !batch.polls.isEmpty {
            let strand = Self.strand(of: batch.thread, in: &strandOfThread, &strands)
            for poll in batch.polls { strands[strand].gather(interval(of: poll, thread: batch.thread)) }
        }
        if !batch.holds.isEmpty {
            let strand = Self.strand(of: batch.thread, in: &strandOfHolds, &strands)
            for hold in batch.holds { strands[strand].gather(interval(ofHold: hold)) }
        }
    }

    /// What ran when the recording ended; comes first.
    mutating func add(unfinished poll: pollscope_poll_record, thread: Int) {
        pending += 1
        let strand = Self.strand(of: thread, in: &strandOfThread, &strands)
        strands[strand].gather(interval(of: poll, thread: thread))
        strands[strand].endChunk()
    }

    /// Goes back to `moment`: nothing that ended after it has not come.
    mutating func sweep(downTo moment: UInt64) {
        heads.removeAll()
        for index in strands.indices {
            strands[index].endChunk()
            // A moment that is later than now has come too late.
            if let time = strands[index].nextTime {
                heads.push(Moment(time: min(time, now), index: Int32(index)))
            }
        }
        while true {
            let (head, job) = (heads.firstTime, waiting.firstTime)
            let tail = tails.isEmpty ? 0 : tails.nextTime
            let next = max(head, job, tail)
            guard next > moment || (pending > Self.pendingMax && next > 0) else { break }
            now = next
            if head == next {
                step(at: next)
            } else if tail == next {
                changeTails(at: next)
            } else {
                stopWaiting(in: Int(waiting.takeFirst()), at: next)
            }
        }
    }

    /// Goes back to the beginning.
    mutating func finish() {
        sweep(downTo: 0)
        // What began at 0 ends here, and before it nobody waits.
        while heads.first != nil { step(at: 0) }
        for lane in lanes.indices where details[lane].isUsed {
            advance(lane, to: 0)
            close(episodeOf: lane)
            addUp(lane)
        }
    }

    /// All charges, by group.
    var charges: [(group: Int, key: PollKey, charge: BlameCharge)] {
        var all: [(group: Int, key: PollKey, charge: BlameCharge)] = []
        for number in own.indices where own[number].ticks > 0 {
            let victims = number < ownVictims.count ? ownVictims[number] : TailLanes()
            all.append(
                (Int(groupOfKey[number]), keys.keys[number], BlameCharge(time: own[number], victims: victims)))
        }
        let order = foreign.numbers.enumerated().sorted { $0.element < $1.element }
        for (place, number) in order {
            let key = keys.keys[Int(number & 0xFFFF_FFFF)]
            all.append((Int(number >> 32), key, foreign[place]))
        }
        return all
    }

    /// Of what polls of another group's key are charged for. Without room, they are charged as a stack that was not
    /// captured.
    @inline(__always)
    mutating func foreignNumber(of key: Int32, in group: Int32) -> UInt64 {
        let number = UInt64(group) << 32 | UInt64(key)
        guard foreign.numbers.count >= Self.foreignMax, !foreign.contains(number) else { return number }
        let rest = self.number(
            of: PollKey(stack: 0, kind: .task, executor: UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)))
        return UInt64(group) << 32 | UInt64(rest)
    }

    // MARK: Intervals

    private static func strand(of thread: Int, in known: inout [Int: Int], _ strands: inout BlameTable<BlameStrand>)
        -> Int
    {
        if let strand = known[thread] { return strand }
        strands.append(BlameStrand())
        known[thread] = strands.count - 1
        return strands.count - 1
    }

    @inline(__always)
    private mutating func number(of key: PollKey) -> Int32 {
        let number = keys.number(of: key)
        if number >= own.count { addKey(key) }
        return Int32(number)
    }

    private mutating func addKey(_ key: PollKey) {
        own.append(ChargedTime())
        let isOnActor = UInt32(key.executor) == POLLSCOPE_EXECUTOR_ACTOR.rawValue
        groupOfKey.append(isOnActor ? -1 : lanes[Int(lane(ofExecutor: key.executor))].group)
    }

    @inline(__always)
    private mutating func interval(of poll: pollscope_poll_record, thread: Int) -> BlameInterval {
        let kind = PollKind(of: poll)
        var interval = BlameInterval(
            poll, key: number(of: PollKey(stack: poll.stack, kind: kind, executor: poll.executor)))
        // Which actor a job waited for is told by its hold.
        if UInt32(poll.executor) != POLLSCOPE_EXECUTOR_ACTOR.rawValue {
            interval.lane = lane(ofExecutor: poll.executor)
        }
        // A turn's wait is the most that its events can have waited, and nobody's job.
        if kind == .turn || interval.lane < 0 || poll.has(POLLSCOPE_POLL_WAIT_UNKNOWN) { interval.wait = 0 }
        if poll.duration_ticks >= clock.longPollTicks, thread < tids.count,
            let split = splits.entry(tid: tids[thread], start: poll.start_ticks)
        {
            interval.kernelShare = Float(
                Double(min(split.kernelWait, poll.duration_ticks)) / Double(max(1, poll.duration_ticks)))
        }
        return interval
    }

    private mutating func interval(ofHold hold: pollscope_poll_record) -> BlameInterval {
        var interval = BlameInterval(
            hold,
            key: number(
                of: PollKey(
                    stack: hold.stack, kind: .task, executor: UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue))))
        interval.blockedShare = 0
        interval.isHold = true
        interval.actor = ActorKey(type: hold.heldType, actor: hold.heldActor)
        interval.task = hold.task
        return interval
    }

    // MARK: Lanes

    private mutating func group(_ group: Group) -> Int {
        if let known = groups[group] { return known }
        groups[group] = figures.count
        figures.append(BlameFigures(group: group))
        return figures.count - 1
    }

    @inline(__always)
    private mutating func lane(ofExecutor executor: UInt8) -> Int32 {
        let known = laneOfExecutor[Int(executor)]
        return known >= 0 ? known : newLane(ofExecutor: executor)
    }

    private mutating func newLane(ofExecutor executor: UInt8) -> Int32 {
        let width = widths.indices.contains(Int(executor)) ? widths[Int(executor)] : 0
        lanes.append(BlameLane(group: group(.executor(executor)), width: max(1, width), at: now))
        details.append(BlameLaneDetail())
        laneOfExecutor[Int(executor)] = Int32(lanes.count - 1)
        return Int32(lanes.count - 1)
    }

    /// -1: there is no room for it.
    private mutating func lane(of actor: ActorKey) -> Int32 {
        if let known = actors[actor] { return Int32(known) }
        let lane = BlameLane(group: group(.actors(type: actor.type)), width: 1, at: now)
        let place = freeLanes.popLast() ?? lanes.count
        guard place < Self.lanesMax else { return -1 }
        if place == lanes.count {
            lanes.append(lane)
            details.append(BlameLaneDetail())
        } else {
            lanes[place] = lane
            details[place] = BlameLaneDetail()
        }
        details[place].actor = actor
        actors[actor] = place
        return Int32(place)
    }

    /// An actor that nobody holds and nobody waits for is forgotten: there can be any number of them. No episode goes on
    /// before it: in the gap between its parts somebody waits.
    private mutating func releaseIfIdle(_ lane: Int) {
        guard lanes[lane].running == 0, lanes[lane].waiting == 0, let actor = details[lane].actor else { return }
        close(episodeOf: lane)
        addUp(lane)
        actors[actor] = nil
        details[lane].isUsed = false
        freeLanes.append(lane)
    }

    // MARK: Steps

    /// What comes next on the first of the strands.
    @inline(__always)
    private mutating func step(at time: UInt64) {
        guard let head = heads.first else { return }
        let index = Int(head.index)
        if strands[index].nextIsEnd {
            end(of: index, at: time)
        } else {
            start(of: index, at: time)
        }
        // The strand's next moment is not later than this one, so it sinks.
        if let next = strands[index].nextTime {
            heads.replaceFirst(Moment(time: min(next, time), index: head.index))
        } else {
            heads.removeFirst()
        }
    }

    /// The end of a poll: going back, it begins to run.
    @inline(__always)
    private mutating func end(of index: Int, at time: UInt64) {
        settle(index, to: time)
        var interval = strands[index].takeNext()
        pending -= 1
        if interval.isHold { interval.lane = lane(of: interval.actor) }
        let lane = Int(interval.lane)
        if lane >= 0, !strands[index].holds(interval.lane) {
            interval.holdsLane = true
            advance(lane, to: time)
            lanes[lane].running += 1
            strands[index].held.append(
                BlameStrand.Held(
                    lane: interval.lane, charge: lanes[lane].charge, victims: details[lane].victimCharge))
        }
        strands[index].open.append(interval)
    }

    /// The start of a poll: going back, it begins to wait.
    @inline(__always)
    private mutating func start(of index: Int, at time: UInt64) {
        settle(index, to: time)
        let interval = strands[index].open.removeLast()
        let lane = Int(interval.lane)
        guard lane >= 0 else {
            if interval.isHold { unresolvedTicks += Double(interval.wait) }
            return
        }
        if interval.holdsLane {
            // Whatever was held after it is held no more.
            _ = strands[index].held.removeLast()
            lanes[lane].running -= 1
        }
        if interval.wait > 0 { beginToWait(interval, in: lane, at: time) }
        if interval.isHold { releaseIfIdle(lane) }
    }

    @inline(__always)
    private mutating func beginToWait(_ interval: BlameInterval, in lane: Int, at time: UInt64) {
        guard waiting.count < waitingMax else {
            unresolvedTicks += Double(interval.wait)
            return
        }
        let runnable = interval.start - interval.wait
        advance(lane, to: time)
        lanes[lane].waiting += 1
        lanes[lane].oldest = min(lanes[lane].oldest, runnable)
        countVictim(of: lane)
        // A damaged record can claim to have begun later than what came before it: its wait is cut by as much.
        if interval.start > time { unresolvedTicks += Double(min(interval.start - time, interval.wait)) }
        waiting.push(Moment(time: min(runnable, time), index: Int32(lane)))
        if interval.isHold, !tails.isEmpty {
            tails.arm(
                task: interval.task, pollStart: interval.start, runnable: min(runnable, time), lane: lane, at: time)
        }
    }

    /// The moment since when a job could have run: going back, it is not there yet.
    @inline(__always)
    private mutating func stopWaiting(in lane: Int, at time: UInt64) {
        advance(lane, to: time)
        lanes[lane].waiting -= 1
        if lanes[lane].waiting == 0 {
            lanes[lane].oldest = .max
            releaseIfIdle(lane)
        }
    }

    private mutating func changeTails(at time: UInt64) {
        guard let change = tails.takeNext() else { return }
        let lane = change.lane ?? Int(lane(ofExecutor: change.executor))
        advance(lane, to: time)
        details[lane].victims[change.tail] = max(0, details[lane].victims[change.tail] + change.count)
        lanes[lane].hasVictims = details[lane].victims != TailLanes()
    }
}
