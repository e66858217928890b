// A length of time as users write it: 30s, 5ms, 100us, 2m, 1h.

package enum TimeText {
    /// The units, in words for messages.
    package static let units = "ns, us, ms, s, m, h"
    private static let factors: [(unit: String, seconds: Double)] = [
        ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("min", 60), ("s", 1), ("m", 60),
        ("h", 3600),
    ]

    /// `nil`: it is no number with a unit, or longer than anybody waits.
    package static func seconds(of text: String) -> Double? {
        guard let (unit, factor) = factors.first(where: { text.hasSuffix($0.unit) }),
            let number = NumberText.number(of: text.dropLast(unit.count))
        else { return nil }
        return number * factor < 1e9 ? number * factor : nil
    }
}

package enum NumberText {
    /// Digits, with a point and more digits or without; one space may follow, before a unit.
    package static func number(of text: Substring) -> Double? {
        let digits = text.last == " " ? text.dropLast() : text
        guard digits.count <= 30, digits.first?.isASCIIDigit ?? false, digits.last?.isASCIIDigit ?? false,
            digits.allSatisfy({ $0.isASCIIDigit || $0 == "." })
        else { return nil }
        return Double(digits)
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
