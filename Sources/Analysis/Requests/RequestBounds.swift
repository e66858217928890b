// The bounds on what the analysis of requests keeps in memory, and what goes when one is reached.

extension RequestAnalysis {
    struct Limits: Sendable {
        /// Requests in flight at once. A service with more leaks them: the oldest are forgotten, and count as open.
        var openRequests = 1 << 19
        /// Of one request and its parts; a request that has more is one that a whole service was wrapped in.
        var tasksOfGroup = 10_000
        /// Of one task, while one of its requests is open.
        var piecesOfTask = 1 << 16
        /// Of all tasks: about 200 MB.
        var pieces = 2_000_000
        /// Of all threads: polls that can have woken somebody, about 40 bytes each.
        var wakes = 1 << 20
        /// Groups of one task: it has left its requests open, one after the other.
        var groupsOfTask = 1_024
        var poolWaitsOfTask = 4_096
        var callsOfGroup = 256
        var nesting = 256
        /// Records that wait for the moment until which all is known.
        var waitingRecords = 1_500_000
        /// Requests that have ended are settled after so many records, even inside a flush.
        var settleEvery = 1 << 15
        /// Steps on the path of one request.
        var steps = 1 << 18
    }

    /// Drops the older half of a task's pieces.
    mutating func dropOlderPieces(of task: Int) {
        let kept = tasks[task].pieces.count / 2
        guard kept > 0 else { return }
        tasks[task].lostBefore = max(tasks[task].lostBefore, tasks[task].pieces[kept].start)
        tasks[task].pieces.removeSubrange(0..<kept)
        pieceCount -= kept
        let moment = tasks[task].lostBefore
        tasks[task].poolWaits.removeAll { $0.until < moment }
    }

    /// Makes room for pieces, at the cost of requests that have been open for long.
    mutating func dropOlderPieces() {
        for task in tasks.indices where tasks[task].pieces.count > 1 { dropOlderPieces(of: task) }
        guard pieceCount > limits.pieces / 4 * 3 else { return }
        for task in tasks.indices where !tasks[task].pieces.isEmpty {
            tasks[task].lostBefore = max(tasks[task].lostBefore, tasks[task].pieces[tasks[task].pieces.count - 1].end)
            tasks[task].pieces = []
        }
        pieceCount = 0
    }

    /// Drops half of a group's tasks: those that joined first and have no open request of their own in it.
    mutating func dropMembers(of group: Int, now: UInt64) {
        let members = groups[group].members
        var dropped = 0
        var kept: [Int32] = []
        for member in members {
            let place = Int(member)
            let index = tasks[place].membership(in: Int32(group))
            let isIdle = index.map { tasks[place].memberships[$0].open == 0 } ?? true
            if dropped < members.count / 2, isIdle {
                dropped += 1
                if let index { tasks[place].memberships.remove(at: index) }
                releaseIfIdle(place)
            } else {
                kept.append(member)
            }
        }
        groups[group].members = kept
        groups[group].membersMax = max(limits.tasksOfGroup, kept.count * 2)
        groups[group].lostBefore = now
    }

    /// Forgets the quarter of all open requests that began first: they were never ended, as it seems.
    mutating func forgetOldestOpen() {
        let open = requests.indices.filter { requests[$0].number != 0 && requests[$0].isOpen }
        for place in open.sorted(by: { requests[$0].begin < requests[$1].begin }).prefix(max(1, open.count / 4)) {
            counts.openForgotten += 1
            close(place, at: requests[place].begin)
            release(place)
        }
    }
}
