// Calls that wait for a peer.

import Glibc
import GroundTruthC

let socketCalls: [KnownCall] = [
    KnownCall("connect", in: "connectsLate(_:_:)", line: connectLine, on: "socket") {
        // A listener with room for one that nobody accepts: the second waits until there is room.
        let listener = LocalListener(backlog: 0)
        let first = listener.socket()
        require(connect(first, listener.address, listener.addressBytes) == 0)
        let second = listener.socket()
        defer {
            close(first)
            close(second)
        }
        let listening = listener.descriptor
        return Late.wait(for: { close(accept(listening, nil, nil)) }) { connectsLate(listener, second) }
    },
    KnownCall("accept", in: "acceptsLate(_:)", line: acceptLine, on: "socket", "127.0.0.1") {
        let listener = LoopbackListener()
        return Late.wait(for: { close(listener.connected()) }) { acceptsLate(listener.descriptor) }
    },
    KnownCall("recv", in: "receivesLate(_:)", line: recvLine, on: "socket", "127.0.0.1") {
        let listener = LoopbackListener()
        let client = listener.connected()
        let server = accept(listener.descriptor, nil, nil)
        require(server >= 0)
        defer {
            close(client)
            close(server)
        }
        return Late.wait(for: { require(write(server, "x", 1) == 1) }) { receivesLate(client) }
    },
    KnownCall("recvfrom", in: "receivesFrom(_:)", line: recvfromLine, on: "socket") {
        let ends = Ends.sockets()
        return Late.wait(for: { ends.writeByte() }) { receivesFrom(ends.reading) }
    },
    KnownCall("recvmsg", in: "receivesMessage(_:_:)", line: recvmsgLine, on: "socket") {
        let ends = Ends.sockets()
        var message = msghdr()
        return Late.wait(for: { ends.writeByte() }) { receivesMessage(ends.reading, &message) }
    },
    KnownCall("send", in: "sendsLate(_:)", line: sendLine, on: "socket") {
        let ends = Ends.sockets()
        ends.fill()
        return Late.wait(for: { ends.drain() }) { sendsLate(ends.writing) }
    },
    KnownCall("sendto", in: "sendsTo(_:)", line: sendtoLine, on: "socket") {
        let ends = Ends.sockets()
        ends.fill()
        return Late.wait(for: { ends.drain() }) { sendsTo(ends.writing) }
    },
]

private let connectLine = #line + 2
@inline(never) func connectsLate(_ listener: LocalListener, _ socket: Int32) {
    require(connect(socket, listener.address, listener.addressBytes) == 0)
}

private let acceptLine = #line + 2
@inline(never) func acceptsLate(_ listener: Int32) {
    let connection = accept(listener, nil, nil)
    require(connection >= 0)
    close(connection)
}

private let recvLine = #line + 3
@inline(never) func receivesLate(_ socket: Int32) {
    var byte: UInt8 = 0
    require(recv(socket, &byte, 1, 0) == 1)
}

private let recvfromLine = #line + 3
@inline(never) func receivesFrom(_ socket: Int32) {
    var byte: UInt8 = 0
    require(recvfrom(socket, &byte, 1, 0, nil, nil) == 1)
}

private let recvmsgLine = #line + 2
@inline(never) func receivesMessage(_ socket: Int32, _ message: inout msghdr) {
    require(recvmsg(socket, &message, 0) == 0)
}

private let sendLine = #line + 2
@inline(never) func sendsLate(_ socket: Int32) {
    require(send(socket, "x", 1, 0) == 1)
}

private let sendtoLine = #line + 2
@inline(never) func sendsTo(_ socket: Int32) {
    require(sendto(socket, "x", 1, 0, nil, 0) == 1)
}

/// Listens at a name that the kernel keeps, in no file system.
final class LocalListener {
    let descriptor: Int32
    let address: UnsafeMutablePointer<sockaddr>
    let addressBytes = socklen_t(MemoryLayout<sockaddr_un>.size)
    private let storage: UnsafeMutablePointer<sockaddr_un>

    init(backlog: Int32) {
        var local = sockaddr_un()
        local.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &local.sun_path) { $0.copyBytes(from: Array("\0ground-truth-\(getpid())".utf8)) }
        storage = .allocate(capacity: 1)
        storage.initialize(to: local)
        // Safe: a sockaddr_un is one of the addresses that sockaddr stands for; both go when the object does.
        address = UnsafeMutableRawPointer(storage).assumingMemoryBound(to: sockaddr.self)
        descriptor = Glibc.socket(AF_UNIX, ground_stream_socket, 0)
        require(bind(descriptor, address, addressBytes) == 0 && listen(descriptor, backlog) == 0)
    }

    deinit {
        close(descriptor)
        storage.deallocate()
    }

    func socket() -> Int32 { Glibc.socket(AF_UNIX, ground_stream_socket, 0) }
}

/// Listens on 127.0.0.1, at a port that was free.
final class LoopbackListener: Sendable {
    let descriptor: Int32
    let address: LoopbackAddress

    init() {
        descriptor = socket(AF_INET, ground_stream_socket, 0)
        address = LoopbackAddress(bound: descriptor)
        require(listen(descriptor, 4) == 0)
    }

    deinit { close(descriptor) }

    /// A connection to it.
    func connected() -> Int32 {
        let client = socket(AF_INET, ground_stream_socket, 0)
        require(address.use { connect(client, $0, $1) } == 0)
        return client
    }
}

/// An address on 127.0.0.1, or of another host number of that network.
struct LoopbackAddress: Sendable {
    private var address = sockaddr_in()

    var port: UInt16 { UInt16(bigEndian: address.sin_port) }

    init(host: UInt32 = 1) {
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = (0x7F00_0000 | host).bigEndian
    }

    /// Binds the socket to a port that is free; its address.
    init(bound descriptor: Int32) {
        self.init()
        require(use { bind(descriptor, $0, $1) } == 0)
        var bytes = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Safe: a sockaddr_in is one of the addresses that sockaddr stands for; `bytes` is its size.
        let error = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &bytes) }
        }
        require(error == 0)
    }

    func use(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = address
        // Safe: as above.
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
