// Which of the sessions that a command and its children make is the one to record.
//
// A script runs many programs, and some of them may be small Swift programs. The session of the command's own process is
// the one that is meant, and of that the last: the process may run one program after another (exec). Until there is one,
// it is the first of its children's in which something happens.

import Glibc
import Sessions

struct LaunchedSessions {
    private let command: LaunchedCommand
    private let folders: [SessionFolder]
    /// Sessions seen so far, by path, and when.
    private var seen: [String: ContinuousClock.Instant] = [:]
    private let began = ContinuousClock.now
    private var hasSpoken = false

    // A service that waits for requests has no polls: after this time, a child's session is taken as it is.
    private static let patience = Duration.seconds(1)
    // A command that nothing is seen of should not leave its user wondering.
    private static let silence = Duration.seconds(3)

    init(of command: LaunchedCommand, in folders: [SessionFolder]) {
        self.command = command
        self.folders = folders
    }

    /// Waits for the session to record. Nil: the command has ended, and there was none.
    mutating func wait() throws -> SessionFile? {
        while true {
            let isLast = !command.isRunning()
            let found = sessions()
            if let own = found.last(where: isOwn) { return own }
            if let child = found.first(where: { isTelling($0) }) { return child }
            if isLast { return found.first }
            if Interruption.happened { command.terminate() }
            if !hasSpoken, ContinuousClock.now - began > Self.silence {
                hasSpoken = true
                Console.error("Nothing is observed yet: no Swift service runs so far. Ctrl-C ends it.")
            }
            usleep(2_000)
        }
    }

    private mutating func isTelling(_ file: SessionFile) -> Bool {
        let counters = SessionFollower(file: file, from: .now).counters()
        if counters.polls + counters.running > 0 { return true }
        let first = seen[file.path] ?? ContinuousClock.now
        seen[file.path] = first
        return file.isAlive && ContinuousClock.now - first > Self.patience
    }

    private func isOwn(_ file: SessionFile) -> Bool { file.info.processID == command.processID }

    /// Whether there is a session that is to be recorded in the place of this one.
    func haveBetter(than file: SessionFile) -> Bool {
        sessions(ofProcess: command.processID).contains { $0.info.wallNanoseconds > file.info.wallNanoseconds }
    }

    /// Those with the command's token, the one that was made first before the others.
    private func sessions(ofProcess pid: pid_t? = nil) -> [SessionFile] {
        let start = pid.map { "\($0)-" } ?? ""
        let files = folders.flatMap { folder in
            ProcessFiles.entries(of: folder.path).filter { $0.hasPrefix(start) && $0.hasSuffix(".session") }
                .compactMap { try? SessionFile(path: "\(folder.path)/\($0)") }
        }
        return files.filter { $0.token == command.token }
            .sorted { $0.info.wallNanoseconds < $1.info.wallNanoseconds }
    }

    /// Why the command's own process could not be observed, if it said so.
    var refusal: String? {
        let refused = folders.flatMap { $0.sessions() }.first { $0.processID == command.processID }
        switch refused?.state {
        case .refused(let why), .stale(let why): return why
        default: return nil
        }
    }

    /// Removes what was kept for this recording: the sessions of processes that have ended.
    func removeEnded() {
        for file in sessions() where !file.isAlive { unlink(file.path) }
    }
}
