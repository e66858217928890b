// Runs a program and waits for it: its output, its CPU time and its peak memory.

import Glibc

struct ChildProcess {
    var output: String
    var status: Int32
    var cpuSeconds: Double
    var wallSeconds: Double
    var peakBytes: Int

    /// Runs `words` with `environment` added to ours. Output is taken from stdout; stderr goes where ours goes.
    static func run(_ words: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        for (name, value) in environment { setenv(name, value, 1) }
        defer { for name in environment.keys { unsetenv(name) } }
        var pipes: [Int32] = [0, 0]
        guard pipe(&pipes) == 0 else { throw Failed("pipe: \(String(cString: strerror(errno)))") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, pipes[0])
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let began = ContinuousClock.now
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, arguments[0]!, &actions, nil, &arguments, environ)
        posix_spawn_file_actions_destroy(&actions)
        close(pipes[1])
        defer { close(pipes[0]) }
        guard error == 0 else { throw Failed("\(words[0]): \(String(cString: strerror(error)))") }

        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            // Safe: reads at most the buffer's size into it.
            let count = buffer.withUnsafeMutableBytes { read(pipes[0], $0.baseAddress!, $0.count) }
            if count <= 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        var status: Int32 = 0
        var usage = rusage()
        wait4(pid, &status, 0, &usage)
        let wall = ContinuousClock.now - began
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        return ChildProcess(
            output: String(decoding: bytes, as: UTF8.self), status: status,
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            wallSeconds: Double(wall.components.seconds) + Double(wall.components.attoseconds) * 1e-18,
            peakBytes: usage.ru_maxrss * 1024)
    }
}

struct Failed: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
