// The command of `pollscope record -- COMMAND`: started with a token by which its sessions are known.

import Glibc

final class LaunchedCommand {
    let processID: pid_t
    /// What its sessions, and those of the processes that it starts, have in them.
    let token: String
    private let plan: LaunchPlan
    private var status: Int32?

    init(_ plan: LaunchPlan) throws(Failure) {
        self.plan = plan
        var generator = SystemRandomNumberGenerator()
        let number = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
        token = String(number.prefix(31))
        var variables = [("POLLSCOPE_TOKEN", token), ("POLLSCOPE_KEEP", "1")]
        if let preloaded = plan.preloaded { variables.append(("LD_PRELOAD", preloaded)) }
        processID = try Self.spawn(plan, with: variables)
    }

    private static func spawn(_ plan: LaunchPlan, with variables: [(String, String)]) throws(Failure) -> pid_t {
        let before = variables.map { Console.environment($0.0) }
        for (name, value) in variables { setenv(name, value, 1) }
        defer {
            for ((name, _), value) in zip(variables, before) {
                if let value { setenv(name, value, 1) } else { unsetenv(name) }
            }
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = plan.words.map { strdup($0) } + [nil]
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
        let error = posix_spawn(&pid, plan.program, nil, &attributes, &arguments, environ)
        guard error == 0 else {
            let what =
                switch error {
                case ENOEXEC:
                    "it is no program: neither an ELF file nor a script that begins with `#!`. Give what runs it, too: "
                        + "pollscope record -- sh \(plan.program)"
                case EACCES: "\(String(cString: strerror(error))). Its file system may be mounted noexec."
                default: "\(String(cString: strerror(error)))."
                }
            throw Failure(ExitStatus.noInput, "\(plan.program) cannot be run: \(what)")
        }
        return pid
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
    @discardableResult
    func waitForEnd() -> Int32 {
        var raw: Int32 = 0
        while status == nil {
            if waitpid(processID, &raw, 0) == processID { status = raw } else if errno != EINTR { status = 0 }
        }
        let ended = status! & 0x7F
        return ended == 0 ? (status! >> 8) & 0xFF : 128 + ended
    }

    /// What became of a command of which nothing was observed; `refusal` is what a process said of it.
    func unobserved(_ refusal: String?) -> String {
        let exit = waitForEnd()
        let ending = exit > 128 && status! & 0x7F != 0 ? "signal \(exit - 128)" : "status \(exit)"
        if let refusal { return "\(plan.words[0]) ended (\(ending)) and could not be observed: \(refusal)" }
        return "\(plan.words[0]) ended (\(ending)) and was not observed. \(plan.explanation)"
    }
}
