// Where a request's time went: its critical path, followed backwards from its end.
//
// At any moment the path is in one task. In a poll it runs from the poll's start. Before that it waits, since the
// poll was runnable. Who woke it is next: if that was a poll of a task that works for the same request, the path goes
// on there, at the moment of the wake. This is how children, groups and continuations put their time on the path, and
// how a task leads back to the one that made it. Otherwise nothing of the request that anybody knows of happened
// between the task's poll before and the wake: that time is outside. Time goes down with every poll, so the walk
// ends, and each moment is in one part.

import CPollscopeLayout

/// How following a path ended.
enum PathEnd: Sendable, Hashable {
    case complete
    /// Something on it has not come: on this thread, a poll that ran at that moment; -1: on any, of the request's last
    /// task.
    case waits(thread: Int, moment: UInt64)
    /// Something on it was dropped, or lost.
    case unknown
}

extension RequestAnalysis {
    /// Follows the path of a request that has ended. `isLast`: what has not come will not come.
    func follow(_ request: TrackedRequest, isLast: Bool, into path: inout PathRecorder) -> PathEnd {
        var walk = PathWalk(request: request)
        guard request.duration > 0 else { return .complete }
        guard var task = firstTask(of: request) else {
            guard request.task == nil else { return .unknown }
            if request.endTask != nil { return .unknown }
            walk.outside(to: request.start, of: nil, .unknown, into: &path)
            return .complete
        }
        if !isLast, !hasPoll(around: request.end, in: task, of: request) {
            return .waits(thread: -1, moment: request.end)
        }
        var reason = OutsideReason.unknown
        var next: TaskPiece?
        var steps = 0
        var origins = 0
        // The piece that it goes on in, if that began at this very moment. So many of them one after the other that
        // took no time at all are none of this world.
        var instant: Int?
        var instants = 0
        while walk.now > walk.start {
            steps += 1
            guard steps < limits.steps else { return .unknown }
            let index = instant ?? tasks[task].lastPiece(startedBefore: walk.now)
            instants = instant == nil ? 0 : instants + 1
            instant = nil
            guard index >= 0 else {
                // Before its first poll there is the task that made it.
                guard tasks[task].lostBefore <= walk.start else { return .unknown }
                if origins < limits.nesting, let origin = origin(of: task, in: request.group) {
                    origins += 1
                    task = origin
                } else {
                    pass(to: walk.start, in: task, next, reason, &walk, into: &path)
                }
                continue
            }
            let piece = tasks[task].pieces[index]
            if piece.end < walk.now {
                pass(to: max(piece.end, walk.start), in: task, next, reason, &walk, into: &path)
                guard walk.now > walk.start else { break }
            }
            run(piece, to: max(piece.start, walk.start), in: task, request, &walk, into: &path)
            guard walk.now > walk.start else { break }
            if !isLast, !piece.flags.isDisjoint(with: [.awaitsWaker, .awaitsDrain]) {
                return piece.flags.contains(.awaitsWaker)
                    ? .waits(thread: Int(piece.wakerThread), moment: piece.runnable)
                    : .waits(thread: Int(piece.thread), moment: piece.start)
            }
            wait(piece, in: task, &walk, into: &path)
            guard walk.now > walk.start else { break }
            next = piece
            origins = 0
            switch piece.waker {
            case .task, .timer:
                let woken = task
                switch waker(of: piece, at: walk.now, in: request.group) {
                case .member(let waker, let index):
                    task = waker
                    next = nil
                    if instants < 16, tasks[waker].pieces[index].start == walk.now { instant = index }
                case .lost: return .unknown
                case .stranger:
                    guard piece.waker == .timer || !isCrowded(walk) else { return .unknown }
                    reason = .task
                    if piece.waker == .timer {
                        passHelper(piece, of: woken, before: index, &walk, into: &path)
                        reason = .sleep
                    }
                }
            case .yield:
                passHelper(piece, of: task, before: index, &walk, into: &path)
                reason = .unknown
            case .poll:
                guard !isCrowded(walk) else { return .unknown }
                reason = .thread(piece.wakerThread, isPoll: true)
            case .outside: reason = .thread(piece.wakerThread, isPoll: false)
            case .unknown: reason = piece.flags.contains(.isTimer) ? .sleep : .unknown
            }
        }
        return .complete
    }

    // MARK: From task to task

    /// Where the path begins: the task that the request ended in, or else the one that it began in.
    private func firstTask(of request: TrackedRequest) -> Int? {
        for task in [request.endTask, request.task] {
            if let task, isCurrent(task), tasks[Int(task.slot)].membership(in: request.group) != nil {
                return Int(task.slot)
            }
        }
        return nil
    }

    private func hasPoll(around moment: UInt64, in task: Int, of request: TrackedRequest) -> Bool {
        let index = tasks[task].lastPiece(startedBefore: moment)
        return index >= 0 && tasks[task].pieces[index].end >= moment
    }

    private func origin(of task: Int, in group: Int32) -> Int? {
        guard let index = tasks[task].membership(in: group),
            let origin = tasks[task].memberships[index].origin, isCurrent(origin),
            tasks[Int(origin.slot)].membership(in: group) != nil
        else { return nil }
        return Int(origin.slot)
    }

    /// A stranger may be one of the request's own tasks that there was no room for.
    private func isCrowded(_ walk: PathWalk) -> Bool { walk.start < groups[Int(walk.group)].lostBefore }

    private enum FoundWaker { case member(Int, piece: Int), stranger, lost }

    /// The waker of a piece, if its task worked for the group at that moment, and its poll is there.
    private func waker(of piece: TaskPiece, at moment: UInt64, in group: Int32) -> FoundWaker {
        guard let place = taskPlaces[piece.wakerTask].map(Int.init),
            let index = tasks[place].membership(in: group)
        else { return .stranger }
        let membership = tasks[place].memberships[index]
        guard membership.from <= moment, moment <= membership.until else { return .stranger }
        let last = tasks[place].lastPiece(startedBefore: moment.addingClamped(1))
        guard last >= 0, tasks[place].pieces[last].end >= moment else {
            return moment <= tasks[place].lostBefore ? .lost : .stranger
        }
        // The runtime's helper for a sleeper is a task of one poll. Others can have timers of their own.
        if piece.waker == .timer, last == 0, tasks[place].lostBefore == 0 { return .stranger }
        return .member(place, piece: last)
    }

    // MARK: Parts

    /// In a poll, from `moment` to now.
    private func run(
        _ piece: TaskPiece, to moment: UInt64, in task: Int, _ request: TrackedRequest, _ walk: inout PathWalk,
        into path: inout PathRecorder
    ) {
        var known: [BlockedMoment] = []
        if piece.blocked > 0 {
            if let blocked = request.beginBlocked, request.task?.slot == Int32(task) {
                known.append(BlockedMoment(at: request.begin, blocked: blocked))
            }
            if let blocked = request.endBlocked, request.endTask?.slot == Int32(task) {
                known.append(BlockedMoment(at: request.end, blocked: blocked))
            }
        }
        let thread = Int(piece.thread)
        let long =
            piece.end - piece.start >= clock.longPollTicks && thread < tids.count
            ? splits.entry(tid: tids[thread], start: piece.start) : nil
        let split = RunSplit(
            of: piece, from: moment, to: walk.now, known: known, waits: tasks[task].poolWaits, long: long)
        var stretch = PathStretch(part: .onCPU, start: 0, end: 0)
        stretch.stack = piece.stack
        stretch.executor = piece.executor
        stretch.thread = piece.thread
        stretch.task = tasks[task].id
        stretch.pollStart = piece.start
        // In which order they came is not known.
        stretch.pool = split.pool
        walk.step(split.poolWait, .poolWait, stretch, into: &path)
        stretch.pool = 0
        walk.step(split.blocked, .blocked, stretch, into: &path)
        walk.step(split.kernelWait, .kernelWait, stretch, into: &path)
        walk.step(split.onCPU, .onCPU, stretch, into: &path)
    }

    /// Before a poll, since it was runnable.
    private func wait(_ piece: TaskPiece, in task: Int, _ walk: inout PathWalk, into path: inout PathRecorder) {
        var stretch = PathStretch(part: .executorWait, start: 0, end: 0)
        stretch.stack = piece.stack
        stretch.executor = piece.executor
        stretch.task = tasks[task].id
        stretch.pollStart = piece.start
        if piece.flags.contains(.isTimer) {
            walk.go(to: max(piece.queued, piece.runnable), .executorWait, stretch, into: &path)
            walk.go(to: piece.runnable, .timerLateness, stretch, into: &path)
        } else if UInt32(piece.executor) != POLLSCOPE_EXECUTOR_ACTOR.rawValue {
            walk.go(to: piece.runnable, .executorWait, stretch, into: &path)
        } else {
            if piece.flags.contains(.hasDrain) {
                walk.go(to: max(piece.drainStart, piece.runnable), .actorWait, stretch, into: &path)
                var pool = stretch
                pool.executor = piece.drainExecutor
                pool.pollStart = piece.drainStart
                walk.go(to: max(piece.drainRunnable, piece.runnable), .executorWait, pool, into: &path)
            }
            walk.go(to: piece.runnable, .actorWait, stretch, into: &path)
        }
    }

    /// The runtime's helper that resumed a task: its poll, and its wait. Both are after the task's poll before.
    private func passHelper(
        _ piece: TaskPiece, of task: Int, before index: Int, _ walk: inout PathWalk, into path: inout PathRecorder
    ) {
        let before = index > 0 && index - 1 < tasks[task].pieces.count ? tasks[task].pieces[index - 1].end : 0
        var stretch = PathStretch(part: .onCPU, start: 0, end: 0)
        stretch.stack = piece.wakerStack
        stretch.kind = piece.waker == .timer ? .timer : .yield
        stretch.executor = piece.executor
        stretch.task = tasks[task].id
        stretch.pollStart = piece.wakerStart
        var ran = stretch
        ran.thread = piece.wakerThread
        walk.go(to: max(piece.wakerStart, before), .onCPU, ran, into: &path)
        if piece.waker == .timer {
            walk.go(to: max(piece.wakerQueued, piece.wakerRunnable, before), .executorWait, stretch, into: &path)
            walk.go(to: max(piece.wakerRunnable, before), .timerLateness, stretch, into: &path)
        } else {
            walk.go(to: max(piece.wakerRunnable, before), .executorWait, stretch, into: &path)
        }
    }

    /// Time of a task in which nothing is known to have happened: outside, but for what a pool made it wait.
    private func pass(
        to moment: UInt64, in task: Int, _ next: TaskPiece?, _ reason: OutsideReason, _ walk: inout PathWalk,
        into path: inout PathRecorder
    ) {
        let waits = tasks[task].poolWaits
        if !waits.isEmpty {
            // The last one that began before now: they are in the order of their ends, and do not overlap.
            var index = waits.count - 1
            let least = waits.firstIndexSorted { $0.until > moment }
            while index >= least, walk.now > moment {
                let wait = waits[index]
                index -= 1
                guard wait.since < walk.now, wait.until > moment else { continue }
                if wait.until < walk.now { outside(to: wait.until, in: task, next, reason, &walk, into: &path) }
                var stretch = PathStretch(part: .poolWait, start: 0, end: 0)
                stretch.stack = next?.stack ?? 0
                stretch.task = tasks[task].id
                stretch.pool = wait.pool
                walk.go(to: max(wait.since, moment), .poolWait, stretch, into: &path)
            }
        }
        outside(to: moment, in: task, next, reason, &walk, into: &path)
    }

    private func outside(
        to moment: UInt64, in task: Int, _ next: TaskPiece?, _ reason: OutsideReason, _ walk: inout PathWalk,
        into path: inout PathRecorder
    ) {
        guard walk.now > moment else { return }
        var reason = reason
        if path.stretches != nil, let call = call(from: moment, to: walk.now, in: task, of: walk.group) {
            reason = .call(call.name)
        }
        walk.outside(to: moment, of: next, reason, task: tasks[task].id, into: &path)
    }

    /// What the task, or one that it comes from, asked of another process meanwhile.
    private func call(from start: UInt64, to end: UInt64, in task: Int, of group: Int32) -> CallSpan? {
        let calls = groups[Int(group)].calls
        guard !calls.isEmpty else { return nil }
        var task = task
        var made = UInt64.max
        for _ in 0..<16 {
            let id = tasks[task].id
            let own = calls.last { $0.task == id && $0.start < end && $0.end > start && $0.start <= made }
            if let own { return own }
            guard let index = tasks[task].membership(in: group), let origin = origin(of: task, in: group) else {
                return nil
            }
            made = tasks[task].memberships[index].from
            task = origin
        }
        return nil
    }
}

/// Where a walk is, and how far it goes.
struct PathWalk {
    let start: UInt64
    let group: Int32
    private(set) var now: UInt64

    init(request: TrackedRequest) {
        start = request.start
        group = request.group
        now = request.end
    }

    /// Goes back to `moment`, or to the request's start.
    @inline(__always)
    mutating func go(
        to moment: UInt64, _ part: AnatomyPart, _ stretch: PathStretch, into path: inout PathRecorder
    ) {
        let to = max(moment, start)
        guard to < now else { return }
        var stretch = stretch
        stretch.part = part
        stretch.start = to
        stretch.end = now
        path.add(stretch)
        now = to
    }

    @inline(__always)
    mutating func step(
        _ ticks: UInt64, _ part: AnatomyPart, _ stretch: PathStretch, into path: inout PathRecorder
    ) {
        if ticks > 0 { go(to: now - min(ticks, now), part, stretch, into: &path) }
    }

    mutating func outside(
        to moment: UInt64, of next: TaskPiece?, _ reason: OutsideReason, task: UInt32 = 0,
        into path: inout PathRecorder
    ) {
        var stretch = PathStretch(part: .outside, start: 0, end: 0)
        stretch.stack = next?.stack ?? 0
        stretch.task = task
        stretch.reason = reason
        go(to: moment, .outside, stretch, into: &path)
    }
}
