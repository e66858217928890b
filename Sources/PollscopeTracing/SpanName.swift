// What a request is called by its span: the span's name, and what its attributes add where the name says too little.

import Tracing

struct SpanName {
    let text: String

    /// A route without its method gets it; a method without its host gets that.
    init(_ name: String, _ kind: SpanKind, _ attributes: SpanAttributes) {
        switch kind {
        case .server where name.utf8.first == UInt8(ascii: "/"):
            text = attributes.httpMethod.map { "\($0) \(name)" } ?? name
        case .client where name == attributes.httpMethod:
            text = attributes.serverAddress.map { "\(name) \($0)" } ?? name
        default:
            text = name
        }
    }
}

extension SpanAttributes {
    /// By today's semantic conventions, or those before.
    var httpMethod: String? { text("http.request.method") ?? text("http.method") }

    var serverAddress: String? { text("server.address") ?? text("net.peer.name") }

    var httpStatus: Int64? { number("http.response.status_code") ?? number("http.status_code") }

    private func text(_ name: String) -> String? {
        switch get(name) {
        case .string(let text): text
        case .stringConvertible(let value): "\(value)"
        default: nil
        }
    }

    private func number(_ name: String) -> Int64? {
        switch get(name) {
        case .int32(let number): Int64(number)
        case .int64(let number): number
        case .string(let text): Int64(text)
        default: nil
        }
    }
}
