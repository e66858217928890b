// Pools of connections that keep askers waiting, while they do.

import Analysis
import CPollscopeLayout
import Sessions

struct PoolWatch {
    private struct Waiting {
        var since: UInt64
        var growth: GrowingAge
        var isTold = false
        var waited: UInt64 = 0
        var waitTicksMax: UInt64 = 0
        var last: PoolStatus
    }

    private let clock: WatchClock
    private let threshold: UInt64
    private let growthMax: UInt64
    private var waiting: [UInt32: Waiting] = [:]

    init(thresholds: WatchThresholds, clock: WatchClock) {
        self.clock = clock
        threshold = clock.ticks(thresholds.poolWait.value)
        growthMax = clock.ticks(thresholds.growthMax)
    }

    /// Takes what pools told of those who asked.
    mutating func take(_ records: [pollscope_event_record]) {
        for record in records where UInt32(record.kind) == POLLSCOPE_EVENT_POOL_ACQUIRED.rawValue {
            let wait = record.at_ticks.subtractingClamped(record.since_ticks)
            guard var state = waiting[record.subject], wait >= threshold / 10 else { continue }
            state.waited &+= 1
            state.waitTicksMax = max(state.waitTicksMax, wait)
            waiting[record.subject] = state
        }
    }

    mutating func take(_ pools: [PoolStatus], at now: UInt64) -> [WatchEvent] {
        var events: [WatchEvent] = []
        for pool in pools {
            guard var state = waiting[pool.number] else {
                // One that waits at two looks need not be the same: it is told of when the pool always had one for a while.
                if pool.waiting > 0 {
                    waiting[pool.number] = Waiting(
                        since: now, growth: GrowingAge(first: threshold, farthest: growthMax), last: pool)
                }
                continue
            }
            let age = now.subtractingClamped(state.since)
            if pool.waiting == 0 {
                waiting[pool.number] = nil
                if state.isTold {
                    events.append(WatchEvent(at: Ticks(now), .poolWaitEnded(self.state(state, of: pool, age: age))))
                }
                continue
            }
            state.last = pool
            if state.growth.isDue(age) {
                let told = self.state(state, of: pool, age: age)
                events.append(WatchEvent(at: Ticks(now), state.isTold ? .poolWaitsOn(told) : .poolWaits(told)))
                state.isTold = true
            }
            waiting[pool.number] = state
        }
        return events
    }

    private func state(_ state: Waiting, of pool: PoolStatus, age: UInt64) -> PoolState {
        PoolState(
            name: pool.name, seconds: clock.seconds(age), waiting: pool.waiting, inUse: pool.inUse,
            capacity: UInt64(pool.capacity), waited: state.waited,
            waitSecondsMax: clock.seconds(state.waitTicksMax))
    }
}
