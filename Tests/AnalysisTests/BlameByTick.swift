// Blame worked out by its definition, tick by tick: who waits, who runs, who is charged. It knows nothing of sweeps.

import CPollscopeLayout

@testable import Analysis

struct BlameByTick {
    /// An executor, or one actor.
    enum Lane: Hashable {
        case executor(UInt8)
        case actor(type: UInt16, actor: UInt32)

        var group: BlameSweep.Group {
            switch self {
            case .executor(let executor): .executor(executor)
            case .actor(let type, _): .actors(type: type)
            }
        }
    }

    struct Place: Hashable {
        var group: BlameSweep.Group
        var key: PollKey
    }

    struct Charge {
        var ticks: Double = 0
        var victims = TailLanes()

        mutating func add(_ ticks: Double, _ victims: TailLanes) {
            self.ticks += ticks
            self.victims += victims
        }
    }

    struct FoundEpisode {
        var start: UInt64
        var end: UInt64
        var peak: Int
        var oldest: UInt64
        var wait: Double
        var victims: UInt64 = 0
        var charged: [PollKey: Double] = [:]
    }

    private(set) var charges: [Place: Charge] = [:]
    private(set) var scheduler: [BlameSweep.Group: Charge] = [:]
    private(set) var wait: [BlameSweep.Group: Double] = [:]
    private(set) var episodes: [Lane: [FoundEpisode]] = [:]

    private struct Run {
        var record: pollscope_poll_record
        var lane: Lane?
        var key: PollKey
        /// Its wait counts.
        var runnable: UInt64
    }

    init(_ schedule: BlameSchedule) {
        // Strands: a thread's polls, and apart from them its holds; in the order of their ends.
        var strands: [[Run]] = []
        for (thread, records) in schedule.threads.enumerated() {
            let more = schedule.unfinished.filter { $0.thread == thread }.map(\.poll)
            strands.append((records + more).filter { !$0.isHold }.map(Self.run(poll:)))
            strands.append(records.filter(\.isHold).map(Self.run(hold:)))
        }
        let lanes = Set(strands.joined().compactMap(\.lane))
        let busy = strands.map { strand in (0..<schedule.end).map { Self.busy(strand, at: $0) } }
        for lane in lanes {
            let jobs = strands.joined().filter { $0.lane == lane && $0.runnable < $0.record.start_ticks }
            for tick in 0..<schedule.end { count(lane, jobs: jobs, busy, at: tick, schedule) }
            for index in episodes[lane, default: []].indices {
                let found = episodes[lane]?[index]
                episodes[lane]?[index].victims = UInt64(
                    jobs.filter { job in
                        found.map { job.record.start_ticks >= $0.start && job.runnable < $0.end } ?? false
                    }.count)
            }
        }
    }

    private static func run(poll: pollscope_poll_record) -> Run {
        let isActor = UInt32(poll.executor) == POLLSCOPE_EXECUTOR_ACTOR.rawValue
        let kind = PollKind(of: poll)
        let waits = !isActor && kind != .turn && !poll.has(POLLSCOPE_POLL_WAIT_UNKNOWN)
        return Run(
            record: poll, lane: isActor ? nil : .executor(poll.executor),
            key: PollKey(stack: poll.stack, kind: kind, executor: poll.executor),
            runnable: waits ? poll.runnableTicks : poll.start_ticks)
    }

    private static func run(hold: pollscope_poll_record) -> Run {
        Run(
            record: hold, lane: .actor(type: hold.heldType, actor: hold.heldActor),
            key: PollKey(stack: hold.stack, kind: .task, executor: UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)),
            runnable: hold.runnableTicks)
    }

    /// What a strand does in one tick.
    private struct Busy {
        var lanes: Set<Lane>
        /// Of what runs innermost.
        var key: PollKey
    }

    private static func busy(_ strand: [Run], at tick: UInt64) -> Busy? {
        let open = strand.filter { $0.record.start_ticks <= tick && tick < $0.record.endTicks }
        // The first of those that began last: what ended first lies inside.
        guard let last = open.map(\.record.start_ticks).max(),
            let inner = open.first(where: { $0.record.start_ticks == last })
        else { return nil }
        return Busy(lanes: Set(open.compactMap(\.lane)), key: inner.key)
    }

    private mutating func count(
        _ lane: Lane, jobs: [Run], _ strands: [[Busy?]], at tick: UInt64, _ schedule: BlameSchedule
    ) {
        let waiting = jobs.filter { $0.runnable <= tick && tick < $0.record.start_ticks }
        guard !waiting.isEmpty else { return }
        let depth = Double(waiting.count)
        wait[lane.group, default: 0] += depth
        let culprits = strands.compactMap { $0[Int(tick)] }.filter { $0.lanes.contains(lane) }.map(\.key)
        let victims = victims(of: lane, at: tick, schedule, jobs)
        let width =
            switch lane {
            case .executor(let executor): max(1, schedule.widths[executor] ?? 1)
            case .actor: 1
            }
        guard culprits.count >= width else { return scheduler[lane.group, default: Charge()].add(depth, victims) }
        let share = 1 / Double(culprits.count)
        for key in culprits {
            charges[Place(group: lane.group, key: key), default: Charge()].add(depth * share, victims * share)
        }
        let oldest = waiting.map(\.runnable).min() ?? tick
        if tick >= oldest + schedule.episodeTicks {
            starve(lane, tick, schedule.gapTicks, waiting.count, tick + 1 - oldest, culprits)
        }
    }

    private mutating func starve(
        _ lane: Lane, _ tick: UInt64, _ gap: UInt64, _ depth: Int, _ oldest: UInt64, _ culprits: [PollKey]
    ) {
        var all = episodes[lane, default: []]
        if let last = all.last, tick - last.end <= gap {
            all[all.count - 1].end = tick + 1
            all[all.count - 1].peak = max(last.peak, depth)
            all[all.count - 1].oldest = max(last.oldest, oldest)
            all[all.count - 1].wait += Double(depth)
        } else {
            all.append(FoundEpisode(start: tick, end: tick + 1, peak: depth, oldest: oldest, wait: Double(depth)))
        }
        for key in culprits {
            all[all.count - 1].charged[key, default: 0] += Double(depth) / Double(culprits.count)
        }
        episodes[lane] = all
    }

    /// A request of a tail that waits for an actor does so as the job whose hold begins where its wait says.
    private func victims(of lane: Lane, at tick: UInt64, _ schedule: BlameSchedule, _ jobs: [Run]) -> TailLanes {
        var victims = TailLanes()
        for wait in schedule.waits where wait.start <= tick && tick < wait.end {
            let isHere =
                switch lane {
                case .executor(let executor): wait.executor == executor
                case .actor:
                    wait.executor == nil
                        && jobs.contains {
                            $0.record.task == wait.task && $0.record.start_ticks == wait.pollStart
                        }
                }
            if isHere { victims[wait.tail] += 1 }
        }
        return victims
    }
}
