// Which trace a span belongs to, by what its tracer would tell another process.

import Pollscope
import Synchronization
import Tracing

/// Asks a tracer for the W3C `traceparent` of spans, until it turns out that it has none.
final class TraceIdentities: Sendable {
    private let areToBeHad = Atomic<Bool>(true)

    func tell(of span: any Span, to tracer: any Tracer, for request: Pollscope.Request) {
        guard areToBeHad.load(ordering: .relaxed) else { return }
        var carrier = Carrier()
        tracer.inject(span.context, into: &carrier, using: Carrier.Reader())
        guard let identity = carrier.text.flatMap(TraceIdentity.init) else {
            return areToBeHad.store(false, ordering: .relaxed)
        }
        request.belongs(toTrace: identity.high, identity.low, span: identity.span)
    }

    private struct Carrier {
        var text: String?

        struct Reader: Injector {
            func inject(_ value: String, forKey key: String, into carrier: inout Carrier) {
                if key.lowercased() == "traceparent" { carrier.text = value }
            }
        }
    }
}

/// The ids in a `traceparent`: `00-<32 hexadecimal digits: trace>-<16: span>-<2: flags>`.
struct TraceIdentity: Equatable {
    var high, low, span: UInt64

    init?(_ text: String) {
        let fields = text.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[1].utf8.count == 32, fields[2].utf8.count == 16,
            let high = Self.number(fields[1].prefix(16)), let low = Self.number(fields[1].suffix(16)),
            let span = Self.number(fields[2]), high | low != 0, span != 0
        else { return nil }
        (self.high, self.low, self.span) = (high, low, span)
    }

    /// Digits only: no sign.
    private static func number(_ digits: Substring) -> UInt64? {
        digits.utf8.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") } ? UInt64(digits, radix: 16) : nil
    }
}
