// The service under load: an address of this machine, never another's.

package struct Target: Equatable, Sendable {
    /// An IP address, without brackets.
    package var address: String
    package var port: Int

    /// What the `Host` field says.
    package var authority: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }

    package var url: String { "http://\(authority)" }

    /// `http://127.0.0.1:8080`. No name is looked up: `localhost` is 127.0.0.1, and other names are refused,
    /// so that a name which points elsewhere cannot send the load there.
    package init(parsing text: String) throws(LoadError) {
        let scheme = "http://"
        guard text.hasPrefix(scheme) else { throw Self.malformed(text) }
        var rest = text.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest.removeLast() }

        let host: Substring
        if rest.hasPrefix("[") {
            guard let bracket = rest.firstIndex(of: "]") else { throw Self.malformed(text) }
            host = rest[rest.index(after: rest.startIndex)..<bracket]
            rest = rest[rest.index(after: bracket)...]
        } else {
            let colon = rest.firstIndex(of: ":") ?? rest.endIndex
            host = rest[..<colon]
            rest = rest[colon...]
        }
        guard !host.isEmpty else { throw Self.malformed(text) }

        if rest.isEmpty {
            port = 80
        } else {
            let digits = rest.dropFirst()
            guard rest.hasPrefix(":"), Self.isDigits(digits), let port = UInt16(digits), port > 0 else {
                throw Self.malformed(text)
            }
            self.port = Int(port)
        }

        if host == "localhost" {
            address = "127.0.0.1"
        } else if host == "::1" || Self.isLoopback(ipv4: host) {
            address = String(host)
        } else {
            throw LoadError(
                .notLoopback, "'\(host)' is not an address of this machine",
                remedy: "load only a service here, at 127.0.0.1, [::1] or localhost")
        }
    }

    private static func isLoopback(ipv4 host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127"
            && parts.allSatisfy { part in
                // No leading zero: some read those as octal, and then it is another address.
                (1...3).contains(part.count) && (part == "0" || !part.hasPrefix("0"))
                    && isDigits(part) && UInt8(part) != nil
            }
    }

    /// `Int("+80")` is a number too.
    private static func isDigits(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func malformed(_ text: String) -> LoadError {
        LoadError(
            .badTarget, "'\(text)' is not the address of a service",
            remedy: "write it as http://127.0.0.1:8080, the path goes into --route")
    }
}
