// Asks a process to look where its tasks wait, and reads what it found.

import CPollscopeLayout
import Glibc

/// The session file's header, mapped so that its process can be woken.
private struct MappedHeader: ~Copyable {
    private let address: UnsafeMutableRawPointer
    private static let byteCount = Int(POLLSCOPE_HEADER_BYTES)

    /// `nil`: the file cannot be written, or is another one by now.
    init?(of file: SessionFile) {
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
        self.address = address
    }

    deinit { munmap(address, Self.byteCount) }

    /// Asks for a look, and waits for the answer, `seconds` at most. Returns the look's number; `nil`: no answer.
    func ask(within seconds: Double) -> UInt32? {
        // Safe: the mapping is a page, the header fits into it, and only the fields that readers may write are written.
        let header = address.assumingMemoryBound(to: pollscope_header.self)
        let number = pollscope_look_ask(header)
        let end = ContinuousClock.now + .seconds(seconds)
        var pause = timespec(tv_sec: 0, tv_nsec: 50_000_000)
        while !pollscope_look_wait(header, number, &pause) {
            if ContinuousClock.now >= end { return nil }
        }
        return number
    }
}

extension SessionFile {
    /// The live tasks. Of a process that runs, it is asked to look where they wait, and has `seconds` for it.
    ///
    /// Throws `notInstrumented` where the process keeps no table of its tasks.
    public func lookAtTasks(within seconds: Double) throws(SessionError) -> TaskLook {
        let info = info
        if let probe = info.probes.first(where: { $0.id == UInt16(POLLSCOPE_PROBE_TASKS.rawValue) }), !probe.isOn {
            throw SessionError(
                .notInstrumented, "Process \(info.processID) does not keep account of its tasks.", remedy: probe.reason)
        }
        var answer: TaskLook.Answer = .processEnded
        var number: UInt32?
        if isAlive {
            number = info.watcherTID == 0 ? nil : MappedHeader(of: self)?.ask(within: seconds)
            // One that did not answer may have ended instead.
            answer =
                number != nil ? .answered : !isAlive ? .processEnded : info.watcherTID == 0 ? .noWatcher : .silent
        }
        let now = Ticks(pollscope_read_anchor(layout.clock).ticks)
        let found = liveTasks(look: number)
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
