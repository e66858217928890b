// A service simulated forwards: tasks that compute, sleep, wait, hop, yield and make children, with the time on the
// path known as it is made. It knows nothing of how the analysis goes backwards.

import CPollscopeLayout

@testable import Analysis

struct SimulatedRequests {
    /// Microseconds by part, in the order of `AnatomyPart.allCases`.
    typealias Time = SIMD8<Double>

    private(set) var made = MadeRequests()
    /// By name: what a request's path is made of.
    private(set) var expected: [UInt16: Time] = [:]
    private(set) var end = 0.0
    private var random: SplitMix
    private var busyUntil: [Double]
    private var nextTask: UInt32 = 1
    private var nextName: UInt16 = 1
    /// Polls have whole microseconds; nothing is on two threads at the same moment.
    private let threadsMax = 500

    init(seed: UInt64) {
        random = SplitMix(state: seed)
        busyUntil = Array(repeating: -1, count: threadsMax)
        made.threads = threadsMax
    }

    /// A task as far as it has come: where it runs now, and what the path to here is made of.
    private struct Task {
        var id: UInt32
        var now: Double
        var path: Time
        var thread: Int
        var runnable: Double
        var start: Double
        var waker: Int?
        var outside: Int?
        var drain: (runnable: Double, start: Double)?
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Double {
        Double(Int(random.next() % UInt64(range.count)) + range.lowerBound)
    }

    private mutating func thread(from start: Double) -> Int {
        let first = Int(random.next() % 6)
        for offset in 0..<threadsMax {
            // Few threads are used again and again, so that a thread's history matters.
            let thread = (first + offset) % threadsMax
            if busyUntil[thread] < start {
                busyUntil[thread] = .infinity
                return thread
            }
        }
        fatalError("more polls at once than threads")
    }

    /// One that has had nothing to run for a while: a timer is late there, and waits for nobody.
    private mutating func timerThread(from start: Double) -> Int {
        for thread in busyUntil.indices.reversed() where busyUntil[thread] < 0 || busyUntil[thread] < start - 60 {
            busyUntil[thread] = .infinity
            return thread
        }
        fatalError("more timers at once than threads")
    }

    private static func time(_ part: AnatomyPart, _ microseconds: Double) -> Time {
        var time = Time()
        time[part.index] = microseconds
        return time
    }

    // MARK: Requests

    /// A request that begins at `moment`, with whatever happens in it.
    mutating func request(at moment: Double) {
        let name = nextName
        nextName += 1
        let id = nextTask
        nextTask += 1
        let start = moment - number(0...5)
        var task = Task(
            id: id, now: moment, path: Time(), thread: thread(from: start), runnable: start, start: start,
            waker: nil)
        let request = made.begin(UInt32(name), at: moment, task: id, thread: task.thread, blocked: 0)
        run(&task, depth: 0)
        made.end(request, at: task.now, task: id, thread: task.thread)
        expected[name] = task.path
        _ = endPoll(&task, after: number(1...4))
        end = max(end, task.now + 10)
    }

    /// Some steps of a task.
    private mutating func run(_ task: inout Task, depth: Int) {
        for _ in 0..<Int(number(1...5)) {
            switch Int(number(0...8)) {
            case 0: compute(&task)
            case 1: sleep(&task)
            case 2: waitOutside(&task, forPool: false)
            case 3: waitOutside(&task, forPool: true)
            case 4: hop(&task)
            case 5: yield(&task)
            case 6: part(&task, depth: depth)
            default: children(&task, depth: depth)
            }
        }
        compute(&task)
    }

    private mutating func compute(_ task: inout Task) {
        let length = number(1...40)
        task.now += length
        task.path += Self.time(.onCPU, length)
    }

    private mutating func part(_ task: inout Task, depth: Int) {
        guard depth < 3 else { return }
        let name = nextName
        nextName += 1
        let before = task.path
        let request = made.begin(UInt32(name), at: task.now, task: task.id, thread: task.thread)
        run(&task, depth: depth + 1)
        made.end(request, at: task.now, task: task.id, thread: task.thread)
        expected[name] = task.path - before
    }

    /// Makes some children, computes, and waits for each of them.
    private mutating func children(_ task: inout Task, depth: Int) {
        guard depth < 3 else { return }
        var done: [(at: Double, path: Time, thread: Int)] = []
        for _ in 0..<Int(number(1...3)) {
            let id = nextTask
            nextTask += 1
            made.make(id, by: task.id, at: task.now, thread: task.thread)
            let wait = number(1...20)
            var child = Task(
                id: id, now: task.now + wait, path: task.path + Self.time(.executorWait, wait),
                thread: 0, runnable: task.now, start: task.now + wait, waker: task.thread)
            child.thread = thread(from: child.start)
            compute(&task)
            run(&child, depth: depth + 1)
            let ended = child.now
            let path = child.path
            let thread = child.thread
            _ = endPoll(&child, after: number(1...3))
            done.append((ended, path, thread))
        }
        for child in done where child.at >= task.now {
            // Suspended until the child ends; the path goes through the child.
            let suspended = endPoll(&task, after: min(number(1...3), max(0.5, child.at - task.now)))
            let wait = number(1...15) + max(0, suspended - child.at)
            task.path = child.path + Self.time(.executorWait, wait)
            beginPoll(&task, runnable: child.at, start: child.at + wait, waker: child.thread)
        }
    }

    // MARK: Suspensions

    private mutating func sleep(_ task: inout Task) {
        let suspended = endPoll(&task, after: number(1...3))
        task.path += Self.time(.onCPU, suspended - task.now)
        let asleep = number(1...100)
        let late = number(1...10)
        let helper = suspended + asleep + late
        let thread = timerThread(from: helper)
        let woken = helper + number(1...3)
        made.poll(
            900_000 + task.id, on: thread, suspended + asleep, helper, woken + 2, flags: [POLLSCOPE_POLL_TIMER])
        busyUntil[thread] = woken + 2
        let wait = number(1...15)
        task.path +=
            Self.time(.outside, asleep) + Self.time(.timerLateness, late) + Self.time(.onCPU, woken - helper)
            + Self.time(.executorWait, wait)
        beginPoll(&task, runnable: woken, start: woken + wait, waker: thread)
    }

    private mutating func waitOutside(_ task: inout Task, forPool: Bool) {
        let asked = task.now
        let suspended = endPoll(&task, after: number(1...3))
        task.path += Self.time(.onCPU, suspended - task.now)
        let length = number(1...100)
        let wait = number(1...15)
        task.path += Self.time(forPool ? .poolWait : .outside, length) + Self.time(.executorWait, wait)
        beginPoll(&task, runnable: suspended + length, start: suspended + length + wait, outside: 7)
        task.now += 1
        task.path += Self.time(.onCPU, 1)
        if forPool { made.acquire(since: asked, at: task.now, task: task.id, thread: task.thread) }
    }

    private mutating func hop(_ task: inout Task) {
        let asked = task.now
        let thread = task.thread
        let suspended = endPoll(&task, after: number(1...3))
        // The drain was asked for before or after, and has others to run first.
        let runnable = asked + number(0...10) - 5
        let start = max(suspended, runnable) + number(1...10)
        let others = number(1...10)
        let executor = start - max(runnable, asked)
        task.path +=
            Self.time(.executorWait, executor)
            + Self.time(.actorWait, start + others - asked - executor)
        beginPoll(&task, runnable: asked, start: start + others, waker: thread, drain: (runnable, start))
    }

    private mutating func yield(_ task: inout Task) {
        let asked = task.now
        let thread = task.thread
        let suspended = endPoll(&task, after: number(1...3))
        task.path += Self.time(.onCPU, suspended - asked)
        let helper = suspended + number(1...10)
        let helperThread = self.thread(from: helper)
        made.poll(task.id, on: helperThread, asked, helper, helper + 2, by: thread, kind: POLLSCOPE_RECORD_YIELD)
        busyUntil[helperThread] = helper + 2
        let wait = number(1...10)
        task.path +=
            Self.time(.executorWait, helper - suspended) + Self.time(.onCPU, 1) + Self.time(.executorWait, wait)
        beginPoll(&task, runnable: helper + 1, start: helper + 1 + wait, waker: helperThread)
    }

    // MARK: Polls

    /// Writes the poll that runs, and returns when it ended: a little after now.
    private mutating func endPoll(_ task: inout Task, after tail: Double) -> Double {
        let end = task.now + tail
        var flags: [pollscope_poll_flags] = []
        if task.drain != nil { flags.append(POLLSCOPE_POLL_NESTED) }
        made.poll(
            task.id, on: task.thread, task.runnable, task.start, end, by: task.waker, outside: task.outside,
            flags: flags, executor: task.drain == nil ? POLLSCOPE_EXECUTOR_GLOBAL : POLLSCOPE_EXECUTOR_ACTOR)
        if let drain = task.drain { made.drain(on: task.thread, drain.runnable, drain.start, end + 1) }
        busyUntil[task.thread] = end + (task.drain == nil ? 0 : 1)
        return end
    }

    private mutating func beginPoll(
        _ task: inout Task, runnable: Double, start: Double, waker: Int? = nil, outside: Int? = nil,
        drain: (runnable: Double, start: Double)? = nil
    ) {
        task.thread = thread(from: drain?.start ?? start)
        (task.runnable, task.start, task.now) = (runnable, start, start)
        (task.waker, task.outside, task.drain) = (waker, outside, drain)
    }
}

/// Numbers that a seed says.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        // Wrapping: that is how it mixes.
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
