// What a portfolio holds, as lines of text: written into one buffer, or made of many small strings, which is the ailment.

struct Statement: Sendable {
    struct Line: Sendable {
        var symbol: String
        var quantity: Int
        /// In hundredths.
        var price: Int
    }

    var lines: [Line]

    /// The symbol, the quantity and the value of each, such as `S7 7 123.45`; both ways give the same.
    func text(wasteful: Bool) -> [UInt8] {
        wasteful ? wastefulText : leanText
    }

    private var leanText: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(lines.count * 40)
        for line in lines {
            let value = line.price * line.quantity
            text.append(contentsOf: line.symbol.utf8)
            text.append(UInt8(ascii: " "))
            append(line.quantity, to: &text)
            text.append(UInt8(ascii: " "))
            append(value / 100, to: &text)
            text.append(UInt8(ascii: "."))
            text.append(UInt8(ascii: "0") + UInt8(value % 100 / 10))
            text.append(UInt8(ascii: "0") + UInt8(value % 10))
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    private func append(_ number: Int, to text: inout [UInt8]) {
        let start = text.count
        var rest = number
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        text[start...].reverse()
    }

    /// Everything that is done too often in such code: a dictionary a line, a string a field, and the text copied as it grows.
    private var wastefulText: [UInt8] {
        let rows = lines.map { line in
            let value = line.price * line.quantity
            return [
                "symbol": line.symbol, "quantity": String(line.quantity), "whole": String(value / 100),
                "tens": String(value % 100 / 10), "ones": String(value % 10),
            ]
        }
        var text = ""
        for row in rows {
            let fields = ["symbol", "quantity", "whole"].compactMap { row[$0] }.map { "\($0)" }
            let cents = ["tens", "ones"].compactMap { row[$0] }.joined()
            text = text + fields.joined(separator: " ") + "." + cents + "\n"
        }
        return Array(text.utf8)
    }
}
