// Where the collector listens: an address and a port, or a socket in the file system.

import Glibc

public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    public enum Place: Sendable, Hashable {
        /// Port 0: one that is free.
        case port(host: String, Int)
        case socket(path: String)
    }

    public var place: Place

    /// The port that Prometheus' exporters of telemetry use; for this machine only.
    public static let standard = ListenAddress(place: .port(host: "127.0.0.1", 9464))

    init(place: Place) { self.place = place }

    /// `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464`, `unix:/run/pollscope/serve.socket`; `nil`: it is none.
    public init?(_ words: String) {
        if words.hasPrefix("unix:") {
            let path = String(words.dropFirst(5))
            // The kernel's field has 108 bytes, with a zero at their end.
            guard path.hasPrefix("/"), path.utf8.count < 108, !path.utf8.contains(0) else { return nil }
            place = .socket(path: path)
            return
        }
        guard let colon = words.lastIndex(of: ":") else { return nil }
        let digits = words[words.index(after: colon)...]
        guard digits.count <= 5, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = UInt16(digits) else {
            return nil
        }
        var host = words[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
            guard Self.address(AF_INET6, String(host)) != nil else { return nil }
        } else {
            guard !host.isEmpty, host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) })
            else { return nil }
        }
        place = .port(host: String(host), Int(port))
    }

    /// Only programs of this machine can reach it.
    public var isLoopback: Bool {
        guard case .port(let host, _) = place else { return true }
        if host.lowercased() == "localhost" { return true }  // by RFC 6761
        if let address = Self.address(AF_INET, host) { return address[0] == 127 }
        guard let address = Self.address(AF_INET6, host) else { return false }
        let one: [UInt8] = Array(repeating: 0, count: 15) + [1]
        let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF, 127]
        return address == one || address.starts(with: mapped)
    }

    /// The bytes of an address that is written in digits.
    private static func address(_ family: Int32, _ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: family == AF_INET ? 4 : 16)
        // Safe: the call writes as many bytes as the family has.
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }

    public var description: String {
        switch place {
        case .port(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .socket(let path): "unix:\(path.printable)"
        }
    }
}
