// One attempt to hand a request to the store, over HTTP.

import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOSSL

struct WriteClient: Sendable {
    private let settings: RemoteWriteSettings
    private let client: HTTPClient

    /// What is kept of the store's answer: its first sentences.
    private static let answerBytesMost = 512

    init(_ settings: RemoteWriteSettings) {
        self.settings = settings
        var configuration = HTTPClient.Configuration()
        // A store that moved is for whoever wrote the URL to know: secrets do not follow.
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        // The client's own attempts would keep from us, until the time is over, that there is nobody.
        configuration.connectionPool.retryConnectionEstablishment = false
        let limit = TimeAmount.nanoseconds(Int64(settings.timeoutSeconds * 1e9))
        configuration.timeout = .init(connect: min(limit, .seconds(10)), read: limit, write: limit)
        if let file = settings.trustRootsFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(file)
            configuration.tlsConfiguration = tls
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func send(_ batch: WriteBatch) async -> WriteOutcome {
        do {
            var request = HTTPClientRequest(url: settings.url)
            request.method = .POST
            request.headers.add(name: "Content-Encoding", value: "snappy")
            request.headers.add(name: "Content-Type", value: "application/x-protobuf")
            request.headers.add(name: "User-Agent", value: "pollscope")
            request.headers.add(name: "X-Prometheus-Remote-Write-Version", value: "0.1.0")
            try authorize(&request)
            request.body = .bytes(ByteBuffer(bytes: batch.body))
            let limit = TimeAmount.nanoseconds(Int64(settings.timeoutSeconds * 1e9))
            let response = try await client.execute(request, timeout: limit)
            return .answered(
                status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"),
                text: try await sentence(of: response))
        } catch {
            return .failed(Self.words(for: error))
        }
    }

    func close() async {
        // It fails only if it was closed before.
        try? await client.shutdown()
    }

    private func authorize(_ request: inout HTTPClientRequest) throws {
        switch settings.authorization {
        case .none: break
        case .basic(let user, let file):
            let secret = Data("\(user):\(try RemoteWriteSettings.secret(in: file))".utf8).base64EncodedString()
            request.headers.add(name: "Authorization", value: "Basic \(secret)")
        case .bearer(let file):
            request.headers.add(name: "Authorization", value: "Bearer \(try RemoteWriteSettings.secret(in: file))")
        }
    }

    /// The beginning of an answer, without what cannot be seen.
    private func sentence(of response: HTTPClientResponse) async throws -> String {
        var bytes: [UInt8] = []
        for try await part in response.body {
            bytes += part.readableBytesView.prefix(Self.answerBytesMost - bytes.count)
            if bytes.count >= Self.answerBytesMost { break }
        }
        let words = String(decoding: bytes, as: UTF8.self).unicodeScalars.split { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate: true
            default: false
            }
        }
        return words.map { String($0) }.joined(separator: " ")
    }

    private static func words(for error: any Error) -> String {
        switch error {
        case let error as RemoteWriteError: error.description
        case let error as IOError: "the store cannot be reached: \(String(cString: strerror(error.errnoCode)))"
        case let error as HTTPClientError: "the store cannot be reached: \(error.shortDescription)"
        default: "the store cannot be reached: \(error)"
        }
    }
}
