// From the tasks that stood still to groups with names.

import Sessions
import Symbols

extension StuckTasksLook {
    init(_ look: StuckTaskLook, start: Ticks, calibration: Calibration) {
        answer = look.answer
        atSeconds = LoadClock(start: start, calibration: calibration).seconds(look.at)
        leastSeconds = StuckTaskLook.leastSeconds
        live = look.totals.live
        stuck = look.count
        kept = look.tasks.count
    }
}

extension StuckTasks {
    /// Tasks of a group that are told one by one.
    private static let toldMax = 8

    private struct Key: Hashable {
        var wait: TaskWait
        var site: SiteName
    }

    /// `sites` are those of the recording's polls.
    static func all(
        facts: RecordingFacts, sites: [SiteReport], name: @escaping (AsyncStack) -> NamedStack
    ) -> [StuckTasks] {
        guard let look = facts.stuckTasks else { return [] }
        var naming = TasksNaming(stacks: facts.stacks, types: facts.types.mapValues(\.name), name: name)
        let tasks = look.tasks.sorted {
            ($0.task.since ?? look.at, $0.task.id) < ($1.task.since ?? look.at, $1.task.id)
        }
        var members: [Key: [StuckTask]] = [:]
        for stuck in tasks {
            let key = Key(
                wait: naming.wait(of: stuck.task, parentOfAwaited: stuck.awaitsChild ? stuck.task.id : nil),
                site: naming.site(of: stuck.task))
            members[key, default: []].append(stuck)
        }
        // What helps a task on, such as a timer's job, ends no wait by itself.
        let resumed = sites.filter { $0.kind == .task }.reduce(into: [:]) { $0[$1.place, default: 0] &+= $1.polls }
        return members.map { key, members in
            StuckTasks(
                key, members, at: look.at, calibration: facts.calibration, resumed: resumed[key.site.place] ?? 0,
                &naming)
        }.sorted { $0.comesBefore($1) }
    }

    /// `members`: the oldest first, and at least one.
    private init(
        _ key: Key, _ members: [StuckTask], at now: Ticks, calibration: Calibration, resumed: UInt64,
        _ naming: inout TasksNaming
    ) {
        func seconds(since then: Ticks?) -> Double {
            then.map { $0 < now ? calibration.seconds(now.rawValue - $0.rawValue) : 0 } ?? 0
        }
        wait = key.wait
        site = key.site
        let first = members[0].task.stack
        stack = (naming.named(first)?.frames ?? []).map(StackFrame.init)
        isStackCut = naming.isCut(first)
        count = members.count
        cancelled = members.count { $0.task.isCancelled }
        oldestSeconds = seconds(since: members[0].task.since)
        medianSeconds = seconds(since: members[members.count / 2].task.since)
        self.resumed = resumed
        code = naming.place(members[0].task.startStack)
        var makers: [CodePlace?: Int] = [:]
        for member in members { makers[naming.place(member.task.spawnStack), default: 0] += 1 }
        maker = makers.max { ($0.value, $1.key?.function ?? "") < ($1.value, $0.key?.function ?? "") }?.key
        tasks = members.prefix(Self.toldMax).map { member in
            let task = member.task
            return StuckTaskReport(
                id: task.id, name: task.name.isEmpty ? nil : task.name, priority: task.priority,
                isCancelled: task.isCancelled, polls: task.polls, ageSeconds: seconds(since: task.created),
                stuckSeconds: seconds(since: task.since), awaited: task.awaitedTask == 0 ? nil : task.awaitedTask)
        }
    }

    /// What is equally old, by name, so that two reports of one recording are the same.
    private func comesBefore(_ other: StuckTasks) -> Bool {
        if oldestSeconds != other.oldestSeconds { return oldestSeconds > other.oldestSeconds }
        if count != other.count { return count > other.count }
        let (own, others) = (words, other.words)
        return own < others
    }

    private var words: (String, Int, String, String, String) {
        (site.place.function, site.place.line ?? -1, site.task, wait.kind.rawValue, wait.what ?? "")
    }
}

extension TasksNaming {
    fileprivate mutating func site(of task: LiveTask) -> SiteName {
        guard let named = named(task.stack) else {
            let place = CodePlace(function: StackNames.notCaptured, awaitPoint: nil, file: nil, line: nil)
            return SiteName(place: place, task: self.place(task.startStack)?.function ?? StackNames.notCaptured)
        }
        return SiteName(place: CodePlace(named.site), task: named.site.task)
    }
}
