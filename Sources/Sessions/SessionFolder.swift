// Finds sessions and tells what became of their processes.

import CPollscopeLayout
import Glibc

/// A session in a folder, and whether its process still writes it.
public struct FoundSession: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        /// The process runs and writes the session.
        case alive
        /// The process is gone; its last moments are in the file.
        case dead
        /// The process runs, but not this session's program any more, or the file was never completed, or it is of
        /// another version or in another pid namespace: it cannot be followed from here.
        case stale(String)
        /// The process could not be observed; why.
        case refused(String)
    }

    public var path: String
    public var processID: Int32
    public var processStart: UInt64
    public var state: State
    public var executable: String
    /// Nothing more can come of it, and nobody writes it: it may be removed.
    public var isOver = false
}

/// The folder of one user's sessions.
public struct SessionFolder: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// The folders to look in: POLLSCOPE_DIR if it is set; else this user's, and for root everybody's.
    public static func all(environment: [String: String]) -> [SessionFolder] {
        if let path = environment["POLLSCOPE_DIR"], path.hasPrefix("/") { return [SessionFolder(path: path)] }
        let user = geteuid()
        var paths = ["/dev/shm/pollscope-\(user)"]
        if user == 0 {
            for name in ProcessFiles.entries(of: "/dev/shm").sorted()
            where name.hasPrefix("pollscope-") && UInt32(name.dropFirst(10)) != nil && name != "pollscope-0" {
                paths.append("/dev/shm/\(name)")
            }
        }
        return paths.map(SessionFolder.init)
    }

    /// All sessions in the folder, the newest process first. A folder that others can write is not looked into.
    public func sessions() -> [FoundSession] {
        names().compactMap(session(named:))
            .sorted { ($0.processStart, $0.processID) > ($1.processStart, $1.processID) }
    }

    /// What `session(named:)` can be asked for, and whatever else lies in the folder; nothing if `problem` says something.
    public func names() -> [String] {
        var status = stat()
        guard lstat(path, &status) == 0, problem == nil else { return [] }
        return ProcessFiles.entries(of: path)
    }

    /// Why the folder is not looked into, a sentence or two; `nil`: it is, or it is not there.
    public var problem: String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        if status.st_mode & S_IFMT != S_IFDIR { return "\(path), where sessions should be, is no folder." }
        guard status.st_mode & 0o022 != 0 else { return nil }
        return "Others can write into \(path): what is there can be anybody's, and is not looked at. "
            + "Forbid it: chmod go-w \(path)"
    }

    /// A session by the name of its file; `nil`: the name is none of a session's.
    public func session(named name: String) -> FoundSession? {
        // PID-START.session or PID-START.refused-CODE-ERRNO
        let parts = name.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let numbers = parts[0].split(separator: "-")
        guard numbers.count == 2, let pid = Int32(numbers[0]), let start = UInt64(numbers[1]) else { return nil }
        let process = ProcessFiles(processID: pid)
        let isRunning = process.start == start && !process.isZombie
        var found = FoundSession(
            path: "\(path)/\(name)", processID: pid, processStart: start, state: .dead,
            executable: isRunning ? process.executable ?? "" : "")
        if parts[1].hasPrefix("refused-") {
            let codes = parts[1].split(separator: "-")
            guard codes.count == 3, let code = Int32(codes[1]), let error = Int32(codes[2]) else { return nil }
            found.state = .refused(Refusal.sentence(code: code, systemError: error))
            found.isOver = !isRunning
            return found
        }
        guard parts[1] == "session" else { return nil }
        do {
            let file = try SessionFile(path: found.path)
            found.executable = file.info.executable
            found.state = file.state(isRunning: isRunning)
            if case .stale = found.state { found.isOver = !file.isInOtherNamespace }
        } catch {
            found.state = .stale(error.description)
            found.isOver = !isRunning
        }
        return found
    }

    /// Removes sessions of which nothing more can come: stale ones, and notes of processes that are gone.
    /// With `dead`, the last moments of dead processes too. Returns what was removed.
    public func clean(dead: Bool) -> [FoundSession] {
        sessions().filter { session in
            (session.isOver || dead && session.state == .dead) && unlink(session.path) == 0
        }
    }
}

extension SessionFile {
    /// The session's pid is a number of another pid namespace: here it says nothing.
    var isInOtherNamespace: Bool { layout.pid_namespace != ProcessFiles.ownPidNamespace }

    /// What became of the session's process. `isRunning`: a process with its pid and start time exists.
    public func state(isRunning: Bool) -> FoundSession.State {
        if isInOtherNamespace {
            return .stale("Its process is in another pid namespace.")
        }
        guard isRunning, !hasEnded else { return .dead }
        let mappings = ProcessFiles(processID: Int32(truncatingIfNeeded: layout.pid)).mappings
        // After exec the process is the same, and its program is not. Mappings that cannot be read do not count.
        if !mappings.isEmpty, !mappings.contains(where: { $0.inode == inode }) {
            return .stale("Its process runs another program now.")
        }
        return .alive
    }

    /// Whether the process still writes this session.
    public var isAlive: Bool {
        let process = ProcessFiles(processID: Int32(truncatingIfNeeded: layout.pid))
        return process.start == layout.process_start && !process.isZombie && !hasEnded
    }
}

/// Why a process could not be observed, from the codes in the name of the note that it left.
enum Refusal {
    /// Codes are those of `Pollscope.StartError`.
    static func sentence(code: Int32, systemError: Int32) -> String {
        let reason = systemError == 0 ? "" : " (\(String(cString: strerror(systemError))))"
        switch code {
        case 4: return "The session file could not be made\(reason)."
        case 5:
            return "There was no room for the session file\(reason). Make room in /dev/shm, or set POLLSCOPE_DIR."
        case 6: return "Its Swift runtime is not one that Pollscope knows."
        default: return "Pollscope could not start\(reason)."
        }
    }
}
