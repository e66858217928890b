// Runs programs for tests: each is started by path, watched by its pid, and gone when the test is.

import Foundation
import Glibc

/// The C library has it behind a macro that the overlay does not set.
@_silgen_name("posix_spawn_file_actions_addchdir_np") private func posix_spawn_file_actions_addchdir_np(
    _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ path: UnsafePointer<CChar>
) -> Int32

/// A process that a test has started. Its output goes to files, so that it never waits for the test.
public final class ChildProcess {
    /// How a process ended, and what it wrote.
    public struct Ending: Sendable, CustomStringConvertible {
        /// The exit status, or 128 + the signal that ended it.
        public var status: Int32
        public var output: String
        public var errors: String

        public var description: String { "status \(status)\n--- stdout\n\(output)\n--- stderr\n\(errors)" }
    }

    public struct DidNotHappen: Error, CustomStringConvertible {
        public var description: String
    }

    public let processID: pid_t
    private let words: [String]
    private let outputPath: String
    private let errorPath: String
    private var status: Int32?

    /// Starts a program. `environment` is the whole of it; stdout goes to `output` if that is given.
    public init(_ words: [String], environment: [String: String], in folder: TestFolder, output: String? = nil) throws {
        self.words = words
        let name = folder.freshName()
        outputPath = output ?? "\(folder.path)/\(name).stdout"
        errorPath = "\(folder.path)/\(name).stderr"

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT, 0o600)
        _ = posix_spawn_file_actions_addchdir_np(&actions, folder.path)

        // Signals as a shell leaves them: a test's thread may block or ignore some.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGINT, SIGPIPE, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, arguments[0]!, &actions, &attributes, &arguments, &variables)
        guard error == 0 else {
            throw DidNotHappen(description: "\(words[0]) was not started: \(String(cString: strerror(error)))")
        }
        processID = pid
    }

    /// What the process began with is what it ends with: nothing is left behind by a test that fails.
    deinit {
        guard !hasEnded else { return }
        kill(processID, SIGKILL)
        var raw: Int32 = 0
        waitpid(processID, &raw, 0)
    }

    /// By a signal: which takes a moment from when it was sent.
    public var isStopped: Bool {
        guard let line = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
            let name = line.lastIndex(of: ")")
        else { return false }
        return line[name...].dropFirst(2).first == "T"
    }

    public var hasEnded: Bool {
        if status != nil { return true }
        var raw: Int32 = 0
        guard waitpid(processID, &raw, WNOHANG) == processID else { return false }
        let signal = raw & 0x7F
        status = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
        return true
    }

    public var output: String { Self.text(outputPath) }
    public var errors: String { Self.text(errorPath) }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    public func send(_ signal: Int32) {
        if !hasEnded { kill(processID, signal) }
    }

    /// Waits for the end.
    public func waitForEnd(within limit: Duration = .seconds(60)) throws -> Ending {
        try Self.wait(for: "\(words.joined(separator: " ")) to end", within: limit) { hasEnded }
        return Ending(status: status!, output: output, errors: errors)
    }

    /// Waits until the process has written `text` to stdout, or ends.
    public func waitForOutput(_ text: String, within limit: Duration = .seconds(30)) throws {
        try Self.wait(for: "\(words.joined(separator: " ")) to write \(text)", within: limit) {
            output.contains(text) || hasEnded
        }
        guard output.contains(text) else { throw DidNotHappen(description: "ended without \(text): \(errors)") }
    }

    /// Waits until something is so, with a bound.
    public static func wait(
        for what: String, within limit: Duration = .seconds(30), until condition: () throws -> Bool
    ) throws {
        let end = ContinuousClock.now + limit
        while !(try condition()) {
            guard ContinuousClock.now < end else {
                throw DidNotHappen(description: "waited \(limit) in vain for \(what)")
            }
            usleep(2_000)
        }
    }
}
