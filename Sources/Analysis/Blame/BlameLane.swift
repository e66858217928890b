// What one executor, or one actor, is at the moment of the sweep: how many run, how many wait, and what each of those
// that run has been charged so far.

/// What all polls of one executor, or of the actors of one type, were charged together.
struct BlameFigures: Sendable {
    var group: BlameSweep.Group
    /// All that was waited for.
    var waitTicks: Double = 0
    /// The part that is nobody's: a thread was free, or about to be woken, or not run by the kernel.
    var schedulerTicks: Double = 0
    var schedulerVictims = TailLanes()
    var episodes: UInt64 = 0
    var episodeTicks: Double = 0
    var episodeWaitTicks: Double = 0
}

/// The part that every event touches.
struct BlameLane: Sendable {
    let group: Int32
    let width: Int32
    var running: Int32 = 0
    var waiting: Int32 = 0
    /// Since when the job that could have run first could have; going back it is the last to go.
    var oldest = UInt64.max
    /// Down to when everything is counted.
    var since: UInt64
    /// The integral of waiting / running, over the time in which all threads were busy.
    var charge: Double = 0
    /// As in `BlameFigures`: what has not been added there yet.
    var waitTicks: Double = 0
    var schedulerTicks: Double = 0
    var isStarving = false
    var hasVictims = false

    init(group: Int, width: Int, at moment: UInt64) {
        self.group = Int32(group)
        self.width = Int32(clamping: width)
        since = moment
    }
}

/// The rest.
struct BlameLaneDetail: Sendable {
    /// Of an actor.
    var actor: BlameSweep.ActorKey?
    var isUsed = true
    /// How many of the slowest requests wait, and the integral as above, by tail.
    var victims = TailLanes()
    var victimCharge = TailLanes()
    var episode: OpenEpisode?
    /// Jobs that began to wait while it was not starving, and an episode may go on.
    var victimsBetween: UInt64 = 0
}

extension BlameSweep {
    /// Counts what passed between a lane's last moment and `time`, going back.
    @inline(__always)
    mutating func advance(_ lane: Int, to time: UInt64) {
        guard time < lanes[lane].since else { return }
        if lanes[lane].waiting == 0, !lanes[lane].isStarving {
            lanes[lane].since = time
        } else {
            pass(lane, to: time)
        }
    }

    @inline(__always)
    private mutating func pass(_ lane: Int, to time: UInt64) {
        let isBusy = lanes[lane].running >= lanes[lane].width && lanes[lane].waiting > 0
        let starves = lanes[lane].oldest.addingClamped(episodeTicks)
        if isBusy, lanes[lane].since > starves {
            starve(lane, to: time, from: max(time, starves))
        } else {
            if lanes[lane].isStarving { stopStarving(lane) }
            accrue(lane, to: time)
        }
    }

    /// It starves from `from` on, which is not before `time`.
    @inline(never)
    private mutating func starve(_ lane: Int, to time: UInt64, from: UInt64) {
        if !lanes[lane].isStarving { startStarving(lane) }
        let (before, depth, oldest) = (lanes[lane].since, Int(lanes[lane].waiting), lanes[lane].oldest)
        accrue(lane, to: from)
        details[lane].episode?.extend(from: from, to: before, depth: depth, oldest: oldest)
        if from > time {
            stopStarving(lane)
            accrue(lane, to: time)
        }
    }

    @inline(__always)
    private mutating func accrue(_ lane: Int, to time: UInt64) {
        let passed = Double(lanes[lane].since - time)
        lanes[lane].since = time
        let waited = passed * Double(lanes[lane].waiting)
        lanes[lane].waitTicks += waited
        if lanes[lane].running >= lanes[lane].width {
            let running = Double(lanes[lane].running)
            lanes[lane].charge += waited / running
            if lanes[lane].hasVictims { details[lane].victimCharge += details[lane].victims * (passed / running) }
        } else {
            lanes[lane].schedulerTicks += waited
            if lanes[lane].hasVictims {
                figures[Int(lanes[lane].group)].schedulerVictims += details[lane].victims * passed
            }
        }
    }

    /// Adds to the figures what is only in the lane.
    mutating func addUp(_ lane: Int) {
        let group = Int(lanes[lane].group)
        figures[group].waitTicks += lanes[lane].waitTicks
        figures[group].schedulerTicks += lanes[lane].schedulerTicks
        (lanes[lane].waitTicks, lanes[lane].schedulerTicks) = (0, 0)
    }

    /// Charges what a thread's lanes have gathered since the last time to the poll that ran on it, going back until
    /// `time`.
    @inline(__always)
    mutating func settle(_ index: Int, to time: UInt64) {
        for place in strands[index].held.indices {
            let lane = Int(strands[index].held[place].lane)
            advance(lane, to: time)
            settle(index, place, lane)
        }
    }

    @inline(__always)
    private mutating func settle(_ index: Int, _ place: Int, _ lane: Int) {
        let gathered = lanes[lane].charge - strands[index].held[place].charge
        guard gathered > 0 else { return }
        strands[index].held[place].charge = lanes[lane].charge
        // What holds a lane is open.
        let inner = strands[index].open.count - 1
        let key = strands[index].open[inner].key
        let time = ChargedTime(
            ticks: gathered, blocked: gathered * Double(strands[index].open[inner].blockedShare),
            kernel: gathered * Double(strands[index].open[inner].kernelShare))
        if lanes[lane].isStarving { details[lane].episode?.charges.add(time, to: UInt64(key)) }
        let isOwn = groupOfKey[Int(key)] == lanes[lane].group
        if isOwn {
            own[Int(key)].add(time)
        } else {
            let number = foreignNumber(of: key, in: lanes[lane].group)
            foreign.add(time, to: number)
        }
        if !tails.isEmpty { settleVictims(index, place, lane, key, isOwn: isOwn) }
    }

    private mutating func settleVictims(_ index: Int, _ place: Int, _ lane: Int, _ key: Int32, isOwn: Bool) {
        let victims = details[lane].victimCharge - strands[index].held[place].victims
        guard victims != TailLanes() else { return }
        strands[index].held[place].victims = details[lane].victimCharge
        if isOwn {
            while ownVictims.count <= Int(key) { ownVictims.append(TailLanes()) }
            ownVictims[Int(key)] += victims
        } else {
            let number = foreignNumber(of: key, in: lanes[lane].group)
            foreign.add(victims: victims, to: number)
        }
    }

    /// Settles everything that runs on a lane: what is charged later belongs to another stretch of time.
    mutating func settleAll(on lane: Int) {
        for index in strands.indices {
            for place in strands[index].held.indices where Int(strands[index].held[place].lane) == lane {
                settle(index, place, lane)
            }
        }
    }
}
