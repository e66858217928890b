// The secret that whoever asks must know.

import Synchronization

/// What a token file holds. The comparison takes as long for a wrong token as for the right one.
struct BearerToken: Sendable, Hashable {
    /// A token is some dozens of characters; what is larger is another file.
    static let bytesMax = 4096

    private var bytes: [UInt8]

    /// - Throws: the file is not there, others can read it, or there is no token in it.
    init(file path: String) throws(GuardedFile.Problem) {
        var bytes = try GuardedFile.bytes(of: path, .secret, most: Self.bytesMax)[...]
        let name = path.printable
        guard bytes.count <= Self.bytesMax else {
            throw GuardedFile.Problem(code: .badData, sentence: "\(name) is no token file: it is larger than 4 KiB.")
        }
        while let last = bytes.last, [0x20, 0x09, 0x0A, 0x0D].contains(last) { bytes = bytes.dropLast() }
        let make = "Write one: (umask 077; openssl rand -hex 32 > \(name))"
        guard !bytes.isEmpty else {
            throw GuardedFile.Problem(code: .badData, sentence: "\(name) is empty: it has to hold a token. \(make)")
        }
        // What can stand in a header.
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw GuardedFile.Problem(
                code: .badData,
                sentence: "\(name) holds more than one line, blanks, or what is no ASCII: no token. \(make)")
        }
        self.bytes = Array(bytes)
    }

    /// Whether the header `Authorization` has the token.
    func isIn(_ authorization: String?) -> Bool {
        guard let authorization, authorization.utf8.count > 7, authorization.prefix(7).lowercased() == "bearer " else {
            return false
        }
        let offered = Array(authorization.utf8.dropFirst(7))
        var difference: UInt8 = offered.count == bytes.count ? 0 : 1
        for (index, byte) in bytes.enumerated() {
            difference |= byte ^ (index < offered.count ? offered[index] : ~byte)
        }
        return difference == 0
    }
}

/// What is secret and can be exchanged while the collector runs. `nil`: whoever reaches it may ask.
final class CurrentToken: Sendable {
    private let token: Mutex<BearerToken?>

    init(_ token: BearerToken?) { self.token = Mutex(token) }

    var value: BearerToken? { token.withLock { $0 } }

    func replace(by token: BearerToken) { self.token.withLock { $0 = token } }
}
