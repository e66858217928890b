// Logins whose passwords are hashed by many rounds, in the task that answers.

extension Ailment {
    static let passwordHash = Ailment("password-hash", "passwords are hashed for 60 ms in the task that answers") {
        let rounds = await Calibration.units(in: .milliseconds(60)) { rounds in
            Int(PasswordHasher(rounds: rounds).hash("correct horse", salt: 7) >> 1)
        }
        let hasher = PasswordHasher(rounds: rounds)
        return PriceBoard().endpoints() + [
            Endpoint("POST /login", perSecond: 8) {
                // The account, from the database.
                try await Task.sleep(for: .milliseconds(3))
                guard hasher.hash("correct horse", salt: 7) != 0 else { throw CancellationError() }
            }
        ]
    }
}

struct PasswordHasher: Sendable {
    /// Each needs the one before.
    var rounds: Int

    // planted: begin
    /// Mixes eight words as SHA-256 does, round after round.
    @inline(never)
    func hash(_ password: String, salt: UInt64) -> UInt64 {
        var words = SIMD8<UInt32>(repeating: UInt32(truncatingIfNeeded: salt))
        for (place, byte) in password.utf8.enumerated() { words[place % 8] ^= UInt32(byte) << UInt32(place % 24) }
        for round in 0..<rounds {
            let (a, b, c, e) = (words[0], words[1], words[2], words[4])
            let choice = (e & words[5]) ^ (~e & words[6])
            let majority = (a & b) ^ (a & c) ^ (b & c)
            let turnedE = (e >> 6 | e << 26) ^ (e >> 11 | e << 21) ^ (e >> 25 | e << 7)
            let turnedA = (a >> 2 | a << 30) ^ (a >> 13 | a << 19) ^ (a >> 22 | a << 10)
            // Safe: the hash is arithmetic modulo 2^32.
            let mixed = words[7] &+ turnedE &+ choice &+ UInt32(truncatingIfNeeded: round) &* 0x9E37_79B9
            words = SIMD8(mixed &+ turnedA &+ majority, a, b, c, words[3] &+ mixed, e, words[5], words[6])
        }
        return UInt64(words[0]) << 32 | UInt64(words[4])
    }
    // planted: end
}
