// Pieces of work with Foundation: how much they allocate is for an independent count to say.

import FoundationEssentials

extension AllocatingWork {
    static let foundationWorks: [AllocatingWork] = [
        AllocatingWork("data") {
            var data = Data(repeating: 7, count: 1000)
            data.append(contentsOf: [1, 2, 3])
            KeptData.data = data
            data = Data()
            KeptData.data = Data()
        },
        AllocatingWork("json-encode") {
            KeptData.data = try! JSONEncoder().encode(Order.known)
            KeptData.data = Data()
        },
        AllocatingWork("json-decode") {
            KeptData.order = try! JSONDecoder().decode(Order.self, from: Order.text)
            KeptData.order = nil
        },
    ]
}

private enum KeptData {
    // Safe: one task at a time does a piece of work.
    nonisolated(unsafe) static var data = Data()
    nonisolated(unsafe) static var order: Order?
}

private struct Order: Codable {
    struct Line: Codable {
        var article: String
        var count: Int
        var price: Double
    }

    var number: Int
    var customer: String
    var lines: [Line]

    static let known = Order(
        number: 4711, customer: "a customer with a name that is long",
        lines: (1...5).map { Line(article: "an article with a long name, number \($0)", count: $0, price: 1.5) })
    static let text = try! JSONEncoder().encode(known)
}
