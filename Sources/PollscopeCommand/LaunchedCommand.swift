// The command of `pollscope record -- COMMAND`: started with a token by which its session is known.

import Glibc
import Sessions

final class LaunchedCommand {
    private let words: [String]
    private let token: String
    private let processID: pid_t
    private var status: Int32?

    init(_ words: [String]) throws {
        self.words = words
        var generator = SystemRandomNumberGenerator()
        token = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
        setenv("POLLSCOPE_TOKEN", String(token.prefix(31)), 1)
        setenv("POLLSCOPE_KEEP", "1", 1)

        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        // What this command ignores and blocks for itself, the service must not.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGPIPE, SIGXFSZ] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, arguments[0]!, nil, &attributes, &arguments, environ)
        guard error == 0 else {
            let what =
                switch error {
                case ENOENT: "There is no command \(words[0])."
                case EACCES: "\(words[0]) cannot be run: it is not executable."
                case ENOEXEC: "\(words[0]) cannot be run: it is no program."
                default: "\(words[0]) cannot be run: \(String(cString: strerror(error)))."
                }
            throw Failure(ExitStatus.noInput, what)
        }
        processID = pid
        unsetenv("POLLSCOPE_TOKEN")
        unsetenv("POLLSCOPE_KEEP")
    }

    func isRunning() -> Bool {
        if status != nil { return false }
        var raw: Int32 = 0
        guard waitpid(processID, &raw, WNOHANG) == processID else { return true }
        status = raw
        return false
    }

    /// Asks the command to end.
    func terminate() { if isRunning() { kill(processID, SIGTERM) } }

    /// Waits for the command to end; its exit status, or 128 + the signal that ended it.
    func waitForEnd() -> Int32 {
        var raw: Int32 = 0
        while status == nil {
            if waitpid(processID, &raw, 0) == processID { status = raw } else if errno != EINTR { status = 0 }
        }
        let ended = status! & 0x7F
        return ended == 0 ? (status! >> 8) & 0xFF : 128 + ended
    }

    /// The session that the command, or a process that it started, has made.
    func waitForSession(in folders: [SessionFolder]) throws -> SessionFile {
        let wanted = String(token.prefix(31))
        while true {
            let isLast = !isRunning()
            for folder in folders {
                for name in ProcessFiles.entries(of: folder.path) where name.hasSuffix(".session") {
                    if let file = try? SessionFile(path: "\(folder.path)/\(name)"), file.token == wanted { return file }
                }
            }
            if isLast { break }
            if Interruption.happened { break }
            usleep(2_000)
        }
        let exit = waitForEnd()
        let refusal = folders.flatMap { $0.sessions() }.first { $0.processID == processID }
        if case .refused(let why) = refusal?.state {
            throw Failure(ExitStatus.noInput, "\(words[0]) could not be observed: \(why)")
        }
        throw Failure(
            ExitStatus.noInput,
            """
            \(words[0]) ended (status \(exit)) and was not observed. Link the package's library Pollscope into it and \
            write `try? Pollscope.start()` as the first line of main.
            """)
    }
}
