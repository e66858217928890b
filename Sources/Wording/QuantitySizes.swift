// Sizes and rates as people read them.

extension Quantity {
    package static let byteUnits: [(size: Double, name: String)] = [
        (1, "B"), (1_024, "KiB"), (1_048_576, "MiB"), (1_073_741_824, "GiB"), (1_099_511_627_776, "TiB"),
    ]

    /// The unit in which a size has at most three digits before the point.
    package static func byteUnit(for bytes: Double) -> (size: Double, name: String) {
        byteUnits.first { bytes / $0.size < 999.5 } ?? byteUnits[byteUnits.count - 1]
    }

    /// `512 B`, `41.2 MiB`.
    package static func bytes(_ bytes: Double) -> String {
        guard bytes.isFinite else { return "?" }
        guard bytes >= 0 else { return "−" + self.bytes(-bytes) }
        let unit = byteUnit(for: bytes)
        // No machine has as much; a file can say so.
        if bytes / unit.size >= 999.5 { return "> 999 " + unit.name }
        // A part of a byte is a mean's.
        if unit.size == 1, bytes == bytes.rounded() || bytes >= 10 { return fixed(bytes, decimals: 0) + " B" }
        return threeDigits(bytes / unit.size) + " " + unit.name
    }

    package static func bytes(_ bytes: UInt64) -> String { self.bytes(Double(bytes)) }

    /// `999,999`, `1.23 M`: a count in a narrow column.
    package static func shortCount(_ count: UInt64) -> String {
        switch count {
        case ..<1_000_000: count.groupedDigits
        case ..<999_500_000: threeDigits(Double(count) * 1e-6) + " M"
        case ..<999_500_000_000: threeDigits(Double(count) * 1e-9) + " G"
        default: "> 999 G"
        }
    }

    /// `4,440,120`: every digit of what was counted, as long as they fit into a column.
    package static func exactCount(_ count: UInt64) -> String {
        count < 1_000_000_000_000 ? count.groupedDigits : shortCount(count)
    }

    /// `148,000/s`, `0.25/s`: three digits, since a rate is a mean.
    package static func rate(_ perSecond: Double) -> String {
        guard perSecond.isFinite, perSecond >= 0 else { return "?" }
        if perSecond == 0 { return "0/s" }
        if perSecond < 0.005 { return "< 0.01/s" }
        guard perSecond >= 999.5 else { return threeDigits(perSecond) + "/s" }
        guard perSecond < 9_995_000 else { return shortCount(UInt64(min(perSecond, 1e18))) + "/s" }
        var step = 1.0
        while perSecond / step >= 999.5 { step *= 10 }
        return fixed((perSecond / step).rounded() * step, decimals: 0) + "/s"
    }

    /// `41.2 MiB/s`.
    package static func byteRate(_ perSecond: Double) -> String { bytes(perSecond) + "/s" }
}
