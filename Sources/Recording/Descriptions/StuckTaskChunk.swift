// The tasks that stood still when a recording ended, a chunk of its own.

import CPollscopeLayout
import Sessions

/// Fields may be added at the end: a reader takes what it knows.
enum StuckTaskChunk {
    static func append(_ look: StuckTaskLook, to out: inout ByteBuffer) {
        out.append(number(of: look.answer))
        out.append(varint: look.at.rawValue)
        for count in [
            look.totals.created, look.totals.ended, look.totals.untracked, look.totals.untrackedEnded,
            look.totals.tracked, look.count,
        ] { out.append(varint: count) }
        let tasks = look.tasks.prefix(RecordingLimits.stuckTasks)
        out.append(varint: UInt64(tasks.count))
        for task in tasks { out.append(task) }
    }

    static func look(_ reader: inout PayloadReader) throws(MalformedPayload) -> StuckTaskLook {
        let answer = answer(try reader.byte())
        let at = Ticks(try reader.varint())
        var totals = TaskTotals()
        totals.created = try reader.varint()
        totals.ended = try reader.varint()
        totals.untracked = try reader.varint()
        totals.untrackedEnded = try reader.varint()
        totals.tracked = try reader.varint()
        let count = try reader.varint()
        var tasks: [StuckTask] = []
        let kept = try reader.count(bytesEach: ByteBuffer.stuckTaskBytesMin, atMost: RecordingLimits.stuckTasks)
        for _ in 0..<kept { tasks.append(try reader.stuckTask()) }
        return StuckTaskLook(answer: answer, at: at, totals: totals, count: count, tasks: tasks)
    }

    private static func number(of answer: TaskLook.Answer) -> UInt8 {
        switch answer {
        case .answered: 0
        case .processEnded: 1
        case .noWatcher: 2
        case .silent: 3
        }
    }

    private static func answer(_ number: UInt8) -> TaskLook.Answer {
        switch number {
        case 0: .answered
        case 1: .processEnded
        case 2: .noWatcher
        default: .silent
        }
    }
}

/// What is true or not of a task, a bit each.
private struct StuckTaskFlags: OptionSet {
    var rawValue: UInt8

    static let isChild = StuckTaskFlags(rawValue: 1)
    static let isGroupChild = StuckTaskFlags(rawValue: 1 << 1)
    static let isAsyncLet = StuckTaskFlags(rawValue: 1 << 2)
    static let isLate = StuckTaskFlags(rawValue: 1 << 3)
    static let isCancelled = StuckTaskFlags(rawValue: 1 << 4)
    static let awaitsChild = StuckTaskFlags(rawValue: 1 << 5)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ stuck: StuckTask) {
        let facts: [(Bool, StuckTaskFlags)] = [
            (stuck.task.isChild, .isChild), (stuck.task.isGroupChild, .isGroupChild),
            (stuck.task.isAsyncLet, .isAsyncLet), (stuck.task.isLate, .isLate),
            (stuck.task.isCancelled, .isCancelled), (stuck.awaitsChild, .awaitsChild),
        ]
        self = facts.reduce(into: []) { flags, fact in if fact.0 { flags.insert(fact.1) } }
    }
}

extension LiveTask.State {
    /// An enum pollscope_task_state.
    fileprivate var number: UInt32 {
        switch self {
        case .unknown: POLLSCOPE_TASK_UNKNOWN.rawValue
        case .running: POLLSCOPE_TASK_RUNNING.rawValue
        case .enqueued: POLLSCOPE_TASK_ENQUEUED.rawValue
        case .suspended: POLLSCOPE_TASK_SUSPENDED.rawValue
        case .awaitsTask: POLLSCOPE_TASK_AWAITS_TASK.rawValue
        case .awaitsGroup: POLLSCOPE_TASK_AWAITS_GROUP.rawValue
        case .awaitsContinuation: POLLSCOPE_TASK_AWAITS_CONTINUATION.rawValue
        }
    }

    /// One that a later format may have is not known.
    fileprivate init(number: UInt8) { self = Self.allCases.first { $0.number == UInt32(number) } ?? .unknown }
}

extension ByteBuffer {
    /// What a task takes at least: four bytes that are no numbers, three times, nine other numbers, and a name's length.
    fileprivate static let stuckTaskBytesMin = 17

    fileprivate mutating func append(_ stuck: StuckTask) {
        let task = stuck.task
        append(StuckTaskFlags(stuck).rawValue)
        append(UInt8(task.state.number))
        append(task.priority)
        for ticks in [task.created, task.started, task.ended, task.since] { append(varint: ticks?.rawValue ?? 0) }
        for number in [
            task.id, task.parent, task.polls, task.startStack, task.spawnStack, task.stack, task.awaitedTask,
            task.actor,
        ] { append(varint: number) }
        append(varint: task.executorType)
        append(text: task.name)
    }
}

extension PayloadReader {
    fileprivate mutating func stuckTask() throws(MalformedPayload) -> StuckTask {
        let flags = StuckTaskFlags(rawValue: try byte())
        let state = LiveTask.State(number: try byte())
        let priority = try byte()
        let created = Ticks(try varint())
        let (started, ended, since) = (try moment(), try moment(), try moment())
        var task = LiveTask(id: try varint(as: UInt32.self), created: created)
        (task.state, task.priority) = (state, priority)
        (task.started, task.ended, task.since) = (started, ended, since)
        task.parent = try varint(as: UInt32.self)
        task.polls = try varint(as: UInt32.self)
        task.startStack = try varint(as: UInt32.self)
        task.spawnStack = try varint(as: UInt32.self)
        task.stack = try varint(as: UInt32.self)
        task.awaitedTask = try varint(as: UInt32.self)
        task.actor = try varint(as: UInt32.self)
        task.executorType = try varint(as: UInt16.self)
        task.name = try text()
        task.isChild = flags.contains(.isChild)
        task.isGroupChild = flags.contains(.isGroupChild)
        task.isAsyncLet = flags.contains(.isAsyncLet)
        task.isLate = flags.contains(.isLate)
        task.isCancelled = flags.contains(.isCancelled)
        return StuckTask(task, awaitsChild: flags.contains(.awaitsChild))
    }

    /// A time that there may not be; 0: there is none.
    private mutating func moment() throws(MalformedPayload) -> Ticks? {
        let ticks = try varint()
        return ticks == 0 ? nil : Ticks(ticks)
    }
}
