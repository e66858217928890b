// What events refer to is there: names, pools, kinds.

import CPollscopeLayout
import Recording
import Sessions

struct RequestReferencesLaw {
    private var law = LawResult(
        name: "events lead somewhere",
        statement:
            "Each name and each pool that an event refers to is in the recording; its kind, its role and its outcome "
            + "are known.")

    private let names: Set<UInt32>
    private let pools: Set<UInt32>
    /// Pools that events refer to, and that no look at the process has found.
    private var missing: [UInt32: UInt64] = [:]
    private static let roles = [POLLSCOPE_REQUEST_WHOLE.rawValue, POLLSCOPE_REQUEST_CALL.rawValue]
    private static let outcomes = POLLSCOPE_OUTCOME_OK.rawValue...POLLSCOPE_OUTCOME_TIMED_OUT.rawValue

    init(facts: RecordingFacts) {
        names = Set(facts.requestNames.keys).union([0])
        pools = Set(facts.poolNames.keys)
    }

    mutating func add(_ batch: EventBatch) { for record in batch.records { check(record) } }

    private mutating func check(_ record: pollscope_event_record) {
        let detail = UInt32(record.detail)
        let isRight =
            switch UInt32(record.kind) {
            case POLLSCOPE_EVENT_REQUEST_BEGAN.rawValue:
                names.contains(record.subject) && Self.roles.contains(detail)
            case POLLSCOPE_EVENT_REQUEST_ENDED.rawValue:
                names.contains(record.subject) && Self.outcomes.contains(detail)
            case POLLSCOPE_EVENT_REQUEST_TRACED.rawValue: record.number != 0
            case POLLSCOPE_EVENT_TASK_MADE.rawValue: record.subject != 0 && record.subject != record.task
            case POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue: isPool(record.subject) && Self.outcomes.contains(detail)
            case POLLSCOPE_EVENT_POOL_RELEASED.rawValue, POLLSCOPE_EVENT_CONNECTION_OPENED.rawValue,
                POLLSCOPE_EVENT_CONNECTION_CLOSED.rawValue:
                isPool(record.subject)
            default: false
            }
        if Self.isOfPool(record), !pools.contains(record.subject), isPool(record.subject) {
            missing[record.subject, default: 0] += 1
        }
        law.expect(
            isRight,
            else:
                "thread \(record.tid): the event at \(record.at_ticks) is of kind \(record.kind), \(record.detail), "
                + "and refers to \(record.subject)")
    }

    private func isPool(_ number: UInt32) -> Bool { 1...UInt32(POLLSCOPE_POOLS_MAX) ~= number }

    private static func isOfPool(_ record: pollscope_event_record) -> Bool {
        UInt32(record.kind) >= POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue
    }

    /// - Parameter isWhole: nothing is known to be missing of the recording. Pools are told at the looks at the
    /// process, so a recording that was cut can lack the newest.
    func result(isWhole: Bool) -> LawResult {
        var law = law
        guard isWhole else { return law }
        for (pool, events) in missing.sorted(by: { $0.key < $1.key }) {
            law.violate("\(events) events refer to pool \(pool), which is not there")
        }
        return law
    }
}
