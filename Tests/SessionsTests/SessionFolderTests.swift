// The sessions of a folder: who is alive, what can be removed, and what is nobody's business here.

import CPollscopeLayout
import Foundation
import Glibc
import Sessions
import TestSupport
import Testing

@Suite("Session folder")
struct SessionFolderTests {
    let folder: TestFolder
    let sessions: SessionFolder
    /// No process has it.
    static let noProcess: Int32 = 2_000_000_000

    init() throws {
        folder = try TestFolder()
        sessions = SessionFolder(path: folder.path)
    }

    private var names: [String] { folder.entries(of: ".") }

    private func state(_ session: SyntheticSession) -> FoundSession.State? {
        sessions.sessions().first { $0.path == session.path }?.state
    }

    private func isStale(_ state: FoundSession.State?, because words: String? = nil) -> Bool {
        if case .stale(let why) = state { return words.map { why.contains($0) } ?? true }
        return false
    }

    @Test("POLLSCOPE_DIR says where, if it is a path from the root")
    func environment() {
        #expect(SessionFolder.all(environment: ["POLLSCOPE_DIR": "/somewhere"]).map(\.path) == ["/somewhere"])
        let own = "/dev/shm/pollscope-\(geteuid())"
        #expect(SessionFolder.all(environment: [:]).first?.path == own)
        #expect(SessionFolder.all(environment: ["POLLSCOPE_DIR": "somewhere"]).first?.path == own)
        #expect(SessionFolder.all(environment: ["POLLSCOPE_DIR": ""]).first?.path == own)
    }

    @Test("A process that writes its session is alive")
    func alive() throws {
        #expect(state(try SyntheticSession(in: folder)) == .alive)
    }

    @Test("A process that is gone, or has ended its session, is dead")
    func dead() throws {
        #expect(state(try SyntheticSession(in: folder, processID: Self.noProcess)) == .dead)
        #expect(state(try SyntheticSession(in: folder, processStart: 1)) == .dead)
        let ended = try SyntheticSession(in: folder)
        ended.header.pointee.state = POLLSCOPE_SESSION_ENDED.rawValue
        #expect(state(ended) == .dead)
    }

    @Test("A process that became another program is stale")
    func exec() throws {
        let bytes = try SyntheticSession(in: folder).bytes
        // The same session in a file that this process has not mapped.
        let other = try TestFolder()
        let start = try #require(ProcessFiles.own.start)
        let path = try other.write(bytes, to: "\(getpid())-\(start).session")
        let found = try #require(SessionFolder(path: other.path).sessions().first)
        #expect(found.path == path)
        #expect(isStale(found.state, because: "another program"))
    }

    @Test("A session of another pid namespace says nothing about processes here")
    func otherNamespace() throws {
        let session = try SyntheticSession(in: folder)
        session.header.pointee.pid_namespace = 1
        #expect(isStale(state(session), because: "another pid namespace"))
    }

    @Test("Files with other names are left out, and entries that are no files do no harm")
    func otherNames() throws {
        let session = try SyntheticSession(in: folder)
        for name in [
            "notes.txt", "1.session", "a-b.session", "1-2-3.session", "1-2.other", "1-2.refused-",
            "1-2.refused-a-b", "1-2.refused-5", ".session", "1-.session", "99999999999-1.session",
        ] {
            try folder.write([1, 2, 3], to: name)
        }
        _ = try folder.makeFolder("5-5.session")
        #expect(symlink(session.path, folder.file("6-6.session")) == 0)
        let found = sessions.sessions()
        #expect(found.filter { $0.state == .alive }.map(\.path) == [session.path])
        for other in found where other.path != session.path {
            #expect(isStale(other.state), "\(other)")
        }
        #expect(found.count == 3)
    }

    @Test("A folder that others can write is not looked into", arguments: [0o777, 0o770, 0o702] as [mode_t])
    func openFolder(mode: mode_t) throws {
        _ = try SyntheticSession(in: folder)
        #expect(chmod(folder.path, mode) == 0)
        #expect(sessions.sessions().isEmpty)
        #expect(sessions.clean(dead: true).isEmpty)
    }

    @Test("A folder that is not there has no sessions")
    func noFolder() {
        let none = SessionFolder(path: folder.file("none"))
        #expect(none.sessions().isEmpty)
        #expect(none.clean(dead: true).isEmpty)
    }

    @Test("Why a process could not be observed is told in words")
    func refusals() throws {
        let start = try #require(ProcessFiles.own.start)
        for (code, error, words) in [
            (4, 13, "Permission denied"), (5, 28, "No space left on device"), (6, 0, "Swift runtime"),
            (99, 0, "could not start"),
        ] {
            let name = "\(getpid())-\(start).refused-\(code)-\(error)"
            try folder.write([], to: name)
            guard case .refused(let why)? = sessions.sessions().first?.state else {
                Issue.record("\(name) is no refusal")
                continue
            }
            #expect(why.contains(words))
            #expect(unlink(folder.file(name)) == 0)
        }
    }

    @Test("The newest process comes first")
    func order() throws {
        for start in [5, 900, 30] as [UInt64] {
            _ = try SyntheticSession(in: folder, processID: Self.noProcess, processStart: start)
        }
        #expect(sessions.sessions().map(\.processStart) == [900, 30, 5])
    }

    // MARK: Cleaning

    @Test("Cleaning removes what nothing more can come of, and nothing else")
    func clean() throws {
        let alive = try SyntheticSession(in: folder)
        let dead = try SyntheticSession(in: folder, processID: Self.noProcess)
        let start = try #require(ProcessFiles.own.start)
        let refusal = "\(getpid())-\(start).refused-5-28"
        let oldRefusal = "\(Self.noProcess)-7.refused-5-28"
        let neverCompleted = "\(Self.noProcess)-8.session"
        let notes = "notes.txt"
        for name in [refusal, oldRefusal, neverCompleted, notes] { try folder.write([], to: name) }

        #expect(Set(sessions.clean(dead: false).map(\.path)) == [folder.file(oldRefusal), folder.file(neverCompleted)])
        let kept = [alive.path, dead.path, folder.file(refusal), folder.file(notes)]
        #expect(Set(names.map(folder.file)) == Set(kept))

        #expect(sessions.clean(dead: true).map(\.path) == [dead.path])
        #expect(Set(names.map(folder.file)) == Set(kept).subtracting([dead.path]))
        #expect(sessions.clean(dead: true).isEmpty)
    }

    @Test("Cleaning leaves the sessions of another pid namespace: their processes may live")
    func cleanOtherNamespace() throws {
        let session = try SyntheticSession(in: folder, processID: Self.noProcess)
        session.header.pointee.pid_namespace = 1
        #expect(sessions.clean(dead: true).isEmpty)
        #expect(FileManager.default.fileExists(atPath: session.path))
    }

    @Test("Cleaning leaves what is being made by a process that runs")
    func cleanUnfinished() throws {
        let start = try #require(ProcessFiles.own.start)
        try folder.write([], to: "\(getpid())-\(start).session")
        #expect(sessions.clean(dead: true).isEmpty)
        #expect(names.count == 1)
    }
}
