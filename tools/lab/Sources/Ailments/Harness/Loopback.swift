// Sockets on the loopback interface, read and written by calls that block.

import Foundation

/// What the system refused, in its words.
struct SystemFailure: Error, CustomStringConvertible {
    var call: String
    var code = errno

    init(_ call: String) { self.call = call }

    var description: String { "\(call): \(String(cString: strerror(code)))" }
}

enum Loopback {
    /// A socket that listens on a free port of 127.0.0.1.
    static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = try bound(to: SOCK_STREAM)
        guard Glibc.listen(descriptor, 64) == 0 else { throw SystemFailure("listen") }
        return (descriptor, try port(of: descriptor))
    }

    /// A socket that takes datagrams on a free port of 127.0.0.1.
    static func datagrams() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = try bound(to: SOCK_DGRAM)
        return (descriptor, try port(of: descriptor))
    }

    static func connect(port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure("socket") }
        let status = withAddress(port: port) { Glibc.connect(descriptor, $0, $1) }
        guard status == 0 else { throw SystemFailure("connect") }
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    private static func bound(to kind: __socket_type) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure("socket") }
        guard withAddress(port: 0, { bind(descriptor, $0, $1) }) == 0 else { throw SystemFailure("bind") }
        return descriptor
    }

    private static func port(of descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard status == 0 else { throw SystemFailure("getsockname") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func withAddress<Value>(
        port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

extension Int32 {
    /// Sends all of a line, or throws.
    func sendLine(_ line: String) throws {
        let bytes = Array((line + "\n").utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(self, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SystemFailure("write") }
            sent += count
        }
    }
}
