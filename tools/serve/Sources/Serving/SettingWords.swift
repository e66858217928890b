// Times and sizes as people write them: 100ms, 5m, 16MB, 1GiB.

/// A number, and a unit that says how much one of it is.
enum SettingWords {
    static let times = "ns, us, ms, s, m, h, d"
    private static let timeUnits: [(name: String, size: Double)] = [
        ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("min", 60), ("h", 3600),
        ("d", 86_400),
    ]

    static let sizes = "kB, MB, GB, TB, KiB, MiB, GiB, TiB"
    private static let sizeUnits: [(name: String, size: Double)] = [
        ("B", 1), ("kB", 1e3), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("KiB", 1024), ("MiB", 0x1p20),
        ("GiB", 0x1p30), ("TiB", 0x1p40),
    ]

    /// Seconds above zero; `nil`: it is no number with a unit, or longer than anybody waits.
    static func seconds(of text: String) -> Double? {
        amount(of: text, in: timeUnits).flatMap { $0 > 0 && $0 < 1e9 ? $0 : nil }
    }

    /// Whole bytes above zero; `nil`: it is no number with a unit, or more than any disk has.
    static func bytes(of text: String) -> UInt64? {
        amount(of: text, in: sizeUnits).flatMap { $0 >= 1 && $0 < 0x1p60 ? UInt64($0) : nil }
    }

    /// Digits, with a point and more digits or without; one space may follow, and then one of the units.
    private static func amount(of text: String, in units: [(name: String, size: Double)]) -> Double? {
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        var unit = text[digits.endIndex...]
        if unit.first == " " { unit = unit.dropFirst() }
        guard digits.count <= 30, digits.first != ".", digits.last != ".", let number = Double(digits),
            let size = units.first(where: { $0.name == unit })?.size
        else { return nil }
        return number * size
    }

    /// `100 ms`, `5 min`: a time that somebody chose.
    static func time(_ seconds: Double) -> String {
        let units: [(name: String, size: Double)] = [("h", 3600), ("min", 60), ("s", 1), ("ms", 1e-3), ("µs", 1e-6)]
        let unit = units.first { seconds >= $0.size * 0.999_999 } ?? units[units.count - 1]
        return number(seconds / unit.size) + " " + unit.name
    }

    /// `16 MB`, `1 GiB`: a size that somebody chose.
    static func size(_ bytes: UInt64) -> String {
        let names: [Substring] = ["TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "kB"]
        let units = names.compactMap { name in sizeUnits.first { $0.name == name } }
        // The unit in which the number is the shortest: of 1,073,741,824 it is GiB.
        let words = units.filter { Double(bytes) >= $0.size }.map { number(Double(bytes) / $0.size) + " " + $0.name }
        return words.min { $0.count < $1.count } ?? "\(bytes) B"
    }

    /// At most three digits behind the point, and none that say nothing.
    private static func number(_ value: Double) -> String {
        let thousandths = (value * 1000).rounded()
        guard thousandths < 1e15 else { return "\(value)" }
        let whole = UInt64(thousandths)
        var fraction = String(whole % 1000)
        fraction = String(repeating: "0", count: 3 - fraction.count) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return "\(whole / 1000)" + (fraction.isEmpty ? "" : "." + fraction)
    }
}
