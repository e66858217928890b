// Numbers poll keys as they come, without hashing: a stack id indexes a dense table that says which number it has.
//
// There is a table for each pair of executor and kind that was seen, so memory goes with the stacks that occur.

import CPollscopeLayout

struct PollKeyIndex: Sendable {
    private static let stride = Int(POLLSCOPE_STACKS_MAX) + 1
    private static let kinds = 8  // room for PollKind.allCases, a power of two
    private static let absent: Int32 = -1

    /// By executor and kind: which part of `numbers` belongs to them.
    private var lanes = [Int32](repeating: absent, count: 256 * kinds)
    /// By lane and stack.
    private var numbers: [Int32] = []
    /// In the order of their numbers.
    private(set) var keys: [PollKey] = []

    /// The number of a key; one that is new gets the next.
    @inline(__always)
    mutating func number(of key: PollKey) -> Int {
        // An id that no session can give counts as a stack that was not captured; a law reports it.
        let stack = key.stack <= UInt32(POLLSCOPE_STACKS_MAX) ? Int(key.stack) : 0
        let lane = lanes[Int(key.executor) * Self.kinds + Int(key.kind.rawValue)]
        if lane != Self.absent {
            let number = numbers[Int(lane) * Self.stride + stack]
            if number != Self.absent { return Int(number) }
        }
        return newNumber(PollKey(stack: UInt32(stack), kind: key.kind, executor: key.executor))
    }

    @inline(never)
    private mutating func newNumber(_ key: PollKey) -> Int {
        let pair = Int(key.executor) * Self.kinds + Int(key.kind.rawValue)
        if lanes[pair] == Self.absent {
            lanes[pair] = Int32(numbers.count / Self.stride)
            numbers += [Int32](repeating: Self.absent, count: Self.stride)
        }
        numbers[Int(lanes[pair]) * Self.stride + Int(key.stack)] = Int32(keys.count)
        keys.append(key)
        return keys.count - 1
    }
}
