// From what the user typed to a session, or to a sentence that says why there is none.

import Glibc
import Sessions
import TestSupport
import Testing

@Suite("Session query")
struct SessionQueryTests {
    @Test(
        "A text means what the user most likely means",
        arguments: [
            ("4121", SessionQuery.processID(4121)), ("quotes", .name("quotes")), ("./quotes", .path("./quotes")),
            ("1-2.session", .path("1-2.session")), ("/dev/shm/x", .path("/dev/shm/x")), ("0", .name("0")),
            ("-5", .name("-5")), ("99999999999", .name("99999999999")), ("12a", .name("12a")), ("", .name("")),
        ])
    func words(text: String, query: SessionQuery) { #expect(SessionQuery(text) == query) }

    private func failure(_ query: SessionQuery, in folder: TestFolder) -> SessionError? {
        do { _ = try query.find(in: [SessionFolder(path: folder.path)]) } catch { return error }
        return nil
    }

    @Test("A process that is not observed: it says how to")
    func notInstrumented() throws {
        let folder = try TestFolder()
        let error = try #require(failure(.processID(getpid()), in: folder))
        #expect(error.code == .notInstrumented)
        #expect(error.message.contains("\(getpid())"))
        #expect(error.remedy.contains("try? Pollscope.start()"))
    }

    @Test("No such process, name or file: each says which")
    func notFound() throws {
        let folder = try TestFolder()
        let process = try #require(failure(.processID(2_000_000_000), in: folder))
        #expect(process.code == .notFound)
        #expect(process.description.contains("There is no process 2000000000."))
        let name = try #require(failure(.name("quotes"), in: folder))
        #expect(name.code == .notFound)
        #expect(name.description.contains("quotes"))
        let file = try #require(failure(.path(folder.file("none")), in: folder))
        #expect(file.code == .notFound)
        #expect(file.description.contains(folder.file("none")))
    }

    @Test("A session is found by its pid, by its program and by its path")
    func found() throws {
        let folder = try TestFolder()
        let session = try SyntheticSession(in: folder)
        let folders = [SessionFolder(path: folder.path)]
        #expect(try SessionQuery("\(getpid())").find(in: folders).path == session.path)
        #expect(try SessionQuery("quotes").find(in: folders).path == session.path)
        #expect(try SessionQuery(session.path).find(in: []).path == session.path)
    }

    @Test("A process that could not be observed says why")
    func refused() throws {
        let folder = try TestFolder()
        let start = try #require(ProcessFiles.own.start)
        try folder.write([], to: "\(getpid())-\(start).refused-5-28")
        let error = try #require(failure(.processID(getpid()), in: folder))
        #expect(error.code == .notInstrumented)
        #expect(error.message.contains("no room"))
        #expect(error.message.contains("No space left on device"))
    }

    @Test("A session of an earlier process with the same pid is dead, and can be asked for")
    func earlierProcess() throws {
        let folder = try TestFolder()
        let session = try SyntheticSession(in: folder, processStart: 1)
        let found = try SessionQuery("\(getpid())").find(in: [SessionFolder(path: folder.path)])
        #expect(found.path == session.path)
        #expect(!found.isAlive)
    }
}
