// Polls that each do the same piece of work, and nothing else that allocates.
//
// Lines on stdout:
//   allocated FUNCTION | AWAIT-POINT | POLLS | ALLOCATIONS | BYTES | FREES
//       what each of these polls allocates and frees, exactly; -1: not known here

import Glibc
import GroundTruthC
import Synchronization

/// A piece of work by name, and what doing it once allocates and frees; nil: that is for an independent count to say.
struct AllocatingWork: Sendable {
    struct Counts: Sendable {
        var allocations, bytes, frees: Int
    }

    var name: String
    var counts: @Sendable () -> Counts?
    var run: @Sendable () -> Void

    init(
        _ name: String, _ counts: @autoclosure @escaping @Sendable () -> Counts? = nil,
        run: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.counts = counts
        self.run = run
    }

    static let all = swiftWorks + foundationWorks + callWorks

    static func named(_ name: String) -> AllocatingWork {
        guard let work = all.first(where: { $0.name == name }) else {
            say("GroundTruth: no work \(name); there are \(all.map(\.name).joined(separator: " "))", to: STDERR_FILENO)
            exit(64)
        }
        return work
    }
}

/// Lets a task suspend and go on as often as it likes without allocating for it: a thread of its own resumes the task
/// once it has suspended.
final class Turns: Sendable {
    private let waiting = Mutex<UnsafeContinuation<Void, Never>?>(nil)
    private let thread = Counter()
    private nonisolated(unsafe) let given: UnsafeMutablePointer<sem_t>

    init() {
        // Safe: for good, like the thread; sem_t is plain data that sem_init fills in.
        given = .allocate(capacity: 1)
        sem_init(given, 0, 0)
        OutsideThread.run { [self] in
            while true {
                while sem_wait(given) != 0 {}
                Suspended.waitUntilSleeping(Int32(thread.load()))
                waiting.withLock { $0.take() }?.resume()
            }
        }
    }

    func give(_ continuation: UnsafeContinuation<Void, Never>) {
        thread.store(Int(currentThread()))
        waiting.withLock { $0 = continuation }
        sem_post(given)
    }
}

/// To be run on one processor: what a thread does for the first time is then done before the polls that are counted.
func allocations(of name: String, polls: Int, repeats: Int) async {
    let work = AllocatingWork.named(name)
    let turns = Turns()
    await Task.detached {
        await warming(turns, work.run)
        await allocating(polls, repeats, turns, work.run)
    }.value
    expectAllocated(
        "allocating(_:_:_:_:)", awaitPoint: 1, polls: polls,
        work.counts().map { counts in
            .init(
                allocations: counts.allocations * repeats, bytes: counts.bytes < 0 ? -1 : counts.bytes * repeats,
                frees: counts.frees * repeats)
        })
}

func expectAllocated(_ function: String, awaitPoint: Int, polls: Int, _ counts: AllocatingWork.Counts?) {
    let known = counts ?? .init(allocations: -1, bytes: -1, frees: -1)
    say("allocated \(function) | \(awaitPoint) | \(polls) | \(known.allocations) | \(known.bytes) | \(known.frees)")
}

/// What is made once is made here.
@Sendable func warming(_ turns: Turns, _ work: @Sendable () -> Void) async {
    for _ in 0..<5 {
        await withUnsafeContinuation { turns.give($0) }
        work()
    }
}

@Sendable func allocating(_ polls: Int, _ repeats: Int, _ turns: Turns, _ work: @Sendable () -> Void) async {
    for _ in 0..<polls {
        await withUnsafeContinuation { turns.give($0) }
        for _ in 0..<repeats { work() }
    }
    await withUnsafeContinuation { turns.give($0) }
}

/// The work alone, on one thread, for a count by other means: run with two numbers of repeats, the counts differ by
/// what the work allocates.
func allocationsAlone(of name: String, repeats: Int) {
    ground_allocations_use_like_the_c_library()
    let work = AllocatingWork.named(name)
    for _ in 0..<5 { work.run() }
    for _ in 0..<repeats { work.run() }
    exit(0)
}
