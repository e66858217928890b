// What happens when a request has ended: its path is followed as soon as all of it has come, and counted.

/// A request by its place, as long as it has that number.
struct EndedRequest: Sendable {
    var place: Int32
    var number: UInt64
}

extension RequestAnalysis {
    /// Flushes that a request waits for what is missing of its path and nobody is known to be about to tell.
    private static let patience = 2
    /// Flushes that it waits at most.
    private static let patienceMax = 600

    /// Settles the requests that ended in a task's poll, which has just come.
    mutating func settleEnding(of task: Int) {
        let last = tasks[task].pieces.last?.end ?? 0
        let ending = tasks[task].ending
        tasks[task].ending.removeAll(keepingCapacity: true)
        for request in ending where isWaiting(request) {
            if requests[Int(request.place)].end <= last {
                _ = settle(Int(request.place), isLast: false)
            } else if tasks[task].ending.count < 1 << 16 {
                tasks[task].ending.append(request)
            }
        }
    }

    private func isWaiting(_ request: EndedRequest) -> Bool {
        let place = Int(request.place)
        return requests[place].number == request.number && !requests[place].isOpen
    }

    /// Settles what can be settled by now; `all`: nothing more will come.
    mutating func settleEnded(all: Bool) {
        let waiting = ended
        ended = []
        var kept: [EndedRequest] = []
        for request in waiting where isWaiting(request) {
            let place = Int(request.place)
            let age = flush - requests[place].endedAtFlush
            var isSettled = settle(place, isLast: all || age > Self.patienceMax)
            if !isSettled, age >= Self.patience, !mayStillCome(place) { isSettled = settle(place, isLast: true) }
            if !isSettled { kept.append(request) }
        }
        ended = kept
    }

    /// Whether a poll still runs that the path of a request waits for.
    private func mayStillCome(_ place: Int) -> Bool {
        var path = PathRecorder(keepsStretches: false)
        guard case .waits(let thread, let moment) = follow(requests[place], isLast: false, into: &path) else {
            return false
        }
        func runs(_ thread: ThreadWakes) -> Bool {
            thread.running.start_ticks != 0 && thread.running.start_ticks <= moment
        }
        if thread >= 0 { return thread < threads.count && runs(threads[thread]) }
        guard let task = requests[place].endTask ?? requests[place].task, isCurrent(task) else { return false }
        let id = tasks[Int(task.slot)].id
        return threads.contains { runs($0) && $0.running.task == id }
    }

    /// Returns whether the request is done with.
    private mutating func settle(_ place: Int, isLast: Bool) -> Bool {
        let request = requests[place]
        let isShown = figures.wouldShow(request.duration, of: request)
        let isInTail = request.kind == .endpoint && figures.isInTail(request.duration, of: request)
        var path = PathRecorder(keepsStretches: isShown || isInTail)
        var end = PathEnd.unknown
        if !losses.overlap(from: request.start, to: request.end) {
            end = follow(request, isLast: isLast, into: &path)
            if case .waits = end { return false }
        }
        if end == .complete {
            counts.balanced += 1
            if path.ticks.total != request.duration { counts.unbalanced += 1 }
            figures.add(request, anatomy: path.ticks)
            if request.kind == .endpoint {
                figures.addToTail(request, stretches: isInTail ? path.stretches : nil)
            }
            if isShown, let stretches = path.stretches {
                figures.show(
                    ShownRequest(
                        request, trace: traces[request.number], anatomy: path.ticks, stretches: stretches))
            }
        } else {
            counts.withoutAnatomy += 1
            figures.add(request, anatomy: nil)
        }
        release(place)
        return true
    }
}
