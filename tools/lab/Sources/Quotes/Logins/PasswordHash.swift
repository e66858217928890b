// The hash of a password: made to take long, so that nobody can try many.

struct PasswordHash: Sendable {
    /// Rounds, each of which needs the one before.
    var rounds: Int
    var workplace: Workplace
    /// Let other tasks run after every so many rounds; 0 is never.
    var yieldEvery: Int

    func digest(of password: String) async throws -> UInt64 {
        let seed = password.utf8.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        guard yieldEvery > 0 else {
            return try await workplace.run { [rounds] in Self.stretch(seed, rounds: rounds) }
        }
        var state = seed
        for start in stride(from: 0, to: rounds, by: yieldEvery) {
            state = Self.stretch(state, rounds: min(yieldEvery, rounds - start))
            await Task.yield()
        }
        return state
    }

    /// Never inlined, so that a report names it.
    @inline(never)
    private static func stretch(_ seed: UInt64, rounds: Int) -> UInt64 {
        var state = seed
        for _ in 0..<rounds {
            // Wrapping: the mixing is arithmetic modulo 2^64.
            state = (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
            state = (state ^ (state >> 33)) &* 0xC4CE_B9FE_1A85_EC53
            state ^= state >> 33
        }
        return state
    }
}
