// Prometheus or VictoriaMetrics as a process of a test: on a free port, with its data in a folder that goes with it.

import AsyncHTTPClient
import Foundation
import Glibc
import NIOCore

/// A store that is queried in PromQL.
public final class Store: Sendable {
    public enum Program: String, Sendable {
        case prometheus
        case victoriaMetrics = "victoria-metrics"

        fileprivate var path: String? {
            ["/usr/bin/", "/usr/local/bin/"].map { $0 + rawValue }.first { access($0, X_OK) == 0 }
        }

        public var isInstalled: Bool { path != nil }

        /// Why a test does not run.
        public var skipped: String { "SKIPPED: there is no \(rawValue): apt-get install \(rawValue)" }
    }

    /// A series that a query has found.
    public struct Series: Sendable {
        public var labels: [String: String]
        public var value: Double
    }

    public let port: Int
    public var address: String { "http://127.0.0.1:\(port)" }
    private let folder: String
    private let processID: pid_t

    /// Starts the program, and returns when it answers.
    /// - Parameters:
    ///   - scraping: the port with a path `/metrics` that it reads every second.
    ///   - takesNativeHistograms: whether Prometheus asks for protobuf.
    public init(_ program: Program, scraping: Int? = nil, takesNativeHistograms: Bool = true) async throws {
        var template = Array("/tmp/pollscope-store-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw DidNotHappen(description: "no folder for a store") }
        // Safe: mkdtemp leaves the terminating zero where it is.
        folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        port = try DeafPort().port
        let targets = scraping.map {
            """
            - {job_name: pollscope, honor_labels: true, scrape_interval: 1s, scrape_timeout: 1s,
               static_configs: [{targets: ['127.0.0.1:\($0)']}]}
            """
        }
        let configuration = targets.map { "scrape_configs:\n\($0)\n" } ?? "scrape_configs: []\n"
        try Data(configuration.utf8).write(to: URL(filePath: folder + "/scrape.yml"))
        let words: [String]
        switch program {
        case .prometheus:
            let features = (takesNativeHistograms ? ["native-histograms"] : []) + ["exemplar-storage"]
            words = [
                "--config.file=\(folder)/scrape.yml", "--storage.tsdb.path=\(folder)/data",
                "--web.listen-address=127.0.0.1:\(port)", "--web.enable-remote-write-receiver",
                "--enable-feature=\(features.joined(separator: ","))", "--log.level=warn",
            ]
        case .victoriaMetrics:
            words = [
                "-storageDataPath=\(folder)/data", "-httpListenAddr=127.0.0.1:\(port)", "-search.latencyOffset=0s",
                "-promscrape.config=\(folder)/scrape.yml", "-retentionPeriod=1", "-loggerLevel=WARN",
            ]
        }
        guard let path = program.path else { throw DidNotHappen(description: program.skipped) }
        processID = try Self.spawn([path] + words, log: folder + "/log")
        _ = try await eventually("\(program.rawValue) to answer") {
            try await self.get("/api/v1/query?query=1").contains("success") ? true : nil
        }
    }

    /// What it began with is what it ends with.
    deinit {
        kill(processID, SIGKILL)
        var status: Int32 = 0
        waitpid(processID, &status, 0)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What it has written to stderr.
    public var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

    /// The answer of its API to a query at a time, or now.
    public func query(_ expression: String, at time: Double? = nil) async throws -> [Series] {
        let text = try await get(
            "/api/v1/query?nocache=1&query=\(Self.escaped(expression))" + (time.map { "&time=\($0)" } ?? ""))
        let answer = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
        return answer.data.result.compactMap { element in
            guard let last = element.value?.last, case .text(let text) = last, let value = Double(text) else {
                return nil
            }
            return Series(labels: element.metric, value: value)
        }
    }

    /// The value of the one series that a query finds; `nil`: it finds none, or several.
    public func value(_ expression: String) async throws -> Double? {
        let found = try await query(expression)
        return found.count == 1 ? found[0].value : nil
    }

    /// The body of `GET path`.
    public func get(_ path: String) async throws -> String {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: address + path), timeout: .seconds(10))
        return String(buffer: try await response.body.collect(upTo: 64 << 20))
    }

    private struct Answer: Decodable {
        struct Payload: Decodable { var result: [Element] }
        struct Element: Decodable {
            var metric: [String: String]
            var value: [Scalar]?
        }
        enum Scalar: Decodable {
            case number(Double)
            case text(String)
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Double.self) {
                    self = .number(number)
                } else {
                    self = .text(try container.decode(String.self))
                }
            }
        }
        var data: Payload
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            UnicodeScalar(byte).properties.isAlphabetic && byte < 0x80
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private static func spawn(_ words: [String], log: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for text in arguments { free(text) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var pid: pid_t = 0
        let error = posix_spawn(&pid, words[0], &actions, nil, &arguments, &environment)
        guard error == 0 else {
            throw DidNotHappen(description: "\(words[0]) was not started: \(String(cString: strerror(error)))")
        }
        return pid
    }
}
