// When one route's requests are due, whatever becomes of them: a schedule that no answer can delay.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

package enum ArrivalProcess: String, CaseIterable, Sendable {
    /// At equal distances.
    case constant
    /// As from many users who do not know of each other.
    case poisson
    /// Twelve at once, at equal distances: as from a page that asks for twelve things.
    case bursts

    /// How many are due at once.
    var together: Int { self == .bursts ? 12 : 1 }
}

/// The times since the start at which requests are due, in order.
///
/// Poisson arrivals are those of a Poisson process *given its count*: in the warm-up and in the measured time
/// there are as many as the rate says, at independent and uniform times. Left to chance, a rate of 3 a second
/// may come out as 4 over 20 seconds, and a run's load would not be the one that was ordered.
package struct Arrivals: Sequence, IteratorProtocol, Sendable {
    private let process: ArrivalProcess
    private let rate: Double
    private var random: SplitMix64
    /// Ends of the spans that each have their exact count, in seconds, ascending.
    private var spanEnds: [Double]
    private let end: Double

    private var count = 0
    private var elapsed = 0.0
    private var leftInSpan = 0

    /// `measured` ends the run; before it is the warm-up. Equal seeds give equal times.
    package init(_ process: ArrivalProcess, rate: Double, seed: UInt64, measured: Range<Duration>) {
        precondition(rate > 0, "a rate is above zero")
        self.process = process
        self.rate = rate
        random = SplitMix64(seed: seed)
        end = measured.upperBound.seconds
        spanEnds = [measured.lowerBound.seconds, end]
        leftInSpan = Int((rate * spanEnds[0]).rounded())
    }

    package mutating func next() -> Duration? {
        switch process {
        case .constant, .bursts: nextRegular()
        case .poisson: nextPoisson()
        }
    }

    private mutating func nextRegular() -> Duration? {
        // From the count, not by adding up gaps, whose rounding would add up as well.
        let due = Double(count / process.together * process.together) / rate
        guard due < end else { return nil }
        count += 1
        return .nanoseconds(Int64((due * 1e9).rounded()))
    }

    private mutating func nextPoisson() -> Duration? {
        while leftInSpan == 0 {
            guard spanEnds.count > 1 else { return nil }
            elapsed = spanEnds.removeFirst()
            // The difference of rounded totals: a rate of 0.3 has its third of a request sooner or later.
            leftInSpan = Int((rate * spanEnds[0]).rounded()) - Int((rate * elapsed).rounded())
        }
        // The least of n uniform draws over the rest of the span, by the inverse of its distribution: so they
        // come in order, without drawing all of them first and sorting.
        let share = -expm1(log(random.nextUnit()) / Double(leftInSpan))
        elapsed += (spanEnds[0] - elapsed) * share
        leftInSpan -= 1
        // Rounding may reach the end of the span, which belongs to the next.
        return .nanoseconds(Int64(Swift.min(elapsed * 1e9, spanEnds[0] * 1e9 - 1)))
    }
}
