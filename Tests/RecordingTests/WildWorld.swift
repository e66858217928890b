// Values of any size, the extreme ones more often than not: what a damaged session can hold.

import Sessions

/// Makes records with any value in any field.
protocol WildWorld {
    var random: SplitMix64 { get set }
}

extension WildWorld {
    mutating func number() -> UInt64 {
        let extremes: [UInt64] = [0, 0, 1, .max, .max - 1, 1 << 63, (1 << 63) - 1, 1 << 32, random.next()]
        return extremes[Int(random.next() % UInt64(extremes.count))]
    }

    mutating func small<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
        Number(truncatingIfNeeded: number())
    }

    mutating func flag() -> Bool { random.next() % 2 == 0 }

    mutating func context() -> PollContext {
        PollContext(
            poll: PollIdentity(tid: small(UInt32.self), start: Ticks(number())), stack: small(UInt32.self),
            task: small(UInt32.self), kind: small(UInt8.self), executor: small(UInt8.self), flags: small(UInt8.self))
    }
}
