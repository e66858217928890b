// Tasks that work for requests, and groups of requests with all tasks that work for them: who is told apart from whom
// when a path is followed from task to task.
//
// A request that is part of no other founds a group; its parts, and the tasks that work for any of them, are in it. A
// task can be in several groups: one that serves a connection, in those of all requests that are not settled yet.

/// A place in the table of tasks, for as long as it stands for the same task.
struct TaskReference: Sendable, Hashable {
    var slot: Int32
    var generation: UInt32
}

/// A task works, or worked, for a group.
struct GroupMembership: Sendable {
    var group: Int32
    /// Own requests of it in the group that are open.
    var open: Int32 = 0
    /// The task was made by one that worked for the group, and works for it until the group's last request ends.
    var isInherited: Bool
    /// It works for the group from the one to the other.
    var from: UInt64
    var until: UInt64
    /// Who made it, or whose request it took part in.
    var origin: TaskReference?
    /// Number of the innermost request that `origin` was in then; 0: none.
    var madeIn: UInt64
}

struct WorkingTask: Sendable {
    var id: UInt32 = 0
    var generation: UInt32 = 0
    /// In the order of their starts.
    var pieces: [TaskPiece] = []
    /// In the order of their ends.
    var poolWaits: [PoolWait] = []
    /// Own open requests, the innermost last: places in the table of requests.
    var open: [Int32] = []
    var memberships: [GroupMembership] = []
    /// Requests that ended in it, in a poll that has not come.
    var ending: [EndedRequest] = []
    /// Pieces before this moment were dropped.
    var lostBefore: UInt64 = 0

    @inline(__always)
    func membership(in group: Int32) -> Int? { memberships.lastIndex { $0.group == group } }

    /// The last piece that started before `moment`; -1: none did.
    @inline(__always)
    func lastPiece(startedBefore moment: UInt64) -> Int {
        // Nearly always one of the last few.
        var index = pieces.count - 1
        let least = index - 8
        while index >= 0, index > least {
            if pieces[index].start < moment { return index }
            index -= 1
        }
        return index < 0 ? -1 : pieces.firstIndexSorted { $0.start >= moment } - 1
    }

    /// Puts the piece where it belongs: a task's next poll can end before the thread that it left has noted the end
    /// of the one before. A poll that is further from its place is none of this world: what is before it is given up.
    @inline(__always)
    mutating func insert(_ piece: TaskPiece) {
        var place = pieces.count
        let least = place - 4096
        while place > 0, pieces[place - 1].start > piece.start { place -= 1 }
        if place < least {
            pieces.removeAll()
            lostBefore = max(lostBefore, piece.end)
            place = 0
        }
        if place == pieces.count { pieces.append(piece) } else { pieces.insert(piece, at: place) }
    }

    mutating func dropPieces(endedBefore moment: UInt64) {
        // The moment of a wake can lie in a piece that ends after the next one has begun: all before the first that is
        // kept go, and no other.
        let kept = pieces.firstIndex { $0.end >= moment } ?? pieces.count
        if kept > 0 { pieces.removeSubrange(0..<kept) }
        let waits = poolWaits.firstIndex { $0.until >= moment } ?? poolWaits.count
        if waits > 0 { poolWaits.removeSubrange(0..<waits) }
    }

    /// For the next task in its place. What a small one had in memory serves that, too.
    mutating func reset() {
        // Wrapping: nobody remembers a task for so many others.
        generation &+= 1
        pieces.removeAll(keepingCapacity: pieces.capacity <= 16)
        poolWaits.removeAll(keepingCapacity: poolWaits.capacity <= 16)
        open.removeAll(keepingCapacity: open.capacity <= 16)
        memberships.removeAll(keepingCapacity: memberships.capacity <= 16)
        ending.removeAll(keepingCapacity: ending.capacity <= 16)
        lostBefore = 0
    }
}

/// Something that a group asked of another process.
struct CallSpan: Sendable {
    var number: UInt64
    var name: UInt16
    var task: UInt32
    var start: UInt64
    var end: UInt64 = .max
}

struct WorkGroup: Sendable {
    /// Number of the request that is part of no other.
    var root: UInt64 = 0
    /// The earliest start of its requests.
    var start: UInt64 = .max
    var open: Int32 = 0
    /// Requests that are in the table: open ones, and those whose path is not followed yet.
    var tracked: Int32 = 0
    /// Places in the table of tasks.
    var members: [Int32] = []
    var calls: [CallSpan] = []
    /// Tasks that joined before this moment may have been dropped.
    var lostBefore: UInt64 = 0
    /// With so many members, some must go.
    var membersMax = 0

    mutating func reset() {
        root = 0
        start = .max
        open = 0
        tracked = 0
        members.removeAll(keepingCapacity: members.capacity <= 16)
        calls.removeAll(keepingCapacity: calls.capacity <= 16)
        lostBefore = 0
        membersMax = 0
    }
}

/// A request that has begun, until its path has been followed.
struct TrackedRequest: Sendable {
    var number: UInt64 = 0
    /// When it arrived, or began.
    var start: UInt64 = 0
    var begin: UInt64 = 0
    /// Blocked in its poll by then; `nil`: not known.
    var beginBlocked: UInt64?
    var end: UInt64 = 0
    var endBlocked: UInt64?
    /// Number of the request that it is part of; 0: of none.
    var parent: UInt64 = 0
    var task: TaskReference?
    var endTask: TaskReference?
    var taskID: UInt32 = 0
    var group: Int32 = 0
    /// 0: its name was not kept.
    var name: UInt16 = 0
    var kind = RequestKind.endpoint
    var outcome: RequestOutcome?
    /// At which flush it ended.
    var endedAtFlush: Int = 0

    var isOpen: Bool { outcome == nil }
    var duration: UInt64 { end - start }
}

/// Where a report shows a request.
enum RequestKind: UInt8, Sendable, CaseIterable {
    case endpoint, part, call
}
