// Statements of many small strings: a dictionary a line, a string a field, the text copied as it grows.

extension Ailment {
    static let formatting = Ailment("formatting", "statements are put together from many small strings") {
        let lines = await Calibration.units(in: .milliseconds(2)) { lines in
            AccountStatement(bookings: Booking.made(count: lines)).text().utf8.count
        }
        let bookings = Booking.made(count: lines)
        return PriceBoard().endpoints() + [
            Endpoint("GET /statement/{id}", perSecond: 150) {
                try await Task.sleep(for: .milliseconds(2))
                _ = AccountStatement(bookings: bookings).text()
            }
        ]
    }
}

struct Booking: Sendable {
    var purpose: String
    var cents: Int

    static func made(count: Int) -> [Booking] {
        (0..<count).map { Booking(purpose: "Invoice number \($0), with thanks", cents: $0 * 317) }
    }
}

struct AccountStatement: Sendable {
    var bookings: [Booking]

    // planted: begin
    @inline(never)
    func text() -> String {
        var lines: [String] = []
        for booking in bookings {
            let fields: [String: String] = [
                "purpose": "purpose of the booking: " + booking.purpose,
                "euros": "amount in euros: " + String(booking.cents / 100),
                "cents": "and in cents: " + String(booking.cents % 100),
            ]
            let words = ["purpose", "euros", "cents"].compactMap { fields[$0] }.map { "<" + $0 + ">" }
            lines.append(words.joined(separator: " and then ") + "\n")
        }
        return lines.joined()
    }
    // planted: end
}
