// Names of partners' servers, looked up by a call that waits for the answer.

import CSlowNames
import Foundation

extension Ailment {
    static let dns = Ailment("dns", "names are looked up by a call that blocks, at a server that takes 30 ms") {
        let server = try NameServer(delay: 0.03)
        let directory = PartnerDirectory(port: server.port)
        return PriceBoard().endpoints() + [
            Endpoint("POST /webhook", perSecond: 12) {
                try await Task.sleep(for: .milliseconds(2))
                _ = try directory.address(of: "hooks.partner.example")
            }
        ]
    }
}

/// Answers every question, late.
struct NameServer: Sendable {
    let port: UInt16

    init(delay: TimeInterval) throws {
        let (descriptor, port) = try Loopback.datagrams()
        self.port = port
        OwnThread.start("name-server") {
            while true { Self.answer(descriptor, delay) }
        }
    }

    private static func answer(_ descriptor: Int32, _ delay: TimeInterval) {
        var query = [UInt8](repeating: 0, count: 512)
        var answer = [UInt8](repeating: 0, count: 1_024)
        var client = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &client) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { client in
                let count = recvfrom(descriptor, &query, query.count, 0, client, &size)
                let length = slow_names_answer(query, max(0, count), &answer, answer.count)
                Thread.sleep(forTimeInterval: delay)
                _ = sendto(descriptor, answer, length, 0, client, size)
            }
        }
    }
}

struct PartnerDirectory: Sendable {
    /// Of the name server.
    var port: UInt16

    // planted: begin
    @inline(never)
    func address(of host: String) throws -> UInt32 {
        guard slow_names_use(port) else { throw SystemFailure("res_init") }
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &found) == 0, let found else { throw SystemFailure("getaddrinfo") }
        defer { freeaddrinfo(found) }
        return found.pointee.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr.s_addr }
    }
    // planted: end
}
