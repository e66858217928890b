// Durations as people type them: 500ms, 20s, 1.5m.

extension Duration {
    package init(parsing text: String) throws(LoadError) {
        // "ms" before "m" and "s", whose letters it ends in.
        let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60)]
        guard
            let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let count = Double(text.dropLast(unit.suffix.count)),
            // A day is far beyond any run, and far below what a Duration overflows at.
            count >= 0, count * unit.seconds <= 86_400
        else {
            throw LoadError(
                .badDuration, "'\(text)' is no duration",
                remedy: "write a number with its unit, such as 500ms, 20s or 1.5m, a day at most")
        }
        self = .nanoseconds(Int64((count * unit.seconds * 1e9).rounded()))
    }

    /// For display and for figures, where the type ends.
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// Whole nanoseconds, the unit of the event loop's clock.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
