// Calls that wait for a resolver: one of the program's own, on 127.0.0.1, that answers late.

import Glibc
import GroundTruthC

let nameCalls: [KnownCall] = [
    KnownCall("getaddrinfo", in: "findsAddress(_:)", line: addressLine, on: "host", "late.test") {
        answeredLate { findsAddress("late.test") }
    },
    KnownCall("getnameinfo", in: "findsName(_:_:)", line: nameLine, on: "host", "127.0.0.9") {
        answeredLate {
            let text = UnsafeMutablePointer<CChar>.allocate(capacity: 256)
            let error = LoopbackAddress(host: 9).use { address, _ in
                findsName(address, text)
                return strcmp(text, "late.test")
            }
            require(error == 0)
            text.deallocate()
        }
    },
    KnownCall("gethostbyname", in: "findsHost(_:)", line: hostLine, on: "host", "late.test") {
        answeredLate { findsHost("late.test") }
    },
]

private let addressLine = #line + 5
@inline(never) func findsAddress(_ name: String) {
    var hints = addrinfo()
    hints.ai_family = AF_INET
    var found: UnsafeMutablePointer<addrinfo>?
    require(getaddrinfo(name, nil, &hints, &found) == 0)
    freeaddrinfo(found)
}

private let nameLine = #line + 2
@inline(never) func findsName(_ address: UnsafePointer<sockaddr>, _ text: UnsafeMutablePointer<CChar>) {
    require(getnameinfo(address, socklen_t(MemoryLayout<sockaddr_in>.size), text, 256, nil, 0, Int32(NI_NAMEREQD)) == 0)
}

private let hostLine = #line + 2
@inline(never) func findsHost(_ name: String) {
    let host = gethostbyname(name)
    require(host != nil)
}

/// Makes a call that asks a resolver, whose answer comes late; what the call took at least.
private func answeredLate(_ call: () -> Void) -> UInt64? {
    let server = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(server) }
    let address = LoopbackAddress(bound: server)
    guard ground_resolver_use(address.port) else { return nil }
    return Late.wait(for: { answerOnce(server) }, in: call)
}

/// Takes a query, which has come by then, and sends the answer.
private func answerOnce(_ server: Int32) {
    var query = [UInt8](repeating: 0, count: 1024)
    var answer = query
    var from = sockaddr_storage()
    var bytes = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // Safe: sockaddr_storage has room for every address; `bytes` is its size, and then that of the address in it.
    withUnsafeMutablePointer(to: &from) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            let count = recvfrom(server, &query, query.count, 0, address, &bytes)
            let length = ground_resolver_answer(query, max(0, count), &answer, answer.count)
            require(length > 0 && sendto(server, answer, length, 0, address, bytes) == length)
        }
    }
}
