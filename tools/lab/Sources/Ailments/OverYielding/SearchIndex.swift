// An index that lets others run after every single word.

extension Ailment {
    static let overYielding = Ailment("over-yielding", "a loop yields after every word of an index") {
        let words = (0..<4_000).map { "word number \($0)" }
        return PriceBoard().endpoints() + [
            Endpoint("POST /document", perSecond: 25) {
                try await Task.sleep(for: .milliseconds(2))
                _ = await SearchIndex().adding(words)
            }
        ]
    }
}

struct SearchIndex: Sendable {
    // planted: begin
    @inline(never)
    func adding(_ words: [String]) async -> Int {
        var checksum = 0
        for word in words {
            // Safe: a checksum is arithmetic modulo 2^64.
            for letter in word.utf8 { checksum = checksum &* 31 &+ Int(letter) }
            await Task.yield()
        }
        return checksum
    }
    // planted: end
}
