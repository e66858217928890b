// Calls that wait for another process.

import Glibc

let processCalls: [KnownCall] = [
    KnownCall("waitpid", in: "waitsForChild(_:)", line: waitpidLine, on: "process") {
        let pipe = Ends.pipe()
        let child = startReader(of: pipe)
        return Late.wait(for: { pipe.writeByte() }) { waitsForChild(child) }
    },
    KnownCall("waitid", in: "waitsForChildByID(_:)", line: waitidLine, on: "process") {
        let pipe = Ends.pipe()
        let child = startReader(of: pipe)
        return Late.wait(for: { pipe.writeByte() }) { waitsForChildByID(child) }
    },
    KnownCall("system", in: "runsCommand(_:)", line: systemLine, on: "process", "sleep 0.03") {
        runsCommand("sleep 0.03")
        return 30_000_000
    },
    KnownCall("pclose", in: "closesProgram(_:)", line: pcloseLine, on: "") {
        let pipe = Ends.pipe()
        let inherited = dup(pipe.reading)  // not closed when a program begins
        let program = popen("head -c 1 </dev/fd/\(inherited) >/dev/null", "w")
        close(inherited)
        return Late.wait(for: { pipe.writeByte() }) { closesProgram(program!) }
    },
]

private let waitpidLine = #line + 3
@inline(never) func waitsForChild(_ child: pid_t) {
    var status: Int32 = 0
    require(waitpid(child, &status, 0) == child)
}

private let waitidLine = #line + 3
@inline(never) func waitsForChildByID(_ child: pid_t) {
    var info = siginfo_t()
    require(waitid(P_PID, id_t(child), &info, Int32(WEXITED)) == 0)
}

/// Available in the C library, and kept from Swift, where there are better ways. Services use it all the same.
@_silgen_name("system") func system(_ command: UnsafePointer<CChar>) -> Int32

private let systemLine = #line + 2
@inline(never) func runsCommand(_ command: String) {
    require(system(command) == 0)
}

private let pcloseLine = #line + 2
@inline(never) func closesProgram(_ program: UnsafeMutablePointer<FILE>) {
    require(pclose(program) == 0)
}

/// A child that ends when a byte can be read from the pipe.
private func startReader(of pipe: Ends) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipe.reading, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("head"), strdup("-c"), strdup("1"), nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    require(posix_spawnp(&child, "head", &actions, nil, &arguments, environ) == 0)
    return child
}
