// The terminal: results go to stdout, everything else to stderr.

import Glibc

enum Console {
    /// Writes a result. A reader that has gone away ends the command quietly.
    static func output(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO) }

    /// Whoever read the output has gone away: a pipe says so only to who writes, or asks.
    static var isOutputClosed: Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&output, 1, 0) == 1 && Int32(output.revents) & (POLLERR | POLLNVAL) != 0
    }

    static func error(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    /// Shows progress on a line of its own that is overwritten; where stderr is no terminal, nothing.
    static func progress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        let columns = width(of: STDERR_FILENO) ?? 80
        write("\r\u{1B}[K" + text.prefix(max(1, columns - 1)), to: STDERR_FILENO)
    }

    static func endProgress() {
        if isatty(STDERR_FILENO) == 1 { write("\r\u{1B}[K", to: STDERR_FILENO) }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            // Safe: writes from the slice's own bytes.
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress!, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EPIPE { exit(0) }
            guard count > 0 else {
                if descriptor == STDOUT_FILENO {
                    error("pollscope: The result cannot be written: \(String(cString: strerror(errno))).")
                    exit(ExitStatus.internalError)
                }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Columns of the terminal behind a descriptor; nil where there is none.
    static func width(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    /// How a report should look on stdout.
    static var reportWidth: Int { width(of: STDOUT_FILENO) ?? environment("COLUMNS").flatMap(Int.init) ?? 80 }

    static var usesColor: Bool {
        isatty(STDOUT_FILENO) == 1 && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// The variables that say where sessions are.
    static var sessionEnvironment: [String: String] {
        environment("POLLSCOPE_DIR").map { ["POLLSCOPE_DIR": $0] } ?? [:]
    }
}
