// The certificate that the collector shows, and its key, as they are at the moment.

import NIOSSL
import Synchronization

/// A chain of certificates, the collector's own first, and the key of that one.
struct TLSIdentity: Sendable {
    /// A chain has some certificates of a few KiB.
    private static let bytesMax = 1 << 20

    var certificates: [NIOSSLCertificate]
    var key: NIOSSLPrivateKey

    /// From two files in PEM. `file` says in which one something is wrong.
    struct Problem: Error {
        enum File { case certificate, key }
        var file: File
        var problem: GuardedFile.Problem
    }

    init(certificate: String, key keyFile: String) throws(Problem) {
        let chain: [UInt8]
        let secret: [UInt8]
        do { chain = try GuardedFile.bytes(of: certificate, .trusted, most: Self.bytesMax) } catch {
            throw Problem(file: .certificate, problem: error)
        }
        do { secret = try GuardedFile.bytes(of: keyFile, .secret, most: Self.bytesMax) } catch {
            throw Problem(file: .key, problem: error)
        }
        func bad(_ file: Problem.File, _ sentence: String) -> Problem {
            Problem(file: file, problem: GuardedFile.Problem(code: .badData, sentence: sentence))
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(chain), !certificates.isEmpty else {
            throw bad(
                .certificate, "\(certificate.printable) holds no certificate in PEM (-----BEGIN CERTIFICATE-----).")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: secret, format: .pem) else {
            throw bad(.key, "\(keyFile.printable) holds no private key in PEM, or one with a passphrase.")
        }
        self.certificates = certificates
        self.key = key
        // A key of another certificate is found when a context is made of the two.
        guard (try? NIOSSLContext(configuration: configuration)) != nil else {
            throw bad(.key, "\(keyFile.printable) is not the key of the certificate in \(certificate.printable).")
        }
    }

    var configuration: TLSConfiguration {
        .makeServerConfiguration(certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    }
}

/// The identity can be exchanged while the collector runs: each connection is shown the one of its moment.
final class CurrentIdentity: Sendable {
    private let identity: Mutex<TLSIdentity>

    init(_ identity: TLSIdentity) { self.identity = Mutex(identity) }

    func replace(by identity: TLSIdentity) { self.identity.withLock { $0 = identity } }

    var configuration: TLSConfiguration {
        var configuration = identity.withLock { $0.configuration }
        configuration.sslContextCallback = { [self] _, promise in
            let now = identity.withLock { $0 }
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = now.certificates.map { .certificate($0) }
            override.privateKey = .privateKey(now.key)
            promise.succeed(override)
        }
        return configuration
    }
}
