// A catalogue that is written as JSON as a whole for whoever asks.

import Foundation

extension Ailment {
    static let json = Ailment("json", "a large catalogue is written as JSON in one go") {
        let count = await Calibration.units(in: .milliseconds(25)) { count in
            (try? Catalogue(count: count).json().count) ?? 0
        }
        let catalogue = Catalogue(count: count)
        return PriceBoard().endpoints() + [
            Endpoint("GET /catalogue", perSecond: 12) {
                try await Task.sleep(for: .milliseconds(2))
                _ = try catalogue.json()
            }
        ]
    }
}

struct Product: Codable, Sendable {
    struct Variant: Codable, Sendable {
        var size: String
        var colour: String
        var stock: Int
    }

    var id: Int
    var title: String
    var price: Double
    var tags: [String]
    var variants: [Variant]

    init(number: Int) {
        id = number
        title = "Product number \(number)"
        price = Double(number) / 7
        tags = ["new", "sale", "season-\(number % 4)"]
        variants = (0..<3).map { Variant(size: "\(36 + $0)", colour: "blue", stock: number % 50) }
    }
}

struct Catalogue: Sendable {
    private let products: [Product]

    init(count: Int) {
        products = (0..<count).map(Product.init(number:))
    }

    // planted: begin
    /// The body of an answer.
    @inline(never)
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return try encoder.encode(products)
    }
    // planted: end
}
