// Tasks in a session file written by a test, as a process would table them.

import CPollscopeLayout
import Glibc

@testable import Sessions

extension SyntheticSession {
    func taskEntry(_ place: Int) -> UnsafeMutablePointer<pollscope_task_entry> {
        precondition(place < Int(header.pointee.tasks.count))
        return (part(header.pointee.tasks.offset) + place * MemoryLayout<pollscope_task_entry>.stride)
            .assumingMemoryBound(to: pollscope_task_entry.self)
    }

    /// A task takes a place, in the order of the protocol.
    func enterTask(_ place: Int, id: UInt32, parent: UInt32 = 0, name: String = "", created: UInt64 = 1_000) {
        let entry = taskEntry(place)
        entry.pointee.task = UInt64(POLLSCOPE_TASK_BEING_CLAIMED)
        entry.pointee.generation &+= 1
        if entry.pointee.generation == 0 { entry.pointee.generation_high += 1 }
        entry.pointee.id = id
        entry.pointee.parent = parent
        entry.pointee.polls = 0
        entry.pointee.created_ticks = created
        entry.pointee.started_ticks = 0
        entry.pointee.ended_ticks = 0
        entry.pointee.flags = name.isEmpty ? 0 : UInt8(POLLSCOPE_TASK_NAMED.rawValue)
        // Safe: writes no more than the tuple's own bytes, whose last stays 0.
        withUnsafeMutableBytes(of: &entry.pointee.name) { bytes in
            for index in bytes.indices { bytes[index] = 0 }
            for (index, byte) in name.utf8.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
        }
        entry.pointee.task = 0x7F00_0000_0000 + UInt64(place) * 512
    }

    func leaveTask(_ place: Int) { taskEntry(place).pointee.task = 0 }

    func pollTask(_ place: Int, from start: UInt64, to end: UInt64?) {
        let entry = taskEntry(place)
        entry.pointee.polls += 1
        entry.pointee.started_ticks = start
        if let end { entry.pointee.ended_ticks = end }
    }

    /// What the process's watcher finds at a look.
    func noteTask(
        _ place: Int, look: UInt32, state: pollscope_task_state, stack: UInt32 = 0, awaited: UInt32 = 0,
        since: UInt64 = 0, flags: pollscope_task_flags? = nil
    ) {
        let entry = taskEntry(place)
        entry.pointee.look = look
        entry.pointee.look_polls = entry.pointee.polls
        entry.pointee.look_generation = entry.pointee.generation
        entry.pointee.state = UInt8(state.rawValue)
        entry.pointee.stack = stack
        entry.pointee.awaited = awaited
        entry.pointee.since_ticks = since
        entry.pointee.look_flags = flags.map { UInt8($0.rawValue) } ?? 0
    }
}
