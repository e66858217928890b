// Asks a process to look where its tasks wait, and reads what it found.

import CPollscopeLayout
import Glibc

/// A look that a process was asked for. It answers when its watcher comes to it; nobody has to wait for that.
public final class TasksQuestion {
    /// The session file's header, mapped so that its process can be woken.
    private let header: UnsafeMutableRawPointer
    let number: UInt32
    private static let byteCount = Int(POLLSCOPE_HEADER_BYTES)

    /// `nil`: the file cannot be written, or is another one by now.
    fileprivate init?(to file: SessionFile) {
        let descriptor = open(file.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, UInt64(status.st_dev) == file.device,
            UInt64(status.st_ino) == file.inode,
            status.st_size >= off_t(Self.byteCount)
        else { return nil }
        let address = mmap(nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else { return nil }
        header = address
        // Safe: the mapping is a page, the header fits into it, and only the fields that readers may write are written.
        number = pollscope_look_ask(address.assumingMemoryBound(to: pollscope_header.self))
    }

    deinit { munmap(header, Self.byteCount) }

    /// Whether the process has looked; waits for that, `seconds` at most.
    public func isAnswered(within seconds: Double) -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            let left = (end - ContinuousClock.now).components
            let nanoseconds = left.seconds > 0 ? Int.max : Int(max(0, left.attoseconds / 1_000_000_000))
            var pause = timespec(tv_sec: 0, tv_nsec: min(nanoseconds, 50_000_000))
            // Safe: as above.
            if pollscope_look_wait(header.assumingMemoryBound(to: pollscope_header.self), number, &pause) {
                return true
            }
            if ContinuousClock.now >= end { return false }
        }
    }
}

extension SessionFile {
    /// Whether the process keeps a table of its tasks.
    public var keepsTasks: Bool { tasksProbe?.isOn ?? true }

    private var tasksProbe: ProbeStatus? { info.probes.first { $0.id == UInt16(POLLSCOPE_PROBE_TASKS.rawValue) } }

    /// The live tasks. Of a process that runs, it is asked to look where they wait, and has `seconds` for it.
    ///
    /// Throws `notInstrumented` where the process keeps no table of its tasks.
    public func lookAtTasks(within seconds: Double) throws(SessionError) -> TaskLook {
        if let probe = tasksProbe, !probe.isOn {
            throw SessionError(
                .notInstrumented, "Process \(info.processID) does not keep account of its tasks.", remedy: probe.reason)
        }
        let question = askForTasks()
        return tasks(answering: question?.isAnswered(within: seconds) ?? false ? question : nil)
    }

    /// Asks the process to look where its tasks wait. `nil`: there is nobody to ask.
    public func askForTasks() -> TasksQuestion? { isAlive && info.watcherTID != 0 ? TasksQuestion(to: self) : nil }

    /// The live tasks as the process found them when it answered `question`; `nil`: as its table has them.
    public func tasks(answering question: TasksQuestion?) -> TaskLook {
        // One that did not answer may have ended instead.
        let answer: TaskLook.Answer =
            question != nil ? .answered : !isAlive ? .processEnded : info.watcherTID == 0 ? .noWatcher : .silent
        let now = Ticks(pollscope_read_anchor(layout.clock).ticks)
        let found = liveTasks(look: question?.number)
        return TaskLook(
            answer: answer, tasks: found.tasks, totals: found.totals,
            at: answer == .processEnded ? lastMoment(of: found.tasks) : now, stacks: stacks(of: found.tasks),
            types: types(of: found.tasks))
    }

    /// The last moment that is known of a process that is gone.
    private func lastMoment(of tasks: [LiveTask]) -> Ticks {
        tasks.reduce(calibration.last.ticks) { max($0, $1.created, $1.started ?? $0, $1.ended ?? $0) }
    }

    private func stacks(of tasks: [LiveTask]) -> [UInt32: AsyncStack] {
        var stacks: [UInt32: AsyncStack] = [:]
        for id in Set(tasks.flatMap { [$0.stack, $0.startStack, $0.spawnStack] }) {
            stacks[id] = publishedStack(id)
        }
        return stacks
    }

    private func types(of tasks: [LiveTask]) -> [UInt16: String] {
        var types: [UInt16: String] = [:]
        for id in Set(tasks.map(\.executorType)) { types[id] = publishedType(id)?.name }
        return types
    }
}
