// What a service calls: one line at its start.

import CPollscopeProbes

/// Observes this process: how long polls run, how long jobs wait, and which code does it.
///
/// Call ``start()`` as the first thing in `main`. Everything else is configured from outside, by `POLLSCOPE_*`:
///
/// | variable | meaning | default |
/// |---|---|---|
/// | `POLLSCOPE` | `off`: do nothing at all | `on` |
/// | `POLLSCOPE_DIR` | folder of the session files, absolute, mode 0700 | `/dev/shm/pollscope-<uid>` |
/// | `POLLSCOPE_RING` | records a thread keeps until they are read, a power of two | 16384 (1 MiB) |
/// | `POLLSCOPE_RINGS` | threads that can run observed polls at once | 256 |
/// | `POLLSCOPE_REQUESTS` | `off`: requests and pools are not recorded | `on` |
/// | `POLLSCOPE_KEEP` | `1`: the session file stays after a clean exit | off |
public enum Pollscope {
    /// Starts observing this process. The service runs on unobserved whatever happens: write `try? Pollscope.start()`.
    ///
    /// Does nothing where `POLLSCOPE=off`. Takes a few milliseconds, once.
    /// - Throws: ``StartError`` with what is in the way and what can be done about it.
    public static func start() throws(StartError) {
        var result = pollscope_start_result()
        pollscope_start(&result)
        if let error = StartError(result) { throw error }
    }

    /// Why a process could not be observed.
    public struct StartError: Error, Sendable, CustomStringConvertible {
        public enum Code: Int32, Sendable {
            case alreadyStarted = 2
            case folderUnusable = 3
            case fileNotMade = 4
            case noSpace = 5
            case runtimeUnknown = 6
            case childOfFork = 7
        }

        public let code: Code
        /// What happened, a sentence.
        public let message: String
        /// What can be done about it, a sentence; empty where nothing can.
        public let remedy: String

        public var description: String { remedy.isEmpty ? message : "\(message) \(remedy)" }

        init?(_ result: pollscope_start_result) {
            guard let code = Code(rawValue: result.code) else { return nil }
            self.code = code
            message = Self.text(result.what)
            remedy = Self.text(result.remedy)
        }

        private static func text<Bytes>(_ bytes: Bytes) -> String {
            // Safe: reads within the tuple's own bytes.
            withUnsafeBytes(of: bytes) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
    }
}
