// Numbers as no session has them, for tests of bad input.

struct Wild: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 16 ^ state << 32
    }

    mutating func number() -> UInt64 {
        let extremes: [UInt64] = [0, 1, 5_000_000, .max, .max - 1, 1 << 63, (1 << 63) - 1, next()]
        return extremes[Int(next() % UInt64(extremes.count))]
    }
}
