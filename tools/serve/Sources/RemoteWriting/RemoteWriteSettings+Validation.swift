// Settings of remote write that cannot be right, said before anything is sent.

import FoundationEssentials

extension RemoteWriteSettings {
    func validate() throws(RemoteWriteError) {
        guard let parsed = URL(string: url), let scheme = parsed.scheme,
            ["http", "https"].contains(scheme.lowercased()),
            let host = parsed.host(), !host.isEmpty
        else {
            throw RemoteWriteError(
                "The URL for remote write, '\(url)', is none: write http://HOST:PORT/api/v1/write or https://…")
        }
        guard parsed.user() == nil, parsed.password() == nil else {
            throw RemoteWriteError(
                "The URL for remote write has a user or a password in it, which would be seen: name a file with the password instead."
            )
        }
        for name in externalLabels.keys.sorted() {
            guard Self.isLabelName(name), !name.hasPrefix("__"), name != "le" else {
                throw RemoteWriteError(
                    "'\(name)' cannot be the name of an external label: use letters, digits and _, no digit first, no __ first, and not le."
                )
            }
        }
        guard intervalSeconds >= 0.1, intervalSeconds <= 86_400 else {
            throw RemoteWriteError(
                "The interval of remote write is \(intervalSeconds) s: it is from 0.1 s up to a day.")
        }
        let positive = [
            ("timeout", timeoutSeconds), ("first backoff", backoffSeconds), ("longest backoff", longestBackoffSeconds),
        ]
        for (name, seconds) in positive where !(seconds > 0 && seconds <= 86_400) {
            throw RemoteWriteError("The \(name) of remote write is \(seconds) s: it is over 0 s and up to a day.")
        }
        guard flushSeconds >= 0, flushSeconds <= 86_400 else {
            throw RemoteWriteError("The last flush of remote write has \(flushSeconds) s: it is from 0 s up to a day.")
        }
        guard samplesPerRequest > 0, samplesPending > 0 else {
            throw RemoteWriteError("Remote write needs room for a sample at least, in a request and in its queue.")
        }
        if let secretFile { _ = try Self.secret(in: secretFile) }
    }

    /// Where the password or the token is.
    var secretFile: String? {
        switch authorization {
        case .none: nil
        case .basic(_, let file), .bearer(let file): file
        }
    }

    private static func isLabelName(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return bytes.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}

extension RemoteWriteError {
    init(_ description: String) { self.description = description }
}
