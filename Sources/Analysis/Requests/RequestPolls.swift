// What polls change: those of tasks that work for requests are kept, with who woke them.

import CPollscopeLayout

extension RequestAnalysis {
    /// Takes a poll. It comes when it has ended, after all that ended before.
    mutating func take(_ poll: pollscope_poll_record, of thread: Int) {
        let kind = PollKind(of: poll)
        let end = poll.endTicks
        guard end >= poll.start_ticks, !poll.isHold else { return }
        while threads.count <= thread { threads.append(ThreadWakes()) }
        if !threads[thread].wakers.isEmpty { tellWaiting(of: poll, kind: kind, thread: thread) }
        if !threads[thread].drains.isEmpty { tellDrained(of: poll, kind: kind, thread: thread) }
        switch kind {
        case .turn: threads[thread].loop = poll.executor
        case .task, .timer:
            if let task = taskPlaces[poll.task].map(Int.init) {
                keep(poll, of: task, thread: thread)
                remember(poll, as: kind == .timer ? .timer : .task, thread: thread)
            } else if kind == .timer, openCount > 0 {
                remember(poll, as: .timer, thread: thread)
            }
        case .yield: if taskPlaces[poll.task] != nil { remember(poll, as: .yield, thread: thread) }
        default: break
        }
        if !poll.isNested { threads[thread].noteOutermost(poll, gap: clock.handoverTicks) }
    }

    private mutating func remember(_ poll: pollscope_poll_record, as waker: TaskPiece.Waker, thread: Int) {
        let entry = entry(poll, as: waker, thread: thread)
        if threads[thread].append(entry, mayGrow: wakeCount < limits.wakes) { wakeCount += 1 }
    }

    private func entry(
        _ poll: pollscope_poll_record, as waker: TaskPiece.Waker, thread: Int
    ) -> ThreadWakes.Entry {
        ThreadWakes.Entry(
            start: poll.start_ticks, end: poll.endTicks,
            runnable: poll.wait_ticks <= poll.start_ticks ? poll.start_ticks - poll.wait_ticks : 0,
            queued: threads[thread].queued(poll, gap: clock.handoverTicks), task: poll.task, stack: poll.stack,
            waker: waker)
    }

    private mutating func keep(_ poll: pollscope_poll_record, of task: Int, thread: Int) {
        var piece = TaskPiece(poll, thread: thread)
        piece.queued = threads[thread].queued(poll, gap: clock.handoverTicks)
        let reference = reference(task)
        findWaker(of: poll, for: &piece, task: reference)
        if UInt32(poll.executor) == POLLSCOPE_EXECUTOR_ACTOR.rawValue, poll.isNested, piece.runnable < piece.start,
            threads[thread].drains.count < ThreadWakes.waitingMax
        {
            piece.flags.insert(.awaitsDrain)
            threads[thread].drains.append(
                ThreadWakes.Waiting(task: reference, start: piece.start, moment: piece.start))
        }
        if tasks[task].pieces.count >= limits.piecesOfTask { dropOlderPieces(of: task) }
        if pieceCount >= limits.pieces { dropOlderPieces() }
        let before = tasks[task].pieces.count
        tasks[task].insert(piece)
        pieceCount += tasks[task].pieces.count - before
        if !tasks[task].ending.isEmpty { settleEnding(of: task) }
    }

    // MARK: Wakers

    private mutating func findWaker(
        of poll: pollscope_poll_record, for piece: inout TaskPiece, task: TaskReference
    ) {
        guard UInt32(poll.waker) != POLLSCOPE_NO_SLOT, !piece.flags.contains(.isWaitUnknown),
            let thread = slots.thread(of: poll.waker, at: piece.runnable)
        else { return }
        piece.wakerThread = UInt32(truncatingIfNeeded: thread)
        guard poll.has(POLLSCOPE_POLL_WAKER_POLL) else {
            piece.waker = .outside
            return
        }
        piece.waker = .poll
        guard thread < threads.count else { return wait(for: thread, &piece, task) }
        if let entry = threads[thread].innermost(around: piece.runnable) {
            piece.wasWoken(by: entry)
        } else if piece.runnable > threads[thread].outermostEnd {
            wait(for: thread, &piece, task)
        }
    }

    /// The poll that woke the piece has not ended yet.
    private mutating func wait(for thread: Int, _ piece: inout TaskPiece, _ task: TaskReference) {
        let waiting = ThreadWakes.Waiting(task: task, start: piece.start, moment: piece.runnable)
        let isWaiting = wakes(of: thread) { wakes in
            guard wakes.wakers.count < ThreadWakes.waitingMax else { return false }
            wakes.wakers.append(waiting)
            wakes.wakersUntil = max(wakes.wakersUntil, waiting.moment)
            return true
        }
        if isWaiting { piece.flags.insert(.awaitsWaker) }
    }

    /// Tells pieces that a poll of this thread woke which one it was. A poll that lies in another one, and began
    /// after the moment, says nothing of the other one.
    private mutating func tellWaiting(of poll: pollscope_poll_record, kind: PollKind, thread: Int) {
        guard !poll.isNested || poll.start_ticks <= threads[thread].wakersUntil else { return }
        var waker = TaskPiece.Waker.poll
        switch kind {
        case .task where taskPlaces[poll.task] != nil: waker = .task
        case .timer: waker = .timer
        case .yield: waker = .yield
        default: break
        }
        let entry = entry(poll, as: waker, thread: thread)
        var kept: [ThreadWakes.Waiting] = []
        let waiting = threads[thread].wakers
        threads[thread].wakers = []
        for piece in waiting {
            if poll.start_ticks <= piece.moment {
                change(piece) { $0.wasWoken(by: entry) }
            } else if poll.isNested {
                kept.append(piece)
            } else {
                change(piece) { $0.flags.remove(.awaitsWaker) }
            }
        }
        threads[thread].wakers = kept
        threads[thread].wakersUntil = kept.reduce(0) { max($0, $1.moment) }
    }

    // MARK: Drains

    /// Tells pieces that ran in an actor's drain when that was runnable, and when it began.
    private mutating func tellDrained(of poll: pollscope_poll_record, kind: PollKind, thread: Int) {
        if kind == .actor {
            while let piece = threads[thread].drains.last, piece.start >= poll.start_ticks {
                threads[thread].drains.removeLast()
                change(piece) { $0.wasDrained(by: poll) }
            }
        }
        guard !poll.isNested else { return }
        for piece in threads[thread].drains { change(piece) { $0.flags.remove(.awaitsDrain) } }
        threads[thread].drains.removeAll(keepingCapacity: true)
    }

    private mutating func change(_ waiting: ThreadWakes.Waiting, _ body: (inout TaskPiece) -> Void) {
        guard isCurrent(waiting.task) else { return }
        let task = Int(waiting.task.slot)
        let index = tasks[task].pieces.firstIndexSorted { $0.start >= waiting.start }
        guard index < tasks[task].pieces.count, tasks[task].pieces[index].start == waiting.start else { return }
        body(&tasks[task].pieces[index])
    }
}

extension TaskPiece {
    mutating func wasWoken(by entry: ThreadWakes.Entry) {
        waker = entry.waker
        wakerTask = entry.task
        wakerStart = entry.start
        wakerRunnable = entry.runnable
        wakerQueued = entry.queued
        wakerStack = entry.stack
        flags.remove(.awaitsWaker)
    }

    mutating func wasDrained(by drain: pollscope_poll_record) {
        drainStart = drain.start_ticks
        drainRunnable = drain.wait_ticks <= drain.start_ticks ? drain.start_ticks - drain.wait_ticks : 0
        if drain.has(POLLSCOPE_POLL_WAIT_UNKNOWN) { drainRunnable = drainStart }
        drainExecutor = drain.executor
        flags.remove(.awaitsDrain)
        flags.insert(.hasDrain)
    }
}
