// When a request arrived: the moment its head was decoded on the event loop, long before its handler runs if the runtime's
// threads are busy.
//
// The moment travels in a header field. A task a connection takes one request after another from the event loop, and there
// is no other place in which something of a single request goes along.

import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes
import Pollscope

final class ArrivalStamp: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        if case .head(var head) = part {
            // Also where a client sent one: it is overwritten.
            head.headerFields[.arrival] = String(Pollscope.now().rawValue)
            part = .head(head)
        }
        context.fireChannelRead(wrapInboundOut(part))
    }
}

extension Request {
    var arrival: Pollscope.Moment? {
        headers[.arrival].flatMap { UInt64($0) }.map { Pollscope.Moment(rawValue: $0) }
    }
}

extension HTTPField.Name {
    fileprivate static let arrival = HTTPField.Name("x-lab-arrival")!
}
