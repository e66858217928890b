// What is to be valued: positions in call options, made up the same way each time.

struct Position: Sendable {
    var spot: Double
    var strike: Double
    var volatility: Double
    var years: Double
    var seed: UInt64
}

struct Portfolio: Sendable {
    static let sizes = 1...10_000
    static let sizesInWords = "a number from 1 to 10000"

    var size: Int

    subscript(item: Int) -> Position {
        Position(
            spot: 100,
            strike: 80 + Double(item % 40),
            volatility: 0.15 + Double(item % 7) / 40,
            years: 0.25 + Double(item % 12) / 4,
            seed: UInt64(item))
    }
}
