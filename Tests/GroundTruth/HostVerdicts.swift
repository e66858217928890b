// What a host does with calls, signals, errors, children and descriptors, in polls and on threads of its own: lines
// that are the same, byte for byte, whether or not somebody observes it.

import Glibc
import GroundTruthC

/// Done before observation starts.
let preparations: [String: @Sendable () -> Void] = [
    "allocations": { ground_allocations_before_start() },
    "host-signals-first": { ground_host_install_signals() },
    "host-sigwait": { ground_host_block_signals() },
]

let hostScenarios: [String: @Sendable ([Int]) async -> Void] = [
    "host-interruptions": { await hostInterruptions(milliseconds: $0[0]) },
    "host-errors": { _ in await inPolls { ground_host_check_errors() } },
    "host-allocations": { _ in await inPolls { ground_host_check_allocations() } },
    "host-variadic": { _ in await inPolls { ground_host_check_variadic() } },
    "host-children": { _ in await inPolls { ground_host_check_children() } },
    "host-cancellation": { _ in await inPolls { ground_host_check_cancellation() } },
    "host-exceptions": { await hostExceptions(count: $0[0]) },
    "host-timers": { _ in await inPolls { ground_host_check_timers() } },
    "host-jump": { _ in await inPolls { ground_host_check_jump() } },
    "host-signals-first": { _ in await inPolls { ground_host_check_signals("set before") } },
    "host-signals-later": { _ in
        await inPolls { ground_host_install_signals() }
        await inPolls { ground_host_check_signals("set later") }
    },
    "host-sigwait": { _ in await inPolls { ground_host_check_sigwait() } },
    "host-blocked-signals": { _ in await inPolls { ground_host_check_sigtimedwait() } },
    "host-descriptors": { _ in await inPolls { ground_host_check_descriptors() } },
]

/// In one poll of the pool, after one that was so long that it is sampled on a machine with more to do than processors.
private func inPolls(_ check: @escaping @Sendable () -> Void) async {
    await Task.detached {
        spinFor(milliseconds: 100)
        await Task.yield()
        check()
    }.value
}

/// Polls of some milliseconds that compute and call in turn, on all threads of the pool, and the same on threads that
/// run none.
private func hostInterruptions(milliseconds: Int) async {
    let end = monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000
    let outsiders = Counter()
    for number in 0..<2 {
        OutsideThread.run {
            ground_host_call_for(UInt64(milliseconds) * 1_000_000, UInt32(100 + number))
            outsiders.add()
        }
    }
    await withTaskGroup(of: Void.self) { group in
        for number in 0..<4 {
            group.addTask {
                var seed = UInt32(number)
                while monotonicNanoseconds() < end {
                    ground_host_call_for(7_000_000, seed)
                    seed += 4
                    await Task.yield()
                }
            }
        }
    }
    while outsiders.load() < 2 { await nap() }
    ground_host_say_interruptions()
}

private func hostExceptions(count: Int) async {
    let expected = Int32(count)
    let caught = await withTaskGroup(of: Int32.self) { group in
        for _ in 0..<3 { group.addTask { ground_exceptions_catch(expected) } }
        return await group.reduce(into: [Int32]()) { $0.append($1) }
    }
    say("C++ exceptions caught: \(caught)")
    await Task.detached {
        var errors = 0
        for number in 0..<count {
            do { try throwsDeep(10, number) } catch let error as Planned {
                errors += error.number == number ? 1 : 0
            } catch { say("another error") }
        }
        say("Swift errors caught: \(errors)")
        do { try await throwsLater(7) } catch { say("thrown over a suspension: \(error)") }
    }.value
}

private struct Planned: Error { var number: Int }

/// Throws from below calls that can block, and past others.
@inline(never) private func throwsDeep(_ depth: Int, _ number: Int) throws {
    defer { if depth % 4 == 0 { usleep(10) } }
    if depth == 0 { throw Planned(number: number) }
    require(read(-1, nil, 0) == -1)
    try throwsDeep(depth - 1, number)
}

private func throwsLater(_ number: Int) async throws {
    await Task.yield()
    usleep(200)
    throw Planned(number: number)
}
