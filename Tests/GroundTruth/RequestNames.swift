// Scenarios whose requests are called what clients want them to be called.

import Pollscope

/// Names that differ by what looks like an identifier are one name.
func requestNames(count: Int) async {
    var generator = SystemRandomNumberGenerator()
    for number in 0..<count {
        let digits = String(generator.next() | 1 << 63, radix: 16)
        let uuid = "\(digits.prefix(8))-\(digits.suffix(4))-4abc-8def-0123456789ab"
        for name in [
            "GET /users/\(number)", "GET /users/\(number)/orders/\(number * 7)?page=\(number)", "/sessions/\(uuid)",
            "GET /blobs/\(digits)?token=\(digits)#\(number)", "POST /users",
        ] { Pollscope.request(name) { returns.add() } }
    }
    for name in ["GET /users/{id}", "GET /users/{id}/orders/{id}", "/sessions/{id}", "GET /blobs/{id}", "POST /users"] {
        expectRequests(name, .endpoint, count: count)
    }
}

/// As many names as somebody likes to make up, and none that can be trusted.
func hostileNames(count: Int) async {
    let odd = [
        "", "\0", "\n\n\n", "\u{1B}[31mred", "\u{202E}backwards", "a\0b", "request x | endpoint | 1", "\"}],",
        "\u{FFFF}",
        String(repeating: "long", count: 5000), String(repeating: "🕸️", count: 300),
        String(repeating: "/1", count: 3000), String(repeating: "?", count: 200),
    ]
    for name in odd { Pollscope.request(name) { returns.add() } }
    for number in 0..<count {
        await Pollscope.request("GET /name/n\(number)") { if number % 1000 == 0 { await nap() } }
    }
    expectCount("begun", odd.count + count)
    expectCount("ended", odd.count + count)
}
