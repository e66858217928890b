// What the service answers to: its paths, their parameters, their JSON.

import Hummingbird

extension Quote: ResponseEncodable {}
extension Risk: ResponseEncodable {}
extension Order: ResponseEncodable {}

struct Health: ResponseEncodable {
    var status = "ok"
}

struct Session: ResponseEncodable {
    var token: String
}

func routes(_ desk: Desk, items: Int) -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: ObservedRequests())

    router.get("health") { _, _ in
        Health()
    }

    router.get("quote") { request, _ in
        try await desk.quotes.quote(request.symbol())
    }

    router.get("upstream-quote") { request, _ in
        guard let exchange = desk.exchange else {
            throw HTTPError(.serviceUnavailable, message: "no exchange: start the program exchange, give --exchange")
        }
        return try await exchange.quote(request.symbol())
    }

    let score: @Sendable (Request, BasicRequestContext) async throws -> Risk = { request, _ in
        let size = try request.number("items", in: Portfolio.sizes) ?? items
        return try await desk.risk.score(Portfolio(size: size))
    }
    router.post("risk", use: score)
    router.get("risk", use: score)

    router.get("portfolio") { request, _ in
        let size = try request.number("items", in: Portfolio.sizes) ?? items
        let text = await desk.statement(of: size).text(wasteful: desk.wastefulText)
        return Response(status: .ok, headers: [.contentType: "text/plain"], body: .init(byteBuffer: .init(bytes: text)))
    }

    router.get("order/:id") { _, context in
        guard let order = try await desk.orders.order(context.parameters.require("id", as: Int.self)) else {
            throw HTTPError(.notFound, message: "there is no such order")
        }
        return order
    }

    router.post("order") { request, _ in
        let symbol = try request.symbol()
        let quantity = try request.number("quantity", in: Order.quantities) ?? 1
        let price = await desk.cache.price(of: symbol)
        let id = try await desk.orders.add(symbol: symbol, quantity: quantity, price: price)
        try await desk.journal.append("\(id) \(symbol) \(quantity) \(price)")
        return Order(id: id, symbol: symbol, quantity: quantity, price: price)
    }

    router.post("login") { request, _ in
        let password = request.uri.queryParameters["password"].map(String.init) ?? "secret"
        return Session(token: String(try await desk.passwords.digest(of: password), radix: 16))
    }

    return router
}

extension Desk {
    fileprivate func statement(of size: Int) async -> Statement {
        var statement = Statement(lines: [])
        for item in 0..<size {
            let symbol = "S\(item)"
            let price = await cache.price(of: symbol)
            statement.lines.append(Statement.Line(symbol: symbol, quantity: 1 + item % 100, price: Int(price * 100)))
        }
        return statement
    }
}

extension Request {
    /// The parameter `symbol`, or a 400 that says what would do.
    fileprivate func symbol() throws -> String {
        guard let symbol = uri.queryParameters["symbol"] else { return "ACME" }
        guard (1...12).contains(symbol.utf8.count), symbol.utf8.allSatisfy(isSymbolLetter) else {
            throw HTTPError(.badRequest, message: "symbol is \(symbol); give up to 12 letters and digits")
        }
        return String(symbol)
    }

    /// A parameter that is a number, or a 400 that says what would do. Nil: it is not given.
    fileprivate func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = uri.queryParameters[name[...]] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw HTTPError(
                .badRequest,
                message: "\(name) is \(text); give a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

private func isSymbolLetter(_ letter: UInt8) -> Bool {
    switch Character(Unicode.Scalar(letter)) {
    case "a"..."z", "A"..."Z", "0"..."9": true
    default: false
    }
}
