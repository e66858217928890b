// Whole numbers in sentences, with their thousands apart.

extension UInt64 {
    /// `412,806`.
    public var groupedDigits: String {
        var text = ""
        for (index, digit) in String(self).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
