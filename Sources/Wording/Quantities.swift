// Quantities as people read them: three digits, a unit always, scaled only here.

import Analysis

package enum Quantity {
    /// `41.2 ms`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "?" }
        guard seconds >= 0 else { return "−" + duration(-seconds) }
        if seconds == 0 { return "0 s" }
        if seconds < 0.9995e-9 { return "< 1 ns" }
        // No process ran for as long; a file can say so.
        if seconds > 100 * 365.25 * 86_400 { return "> 100 y" }
        let units: [(size: Double, name: String)] = [
            (1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1, "s"), (60, "min"), (3600, "h"),
        ]
        let unit =
            units.first { unit in
                // Minutes and hours take over from 1000 of the unit before, like the others.
                seconds / unit.size < 999.5
            } ?? units[units.count - 1]
        return threeDigits(seconds / unit.size) + " " + unit.name
    }

    /// `10 ms`: a duration that somebody chose, without digits that say nothing.
    package static func limit(_ seconds: Double) -> String {
        let text = duration(seconds)
        guard let space = text.firstIndex(of: " "), text[..<space].contains(".") else { return text }
        var number = String(text[..<space])
        while number.last == "0" { number.removeLast() }
        if number.last == "." { number.removeLast() }
        return number + text[space...]
    }

    /// `412,806`, `50.0 M`.
    package static func count(_ count: UInt64) -> String {
        switch count {
        case ..<10_000_000: count.groupedDigits
        case ..<999_500_000: threeDigits(Double(count) * 1e-6) + " M"
        default: threeDigits(Double(count) * 1e-9) + " G"
        }
    }

    /// `98 %`, `0.31 %`.
    package static func share(_ share: Double) -> String {
        guard share.isFinite else { return "?" }
        let percent = share * 100
        if percent <= 0 { return "0 %" }
        if percent < 0.005 { return "< 0.01 %" }
        if percent < 0.995 { return fixed(percent, decimals: 2) + " %" }
        if percent < 9.95 { return fixed(percent, decimals: 1) + " %" }
        return fixed(percent, decimals: 0) + " %"
    }

    /// `about 0.31 %`, for estimates.
    package static func about(_ share: Double) -> String {
        let text = self.share(share)
        if share == 0 { return text }
        return text.hasPrefix("<") ? "less than" + text.dropFirst() : "about " + text
    }

    /// `1 poll`, `2 polls`.
    package static func counted(_ count: UInt64, _ noun: String) -> String {
        "\(self.count(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    /// Three significant digits of a number below 1000; more before the point if it is larger.
    package static func threeDigits(_ value: Double) -> String {
        if value < 9.995 { return fixed(value, decimals: 2) }
        if value < 99.95 { return fixed(value, decimals: 1) }
        return fixed(value, decimals: 0)
    }

    package static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return "?" }
        guard value >= 0 else { return "−" + fixed(-value, decimals: decimals) }
        let scale: UInt64 = [1, 10, 100][decimals]
        // What is beyond all units is not worth a digit.
        let scaled = UInt64(min(value * Double(scale) + 0.5, 1e18))
        guard decimals > 0 else { return scaled.groupedDigits }
        let fraction = String(scaled % scale)
        return (scaled / scale).groupedDigits + "." + String(repeating: "0", count: decimals - fraction.count)
            + fraction
    }
}

/// One unit and one number of decimals for figures that stand side by side.
package struct QuantityScale {
    package var unit: String
    private var size: Double
    private var decimals: Int

    /// `largest`, in seconds, gets three digits.
    package init(for largest: Double) {
        let units: [(size: Double, name: String)] = [(1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms")]
        let fitting = units.first { largest / $0.size < 999.5 } ?? (1, "s")
        (size, unit) = (fitting.size, fitting.name)
        decimals = largest / size < 9.995 ? 2 : largest / size < 99.95 ? 1 : 0
    }

    package func text(_ seconds: Double) -> String {
        seconds.isFinite ? Quantity.fixed(max(0, seconds) / size, decimals: decimals) : "?"
    }
}
