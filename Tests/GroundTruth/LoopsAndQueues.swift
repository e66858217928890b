// Scenarios of what is not the Swift runtime's: an event loop of the program's own, and works on a Dispatch queue.
//
//   turns LOOP | N                    turns of the event loop whose thread has that name, exactly
//   turn LOOP | LEAST | MOST          its longest turn lasts between these, in nanoseconds
//   works LABEL | N                   works on the queue with that label, exactly
//   work-wait LABEL | LEAST | MOST    the longest wait of one lasts between these, in nanoseconds

import Dispatch
import Glibc
import GroundTruthC

/// A thread that waits for bytes in a pipe: each is a turn, and one of them takes long.
func loopTurns(_ count: Int) async {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return say("no pipe", to: STDERR_FILENO) }
    let (input, output) = (ends[0], ends[1])
    OutsideThread.run { ground_loop_run(input, Int32(count)) { handled(turn: $0) } }
    for turn in 1...count {
        var byte: UInt8 = 1
        guard write(output, &byte, 1) == 1 else { return say("the pipe is gone", to: STDERR_FILENO) }
        while turnsHandled.load() < turn { usleep(50) }
    }
    while turnsHandled.load() <= count { usleep(50) }
    let slow = UInt64(slowTurn.load())
    say("turns ground-loop | \(count)")
    say("turn ground-loop | \(slow) | \(slow + interruption)")
}

private let turnsHandled = Counter(), slowTurn = Counter()

private func handled(turn: Int32) {
    if turn == 10 { handlesSlowly() }
    turnsHandled.add()
}

@inline(never) private func handlesSlowly() {
    let begin = monotonicNanoseconds()
    usleep(200_000)
    slowTurn.store(Int(monotonicNanoseconds() - begin))
}

/// Works on a serial queue, given to it all at once: each waits for all before it.
func queueWorks(_ count: Int, milliseconds: Int) async {
    let queue = DispatchQueue(label: "ground-truth.works")
    let done = Counter(), before = Counter()
    let begin = monotonicNanoseconds()
    for number in 1...count {
        queue.async {
            let worked = spinFor(milliseconds: milliseconds)
            // The queue is serial: nobody else stores meanwhile.
            if number < count { before.store(before.load() + Int(worked.upperBound - worked.lowerBound)) }
            done.add()
        }
    }
    let given = monotonicNanoseconds() - begin
    while done.load() < count { await nap() }
    let all = monotonicNanoseconds() - begin
    say("works ground-truth.works | \(count)")
    // The last was given at most so long after the first had begun.
    let least = max(0, before.load() - Int(given))
    say("work-wait ground-truth.works | \(least) | \(all)")
}
