// Executors, holds and turns in a session file that a test writes.

import CPollscopeLayout
import Sessions

extension SyntheticSession {
    func executor(_ place: Int) -> UnsafeMutablePointer<pollscope_executor_entry> {
        precondition(place >= 0 && place < header.pointee.executors.count)
        return (part(header.pointee.executors.offset) + place * MemoryLayout<pollscope_executor_entry>.stride)
            .assumingMemoryBound(to: pollscope_executor_entry.self)
    }

    /// Claims an entry of the table of executors, and counts it. It is not published yet.
    func claimExecutor(_ place: Int, identity: UInt64) {
        executor(place).pointee.identity = identity
        header.pointee.executors_used += 1
    }

    func publishExecutor(
        _ place: Int, kind: pollscope_executor_kind = POLLSCOPE_EXECUTOR_QUEUE, type: UInt16 = 0, name: String
    ) {
        if executor(place).pointee.identity == 0 { claimExecutor(place, identity: 0x1000 + UInt64(place)) }
        executor(place).pointee.type = type
        Self.fill(&executor(place).pointee.name, name)
        executor(place).pointee.kind = kind.rawValue
    }

    /// What a follower makes of it.
    static func identity(
        _ place: Int, kind: pollscope_executor_kind = POLLSCOPE_EXECUTOR_QUEUE, type: UInt16 = 0, name: String
    ) -> ExecutorIdentity {
        ExecutorIdentity(
            number: UInt8(POLLSCOPE_EXECUTOR_FIRST.rawValue) + UInt8(place), kind: kind.rawValue, type: type,
            name: name,
            identity: 0x1000 + UInt64(place))
    }

    func recordHold(ring: Int = 0, type: UInt16) {
        ringHeader(ring).pointee.holds += 1
        record(ring: ring) {
            $0.kind = UInt8(POLLSCOPE_RECORD_HOLD.rawValue)
            $0.executor = UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)
            $0.waker = type
        }
    }

    func recordTurn(ring: Int = 0) {
        ringHeader(ring).pointee.turns += 1
        record(ring: ring) { $0.kind = UInt8(POLLSCOPE_RECORD_TURN.rawValue) }
    }
}
