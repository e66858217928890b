// The program itself: how it ends, what signals do, and what it tells systemd.

import Foundation
import Glibc
import Testing

@testable import Serving

/// `pollscope-serve`, started by a test and ended with it. Its output goes to files, so that it never waits for the test.
final class Program {
    let process = Process()
    private let place: TestPlace
    private let standardOutput: String
    private let standardError: String

    init(_ arguments: [String], in place: TestPlace, environment: [String: String] = [:]) throws {
        self.place = place
        standardOutput = "\(place.path)/\(UUID()).stdout"
        standardError = "\(place.path)/\(UUID()).stderr"
        for path in [standardOutput, standardError] { try Data().write(to: URL(filePath: path)) }
        // Beside the tests' own bundle.
        let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let folders = [
            bundle, Bundle.main.bundleURL, URL(filePath: #filePath).appending(path: "../../../.build/debug"),
        ]
        let program = folders.map { $0.standardizedFileURL.appending(path: "pollscope-serve") }.first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
        guard let program else { throw DidNotHappen(description: "pollscope-serve has not been built") }
        process.executableURL = program
        process.arguments = arguments
        let inherited = ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("POLLSCOPE") && !["NOTIFY_SOCKET", "JOURNAL_STREAM", "COLUMNS"].contains(name)
        }
        process.environment = inherited.merging(["POLLSCOPE_DIR": place.path + "/sessions"]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: standardOutput)
        process.standardError = FileHandle(forWritingAtPath: standardError)
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var output: String { (try? String(contentsOfFile: standardOutput, encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOfFile: standardError, encoding: .utf8)) ?? "" }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    func status() async throws -> Int32 {
        try await wait(for: "the program to end", within: .seconds(60)) { !process.isRunning }
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }
}

@Suite("The program ends as it says")
struct ProgramTests {
    @Test("SIGTERM ends it, SIGHUP and SIGUSR1 do not; a second one on its port is told so")
    func signals() async throws {
        let place = try TestPlace()
        let token = try place.file("token", "s3cret")
        let recordings = place.path + "/recordings"
        let program = try Program(
            ["--listen", "127.0.0.1:0", "--token-file", token, "--recordings", recordings], in: place)
        try await wait(for: "it to listen") { program.errors.contains("Listens on") || !program.process.isRunning }
        let line = try #require(program.errors.split(separator: "\n").first)
        let match = try #require(
            try /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ Listens on http:\/\/127\.0\.0\.1:(\d+)\/metrics\.$/.firstMatch(
                in: line))
        program.send(SIGHUP)
        try await wait(for: "the token to be read") { program.errors.contains("SIGHUP: the token was read anew.") }
        program.send(SIGUSR1)
        try await wait(for: "recordings") { program.errors.contains("SIGUSR1: the last seconds of all sessions") }
        let second = try Program(["--listen", "127.0.0.1:\(match.1)"], in: place)
        #expect(try await second.status() == 70)
        #expect(
            second.errors.hasPrefix("pollscope serve: Port \(match.1) of 127.0.0.1 is in use: "), "\(second.errors)")
        program.send(SIGTERM)
        #expect(try await program.status() == 0, "\(program.errors)")
        #expect(FileManager.default.fileExists(atPath: recordings))
    }

    @Test("A certificate is exchanged while it runs: new connections are shown the new one")
    func newCertificate() async throws {
        let place = try TestPlace()
        let files = try place.certificate()
        let program = try Program(
            ["--listen", "127.0.0.1:0", "--tls-certificate", files.certificate, "--tls-key", files.key], in: place)
        try await wait(for: "it to listen") { program.errors.contains("Listens on") || !program.process.isRunning }
        let match = try #require(try /https:\/\/127\.0\.0\.1:(\d+)\//.firstMatch(in: program.errors))
        let old = try place.file("old.crt", try String(contentsOfFile: files.certificate, encoding: .utf8))
        #expect(try await isVouchedFor(by: old, port: match.1))
        _ = try place.certificate()
        program.send(SIGHUP)
        try await wait(for: "the certificate to be read") { program.errors.contains("was read anew") }
        #expect(try await isVouchedFor(by: files.certificate, port: match.1))
        #expect(!(try await isVouchedFor(by: old, port: match.1)))
        program.send(SIGTERM)
        #expect(try await program.status() == 0)
    }

    /// Whether what is shown on a port is the certificate of a file.
    private func isVouchedFor(by file: String, port: Substring) async throws -> Bool {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", file, "-verify_return_error"]
        openssl.standardInput = FileHandle.nullDevice
        openssl.standardOutput = FileHandle.nullDevice
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        try await wait(for: "openssl to end") { !openssl.isRunning }
        return openssl.terminationStatus == 0
    }

    @Test("Wrong options, wrong files, and files that are not there have a status each")
    func statuses() async throws {
        let place = try TestPlace()
        let file = try place.file("serve.yml", "listen: 127.0.0.1:0\nlisen: x\n")
        for (arguments, status, says) in [
            (["--nonsense"], Int32(64), "Unknown option '--nonsense'"),
            (
                ["--listen", "0.0.0.0:9464"], 64,
                "pollscope serve: --listen: 0.0.0.0:9464 can be reached from other machines"
            ),
            (["--before", "10"], 64, "pollscope serve: --before: \"10\" is not what it takes"),
            (["--remote-write-external-labels", "x"], 64, "It takes NAME=VALUE"),
            (["--config", file], 65, "\(file):2: There is no setting called \"lisen\". The nearest: listen."),
            (["--config", place.path + "/none.yml"], 66, "none.yml is not there."),
        ] {
            let program = try Program(arguments, in: place)
            #expect(try await program.status() == status, "\(arguments): \(program.errors)")
            #expect(program.errors.contains(says), "\(program.errors)")
            #expect(program.output == "")
        }
    }

    @Test("--check-config says what would be done, and does nothing")
    func checkConfig() async throws {
        let place = try TestPlace()
        let recordings = place.path + "/recordings"
        let file = try place.file("serve.yml", "recordings: \(recordings)\ntriggers: {request-p99: 1s}\n")
        let program = try Program(["--config", file, "--check-config", "--listen", "[::1]:1"], in: place)
        #expect(try await program.status() == 0, "\(program.errors)")
        #expect(
            program.output == """
                listens on  [::1]:1 (this machine only), without TLS, for whoever reaches it
                follows     \(place.path)/sessions
                records     into \(recordings), up to 1 GiB: 10 s before a trigger and 5 s after it
                            of one service once in 5 min; in memory, 16 MiB for each
                triggers    starvation over 100 ms, a poll over 500 ms, a request's P99 over 1 s, a hang, a crash; and SIGUSR1
                diagnoses   every 1 min

                """)
        #expect(!FileManager.default.fileExists(atPath: recordings))
    }

    @Test("Help speaks of pollscope serve, and fits into 80 columns")
    func help() async throws {
        let program = try Program(["--help"], in: try TestPlace(), environment: ["COLUMNS": "80"])
        #expect(try await program.status() == 0)
        #expect(program.output.contains("USAGE: pollscope serve "))
        for line in program.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        for key in SettingKey.allCases { #expect(program.output.contains("--\(key.rawValue) "), "\(key)") }
        let list = try Program(["--list-options"], in: try TestPlace())
        #expect(try await list.status() == 0)
        let options = Set(list.output.split(separator: "\n"))
        #expect(options.count == SettingKey.allCases.count + 3)
        #expect(options.allSatisfy { program.output.contains($0) })
    }

    @Test("systemd hears when it is ready, that it lives, and that it stops")
    func notifications() async throws {
        let place = try TestPlace()
        let path = place.path + "/notify"
        let listener = try DatagramSocket(path: path)
        let program = try Program(
            ["--listen", "127.0.0.1:0"], in: place, environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "20000"])
        try await wait(for: "READY and WATCHDOG") {
            listener.receive()
            return listener.messages.contains { $0.hasPrefix("READY=1\nSTATUS=Listens on 127.0.0.1:") }
                && listener.messages.contains("WATCHDOG=1")
        }
        program.send(SIGINT)
        #expect(try await program.status() == 0)
        listener.receive()
        #expect(listener.messages.last == "STOPPING=1")
    }

    @Test("The journal has the time itself")
    func journal() {
        var status = stat()
        #expect(fstat(STDERR_FILENO, &status) == 0)
        #expect(NoticeLog.leadsToJournal(STDERR_FILENO, variable: "\(status.st_dev):\(status.st_ino)"))
        #expect(!NoticeLog.leadsToJournal(STDERR_FILENO, variable: "1:2"))
        #expect(!NoticeLog.leadsToJournal(STDERR_FILENO, variable: nil))
    }
}

/// A socket that keeps what is sent to it.
private final class DatagramSocket {
    private let descriptor: Int32
    private(set) var messages: [String] = []

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        // Safe: a test's path is shorter than the field.
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        // Safe: the struct is an address of its family, and as long as is said.
        let isBound = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isBound else { throw DidNotHappen(description: "\(path) cannot be bound") }
    }

    deinit { close(descriptor) }

    func receive() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
            messages.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
