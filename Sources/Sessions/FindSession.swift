// From what the user typed to a session: a pid, a path, or an executable's name.

import Glibc

/// How a session was asked for.
public enum SessionQuery: Sendable, Hashable {
    case processID(Int32)
    case path(String)
    case name(String)

    /// What the user most likely means.
    public init(_ text: String) {
        if let pid = Int32(text), pid > 0 {
            self = .processID(pid)
        } else if text.contains("/") || text.hasSuffix(".session") {
            self = .path(text)
        } else {
            self = .name(text)
        }
    }

    /// The one session that is meant.
    public func find(in folders: [SessionFolder]) throws(SessionError) -> SessionFile {
        switch self {
        case .path(let path): return try SessionFile(path: path)
        case .processID(let pid): return try Self.find(processID: pid, in: folders)
        case .name(let name):
            let found = folders.flatMap { $0.sessions() }.filter { session in
                guard session.executable.split(separator: "/").last.map(String.init) == name else { return false }
                return session.state == .alive || session.state == .dead
            }
            let alive = found.filter { $0.state == .alive }
            let candidates = alive.isEmpty ? found : alive
            guard let session = candidates.first else {
                throw SessionError(
                    .notFound, "There is no session of a program called \(name).",
                    remedy: "`pollscope ps` lists what there is.")
            }
            guard candidates.count == 1 || alive.isEmpty else {
                let pids = candidates.map { String($0.processID) }.joined(separator: ", ")
                throw SessionError(
                    .notFound, "\(candidates.count) observed processes are called \(name): \(pids).",
                    remedy: "Give the pid of the one you mean.")
            }
            return try SessionFile(path: session.path)
        }
    }

    private static func find(processID: Int32, in folders: [SessionFolder]) throws(SessionError) -> SessionFile {
        let found = folders.flatMap { $0.sessions() }.filter { $0.processID == processID }
        if let session = found.first(where: { $0.state == .alive }) ?? found.first(where: { $0.state == .dead }) {
            return try SessionFile(path: session.path)
        }
        let process = ProcessFiles(processID: processID)
        for session in found {
            switch session.state {
            case .refused(let why) where process.start == session.processStart:
                throw SessionError(
                    .notInstrumented, "Process \(processID) could not be observed: \(why)",
                    remedy: "`pollscope doctor` says what works here.")
            case .stale(let why) where process.start == session.processStart:
                throw SessionError(.notInstrumented, "Process \(processID) is not observed: \(why)")
            default: continue
            }
        }
        guard process.exists else {
            throw SessionError(
                .notFound, "There is no process \(processID).", remedy: "`pollscope ps` lists the sessions here.")
        }
        var status = stat()
        if stat("/proc/\(processID)", &status) == 0, geteuid() != 0, status.st_uid != geteuid() {
            throw SessionError(
                .notReadable, "Process \(processID) belongs to another user.",
                remedy: "Run pollscope as that user, or as root.")
        }
        let name = process.executable?.split(separator: "/").last.map(String.init) ?? "the service"
        throw SessionError(
            .notInstrumented, "Process \(processID) (\(name)) is not observed.",
            remedy: """
                Link the package's library Pollscope into it and write `try? Pollscope.start()` as the first line \
                of main; if it does, see that it runs with the same POLLSCOPE_DIR as this command and without \
                POLLSCOPE=off.
                """)
    }
}
