// The tables that requests, tasks and groups are in: places are given, and given back.

extension RequestAnalysis {
    // MARK: Tasks

    @inline(__always)
    func reference(_ task: Int) -> TaskReference {
        TaskReference(slot: Int32(task), generation: tasks[task].generation)
    }

    @inline(__always)
    func isCurrent(_ reference: TaskReference) -> Bool {
        tasks[Int(reference.slot)].generation == reference.generation
    }

    mutating func place(ofTask id: UInt32) -> Int { taskPlaces[id].map(Int.init) ?? newTask(id) }

    /// A task that has begun just now. One that had its number is none of ours any more.
    mutating func newTask(_ id: UInt32) -> Int {
        let task: Int
        if let free = freeTasks.popLast() {
            task = Int(free)
        } else {
            task = tasks.count
            tasks.append(WorkingTask())
        }
        tasks[task].id = id
        taskPlaces[id] = Int32(task)
        return task
    }

    /// Makes a task work for a group. Returns which of its memberships that is.
    mutating func join(
        _ task: Int, _ group: Int, origin: TaskReference?, from: UInt64, isInherited: Bool, madeIn: UInt64
    ) -> Int {
        if let index = tasks[task].membership(in: Int32(group)) {
            tasks[task].memberships[index].from = min(tasks[task].memberships[index].from, from)
            tasks[task].memberships[index].until = max(tasks[task].memberships[index].until, from)
            return index
        }
        if groups[group].members.count >= groups[group].membersMax { dropMembers(of: group, now: from) }
        if tasks[task].memberships.count >= limits.groupsOfTask {
            tasks[task].memberships.removeFirst(limits.groupsOfTask / 2)
        }
        groups[group].members.append(Int32(task))
        tasks[task].memberships.append(
            GroupMembership(
                group: Int32(group), isInherited: isInherited, from: from, until: isInherited ? .max : from,
                origin: origin, madeIn: madeIn))
        return tasks[task].memberships.count - 1
    }

    /// Drops a task that works for nobody.
    mutating func releaseIfIdle(_ task: Int) {
        guard tasks[task].memberships.isEmpty else { return }
        pieceCount -= tasks[task].pieces.count
        if taskPlaces[tasks[task].id] == Int32(task) { taskPlaces[tasks[task].id] = nil }
        tasks[task].reset()
        freeTasks.append(Int32(task))
    }

    // MARK: Groups

    mutating func newGroup(root: UInt64) -> Int {
        let group: Int
        if let free = freeGroups.popLast() {
            group = Int(free)
        } else {
            group = groups.count
            groups.append(WorkGroup())
        }
        groups[group].root = root
        groups[group].membersMax = limits.tasksOfGroup
        return group
    }

    private mutating func releaseGroup(_ group: Int) {
        for member in groups[group].members {
            let task = Int(member)
            guard let index = tasks[task].membership(in: Int32(group)) else { continue }
            tasks[task].memberships.remove(at: index)
            if tasks[task].memberships.isEmpty {
                releaseIfIdle(task)
            } else {
                trim(task)
            }
        }
        groups[group].reset()
        freeGroups.append(Int32(group))
    }

    /// Drops what none of the requests that a task still works for can need.
    private mutating func trim(_ task: Int) {
        var start = UInt64.max
        for membership in tasks[task].memberships { start = min(start, groups[Int(membership.group)].start) }
        let before = tasks[task].pieces.count
        tasks[task].dropPieces(endedBefore: start)
        pieceCount -= before - tasks[task].pieces.count
    }

    // MARK: Requests

    mutating func newRequest() -> Int {
        if let free = freeRequests.popLast() { return Int(free) }
        requests.append(TrackedRequest())
        return requests.count - 1
    }

    /// Drops a request, and what only it needed.
    mutating func release(_ place: Int) {
        let request = requests[place]
        requestPlaces[request.number] = nil
        if !traces.isEmpty { traces[request.number] = nil }
        requests[place] = TrackedRequest()
        freeRequests.append(Int32(place))
        let group = Int(request.group)
        groups[group].tracked -= 1
        if groups[group].tracked == 0 { releaseGroup(group) }
    }
}
