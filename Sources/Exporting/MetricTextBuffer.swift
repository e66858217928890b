// Text of metrics as it grows: names, escaped values and numbers, appended to one array of bytes.

/// The bytes of an answer. What it needs besides is kept from one line to the next, so that lines make no garbage.
struct MetricTextBuffer {
    private(set) var bytes: [UInt8] = []
    private var numberText = ""

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ other: MetricTextBuffer) { bytes.append(contentsOf: other.bytes) }

    /// Appends `text` with backslashes and newlines escaped, and quotes if `quotes` says so.
    mutating func append(escaped text: String, quotes: Quotes) {
        let wasContiguous: Void? = text.utf8.withContiguousStorageIfAvailable { append(escaped: $0, quotes: quotes) }
        if wasContiguous == nil { Array(text.utf8).withUnsafeBufferPointer { append(escaped: $0, quotes: quotes) } }
    }

    enum Quotes {
        case escaped
        case plain
    }

    private mutating func append(escaped text: UnsafeBufferPointer<UInt8>, quotes: Quotes) {
        var start = 0
        for (place, byte) in text.enumerated() {
            let escape: UInt8
            switch byte {
            case UInt8(ascii: "\\"): escape = byte
            case UInt8(ascii: "\n"): escape = UInt8(ascii: "n")
            case UInt8(ascii: "\"") where quotes == .escaped: escape = byte
            default: continue
            }
            bytes.append(contentsOf: text[start..<place])
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(escape)
            start = place + 1
        }
        bytes.append(contentsOf: text[start...])
    }

    mutating func append(_ number: UInt64) {
        // Up to 15 digits are in the String itself.
        bytes.append(contentsOf: number.description.utf8)
    }

    /// Appends the shortest text that reads as `number` again; a whole number has no point.
    mutating func append(_ number: Double) {
        if number.isNaN { return append("NaN" as StaticString) }
        if number.isInfinite { return number > 0 ? append("+Inf" as StaticString) : append("-Inf" as StaticString) }
        if abs(number) < 0x1p53, number == number.rounded(.towardZero) {
            bytes.append(contentsOf: Int64(number).description.utf8)
            return
        }
        numberText.removeAll(keepingCapacity: true)
        number.write(to: &numberText)
        bytes.append(contentsOf: numberText.utf8)
    }
}
