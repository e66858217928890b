// What events change: requests begin and end, tasks make tasks, pools lend.

import CPollscopeLayout

extension RequestAnalysis {
    mutating func take(_ event: pollscope_event_record) {
        switch UInt32(event.kind) {
        case POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue: begin(event)
        case POLLSCOPE_EVENT_REQUEST_ENDED.rawValue: end(event)
        case POLLSCOPE_EVENT_REQUEST_TRACED.rawValue:
            guard requestPlaces[event.number] != nil else { return }
            traces[event.number] = TraceIdentity(
                high: event.other, low: event.since_ticks, span: event.blocked_ticks)
        case POLLSCOPE_EVENT_TASK_MADE.rawValue: makeTask(event)
        case POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue: waitForPool(event)
        default: break
        }
    }

    // MARK: Requests

    private mutating func begin(_ event: pollscope_event_record) {
        guard event.number != 0, requestPlaces[event.number] == nil else { return }
        counts.begun += 1
        if event.name == 0 { counts.namesRefused += 1 }
        if openCount >= limits.openRequests { forgetOldestOpen() }

        let task = event.task == 0 ? nil : place(ofTask: event.task)
        var request = TrackedRequest()
        request.number = event.number
        request.begin = event.at_ticks
        request.start =
            event.since_ticks != 0 && event.since_ticks < event.at_ticks ? event.since_ticks : event.at_ticks
        request.beginBlocked = event.blockedInPoll
        request.taskID = event.task
        request.name = event.name
        let parent = parent(of: event, task: task)
        request.parent = event.other != 0 ? event.other : parent.map { requests[$0].number } ?? 0
        request.kind =
            UInt32(event.detail) == POLLSCOPE_REQUEST_CALL.rawValue
            ? .call : request.parent != 0 ? .part : .endpoint

        let group = parent.map { Int(requests[$0].group) } ?? newGroup(root: event.number)
        request.group = Int32(group)
        groups[group].open += 1
        groups[group].tracked += 1
        groups[group].start = min(groups[group].start, request.start)
        if request.kind == .call {
            if groups[group].calls.count >= limits.callsOfGroup {
                groups[group].calls.removeFirst(limits.callsOfGroup / 2)
            }
            groups[group].calls.append(
                CallSpan(number: request.number, name: request.name, task: event.task, start: request.start))
        }
        let place = newRequest()
        if let task {
            request.task = reference(task)
            let origin = parent.flatMap { requests[$0].task }
            let membership = join(
                task, group, origin: origin?.slot == Int32(task) ? nil : origin, from: request.start,
                isInherited: false, madeIn: request.parent)
            tasks[task].memberships[membership].open += 1
            tasks[task].memberships[membership].until = .max
            if tasks[task].open.count >= limits.nesting { tasks[task].open.removeFirst() }
            tasks[task].open.append(Int32(place))
        }
        requests[place] = request
        requestPlaces[event.number] = Int32(place)
        openCount += 1
    }

    /// The request that a new one is part of, if it can be found.
    private func parent(of event: pollscope_event_record, task: Int?) -> Int? {
        if event.other != 0 { return requestPlaces[event.other].map(Int.init) }
        return task.flatMap(currentRequest(of:))
    }

    /// The innermost open request that a task is in: its own, or the one it was made in.
    private func currentRequest(of task: Int) -> Int? {
        if let own = tasks[task].open.last { return Int(own) }
        for membership in tasks[task].memberships.reversed() where membership.isInherited {
            guard groups[Int(membership.group)].open > 0 else { continue }
            var number = membership.madeIn
            for _ in 0..<limits.nesting {
                guard number != 0, let place = requestPlaces[number].map(Int.init) else { break }
                if requests[place].isOpen { return place }
                number = requests[place].parent
            }
            if let root = requestPlaces[groups[Int(membership.group)].root].map(Int.init), requests[root].isOpen {
                return root
            }
        }
        return nil
    }

    private mutating func end(_ event: pollscope_event_record) {
        guard let place = requestPlaces[event.number].map(Int.init) else {
            if endedNumbers.contains(event.number) {
                counts.endedTwice += 1
            } else {
                counts.endsWithoutBegin += 1
            }
            return
        }
        guard requests[place].isOpen else {
            counts.endedTwice += 1
            return
        }
        counts.ended += 1
        endedNumbers.insert(event.number)
        close(place, at: event.at_ticks)
        requests[place].outcome = RequestOutcome(event.detail)
        if event.name != 0 {
            // What it turned out to be called, even if its first name was not kept.
            if requests[place].name == 0 { counts.namesRefused -= 1 }
            requests[place].name = event.name
        }
        requests[place].end = max(event.at_ticks, requests[place].start)
        requests[place].endBlocked = event.blockedInPoll
        requests[place].endedAtFlush = flush
        requests[place].endTask = requests[place].task
        if event.task != requests[place].taskID {
            counts.endedElsewhere += 1
            if event.task != 0 {
                let task = self.place(ofTask: event.task)
                let group = Int(requests[place].group)
                let origin = requests[place].task
                _ = join(
                    task, group, origin: origin?.slot == Int32(task) ? nil : origin, from: event.at_ticks,
                    isInherited: false, madeIn: event.number)
                requests[place].endTask = reference(task)
            }
        }
        let request = EndedRequest(place: Int32(place), number: event.number)
        if let task = requests[place].endTask, isCurrent(task) { tasks[Int(task.slot)].ending.append(request) }
        ended.append(request)
    }

    /// Takes a request off those that are open.
    mutating func close(_ place: Int, at moment: UInt64) {
        let request = requests[place]
        openCount -= 1
        groups[Int(request.group)].open -= 1
        if request.kind == .call,
            let call = groups[Int(request.group)].calls.lastIndex(where: { $0.number == request.number })
        {
            groups[Int(request.group)].calls[call].end = moment
        }
        guard let reference = request.task, isCurrent(reference) else { return }
        let task = Int(reference.slot)
        if let index = tasks[task].open.lastIndex(of: Int32(place)) { tasks[task].open.remove(at: index) }
        guard let index = tasks[task].membership(in: request.group) else { return }
        tasks[task].memberships[index].open -= 1
        if tasks[task].memberships[index].open == 0, !tasks[task].memberships[index].isInherited {
            tasks[task].memberships[index].until = moment
        }
    }

    // MARK: Tasks

    private mutating func makeTask(_ event: pollscope_event_record) {
        guard event.task != 0, event.subject != 0, event.task != event.subject,
            let maker = taskPlaces[event.task].map(Int.init)
        else { return }
        let current = currentRequest(of: maker).map { requests[$0].number } ?? 0
        var made: Int?
        for membership in tasks[maker].memberships
        where groups[Int(membership.group)].open > 0 && (membership.isInherited || membership.open > 0) {
            let task = made ?? newTask(event.subject)
            made = task
            _ = join(
                task, Int(membership.group), origin: reference(maker), from: event.at_ticks, isInherited: true,
                madeIn: current)
        }
    }

    // MARK: Pools

    private mutating func waitForPool(_ event: pollscope_event_record) {
        guard event.task != 0, event.since_ticks < event.at_ticks,
            let task = taskPlaces[event.task].map(Int.init)
        else { return }
        if tasks[task].poolWaits.count >= limits.poolWaitsOfTask {
            tasks[task].lostBefore = max(
                tasks[task].lostBefore, tasks[task].poolWaits[limits.poolWaitsOfTask / 2].until)
            tasks[task].poolWaits.removeFirst(limits.poolWaitsOfTask / 2)
        }
        tasks[task].poolWaits.append(
            PoolWait(
                since: event.since_ticks, until: event.at_ticks, blocked: event.blockedInPoll, pool: event.subject))
    }
}

extension pollscope_event_record {
    /// Of a request, at its begin or end; 0: none that a session can have.
    var name: UInt16 { subject <= UInt32(POLLSCOPE_REQUEST_NAMES_MAX) ? UInt16(subject) : 0 }

    /// In observed calls, until then in its poll; `nil`: not known.
    var blockedInPoll: UInt64? {
        UInt32(flags) & POLLSCOPE_EVENT_IN_POLL.rawValue != 0 ? blocked_ticks : nil
    }
}

extension RequestOutcome {
    /// `detail`: enum pollscope_outcome. What is none of them is an error of some kind.
    init(_ detail: UInt8) {
        switch UInt32(detail) {
        case POLLSCOPE_OUTCOME_OK.rawValue: self = .ok
        case POLLSCOPE_OUTCOME_CANCELLED.rawValue: self = .cancelled
        case POLLSCOPE_OUTCOME_TIMED_OUT.rawValue: self = .timedOut
        default: self = .error
        }
    }
}
