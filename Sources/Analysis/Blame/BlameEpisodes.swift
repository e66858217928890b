// When waiting is starvation: every thread of an executor is busy while a job has waited for longer than the threshold.

/// An episode that the sweep is in, or has just left: going back, one that begins soon before it is the same.
struct OpenEpisode: Sendable {
    var group: Int
    var start: UInt64
    var end: UInt64
    var peakDepth = 0
    var oldestTicks: UInt64 = 0
    var victims: UInt64
    var waitTicks: Double = 0
    var starvedTicks: UInt64 = 0
    /// By number of key.
    var charges = ChargeTable()

    init(group: Int, end: UInt64, waiting: Int) {
        self.group = group
        start = end
        self.end = end
        victims = UInt64(waiting)
    }

    /// A stretch of it, in which nothing changed.
    mutating func extend(from start: UInt64, to end: UInt64, depth: Int, oldest: UInt64) {
        self.start = start
        peakDepth = max(peakDepth, depth)
        oldestTicks = max(oldestTicks, end.subtractingClamped(oldest))
        waitTicks += Double(depth) * Double(end - start)
        starvedTicks += end - start
    }
}

/// The worst episodes of a recording.
struct EpisodeLog: Sendable {
    struct Entry: Sendable {
        /// Its charges are in the two below.
        var episode: OpenEpisode
        /// Most charged first; the first few.
        var culprits: [(key: Int32, charge: ChargedTime)]
        var all = ChargedTime()
    }

    static let kept = 256
    static let culpritsKept = 8

    /// In no order.
    private(set) var worst: [Entry] = []

    mutating func add(_ episode: OpenEpisode) {
        let charges = episode.charges
        var entry = Entry(episode: episode, culprits: [])
        entry.episode.charges = ChargeTable()
        for (place, number) in charges.numbers.enumerated() {
            entry.all.add(charges[place].time)
            entry.culprits.append((key: Int32(truncatingIfNeeded: number), charge: charges[place].time))
        }
        entry.culprits.sort { ($0.charge.ticks, $1.key) > ($1.charge.ticks, $0.key) }
        entry.culprits = Array(entry.culprits.prefix(Self.culpritsKept))
        worst.append(entry)
        guard worst.count >= 2 * Self.kept else { return }
        worst.sort { ($0.episode.waitTicks, $1.episode.start) > ($1.episode.waitTicks, $0.episode.start) }
        worst.removeLast(worst.count - Self.kept)
    }
}

extension BlameSweep {
    mutating func startStarving(_ lane: Int) {
        settleAll(on: lane)
        let moment = lanes[lane].since
        if let episode = details[lane].episode, episode.start.subtractingClamped(moment) <= gapTicks {
            let between = details[lane].victimsBetween
            details[lane].episode?.victims += between
        } else {
            close(episodeOf: lane)
            details[lane].episode = OpenEpisode(
                group: Int(lanes[lane].group), end: moment, waiting: Int(lanes[lane].waiting))
        }
        lanes[lane].isStarving = true
    }

    mutating func stopStarving(_ lane: Int) {
        settleAll(on: lane)
        lanes[lane].isStarving = false
        details[lane].victimsBetween = 0
    }

    /// A job began to wait, going back: it is one of the episode's victims, also where that begins at this moment.
    @inline(__always)
    mutating func countVictim(of lane: Int) {
        if lanes[lane].isStarving { details[lane].episode?.victims += 1 } else { details[lane].victimsBetween += 1 }
    }

    mutating func close(episodeOf lane: Int) {
        if lanes[lane].isStarving { stopStarving(lane) }
        guard let closed = details[lane].episode else { return }
        details[lane].episode = nil
        figures[closed.group].episodes += 1
        figures[closed.group].episodeTicks += Double(closed.end - closed.start)
        figures[closed.group].episodeWaitTicks += closed.waitTicks
        episodes.add(closed)
    }
}
