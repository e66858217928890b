// Input that cannot be used: a sentence that says what to do, and the documented exit status.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Bad input", .serialized)
struct BadInputTests {
    private func expect(
        _ ending: ChildProcess.Ending, status: Int32, says: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(ending.status == status, "\(ending)", sourceLocation: sourceLocation)
        for words in says {
            #expect(ending.errors.contains(words), "\(words)? \(ending)", sourceLocation: sourceLocation)
        }
        #expect(!ending.errors.contains("Fatal error"), sourceLocation: sourceLocation)
        #expect(ending.output == "", "results only on stdout", sourceLocation: sourceLocation)
    }

    /// A small recording.
    private func record(in place: Workplace) throws -> String {
        let path = place.folder.file("recording")
        let ending = try place.pollscope("record", "-o", path, "--", GroundTruth.path, "hops", "4", "50")
        try #require(ending.status == 0, "\(ending)")
        return path
    }

    // MARK: Processes

    @Test("There is no such process", arguments: ["report", "verify", "doctor"])
    func noProcess(command: String) throws {
        let place = try Workplace()
        expect(try place.pollscope(command, "2000000000"), status: 66, says: "There is no process 2000000000", "ps")
    }

    @Test("There is no such process to record")
    func noProcessToRecord() throws {
        let place = try Workplace()
        let ending = try place.pollscope("record", "--pid", "2000000000", "-o", place.folder.file("out"))
        expect(ending, status: 66, says: "There is no process 2000000000")
        #expect(!FileManager.default.fileExists(atPath: place.folder.file("out")))
    }

    @Test("There is no program of that name")
    func noProgram() throws {
        let place = try Workplace()
        expect(try place.pollscope("report", "no-such-service"), status: 66, says: "no-such-service", "pollscope ps")
        expect(try place.pollscope("record", "no-such-service"), status: 66, says: "no-such-service", "pollscope ps")
    }

    @Test("Two services of a name are told apart by pid")
    func twoOfAName() throws {
        let place = try Workplace()
        let services = try (0..<2).map { _ in try place.start([GroundTruth.path, "forever"]) }
        for service in services { try service.waitForOutput("running") }
        let ending = try place.pollscope("report", "GroundTruth")
        expect(ending, status: 66, says: "2 observed processes", "pid")
        for service in services { #expect(ending.errors.contains("\(service.processID)")) }
        services[0].send(SIGKILL)
        _ = try services[0].waitForEnd()
        #expect(try place.report(of: "GroundTruth").session.pid == Int(services[1].processID))
    }

    @Test("A process that is not instrumented: it says how to")
    func notInstrumented() throws {
        let place = try Workplace()
        let sleeper = try place.start(["sleep", "60"])
        let pid = "\(sleeper.processID)"
        let ending = try place.pollscope("record", "--pid", pid, "-o", place.folder.file("out"))
        expect(ending, status: 66, says: "Process \(pid)", "is not observed", "try? Pollscope.start()", "POLLSCOPE_DIR")
        expect(try place.pollscope("report", pid), status: 66, says: "is not observed")
    }

    @Test("A command that is not there, or none")
    func noCommand() throws {
        let place = try Workplace()
        let out = place.folder.file("out")
        expect(try place.pollscope("record", "-o", out, "--", "no-such-command"), status: 66, says: "no-such-command")
        let plain = try place.folder.write("plain".utf8, to: "plain")
        expect(
            try place.pollscope("record", "-f", "-o", out, "--", plain), status: 66,
            says: "not executable")
    }

    @Test("Somebody else's session cannot be read, and it says so")
    func somebodyElses() throws {
        guard geteuid() == 0 else { return skip("somebody else needs root") }
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "forever"])
        try service.waitForOutput("running")
        let file = place.folder.file("sessions/" + (try #require(place.sessionFiles.first)))
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let pollscope = BuiltPrograms.path(of: "pollscope")
        guard try place.run(nobody + [pollscope, "--help"]).status == 0 else {
            return skip("another user may not run \(pollscope)")
        }
        expect(
            try place.run(nobody + [pollscope, "report", "\(service.processID)"]), status: 66,
            says: "belongs to another user", "as that user, or as root")
        expect(
            try place.run(nobody + [pollscope, "report", file]), status: 66, says: "belongs to another user")
        // A file that can be reached is still its owner's.
        #expect(chmod(place.folder.path, 0o755) == 0 && chmod(place.sessions, 0o755) == 0 && chmod(file, 0o644) == 0)
        expect(
            try place.run(nobody + [pollscope, "report", file]), status: 66, says: "belongs to another user")
    }

    // MARK: Files

    @Test("There is no such file", arguments: ["none.pollscope", "none.session", "folder/none"])
    func noFile(name: String) throws {
        let place = try Workplace()
        for command in ["report", "verify"] {
            expect(try place.pollscope(command, place.folder.file(name)), status: 66, says: name)
        }
    }

    @Test("Files that are no recording", arguments: ["report", "verify"])
    func foreignFiles(command: String) throws {
        let place = try Workplace()
        func file(_ name: String, _ bytes: [UInt8]) throws -> String { try place.folder.write(bytes, to: name) }
        let foreign = Array("%PDF-1.4 no recording at all, and a little longer than a header".utf8)
        expect(try place.pollscope(command, file("empty", [])), status: 65, says: "is empty")
        expect(try place.pollscope(command, file("foreign", foreign)), status: 65, says: "is not a Pollscope recording")
        expect(try place.pollscope(command, file("e.session", [])), status: 65, says: "is not a session file")
        expect(try place.pollscope(command, file("f.session", foreign)), status: 65, says: "is not a session file")
        expect(try place.pollscope(command, place.folder.path), status: 66, says: place.folder.path)
        expect(try place.pollscope(command, GroundTruth.path), status: 65, says: "is not a Pollscope recording")
    }

    @Test("A pipe is no recording and no session, and nobody waits at it", .timeLimit(.minutes(1)))
    func pipes() throws {
        let place = try Workplace()
        for name in ["pipe", "pipe.session", "pipe.pollscope"] {
            let path = place.folder.file(name)
            #expect(mkfifo(path, 0o600) == 0)
            let reader = try place.startPollscope("report", path)
            try ChildProcess.wait(for: "\(name) to be refused", within: .seconds(10)) { reader.hasEnded }
            #expect([65, 66].contains(try reader.waitForEnd().status))
        }
        #expect(mkfifo("\(place.sessions)/5-5.session", 0o600) == 0)
        let ps = try place.startPollscope("ps")
        try ChildProcess.wait(for: "ps to pass a pipe by", within: .seconds(10)) { ps.hasEnded }
        #expect(try ps.waitForEnd().status == 0)
    }

    @Test("A recording of a newer format, and one that was cut")
    func newerAndCut() throws {
        let place = try Workplace()
        let whole = try Data(contentsOf: URL(filePath: try record(in: place)))
        var newer = whole
        newer[8] = 9
        try newer.write(to: URL(filePath: place.folder.file("newer")))
        expect(
            try place.pollscope("report", place.folder.file("newer")), status: 65, says: "newer pollscope", "Update")
        for count in [1, 7, 15, 16, 17, 40, whole.count / 2, whole.count - 1] {
            try whole.prefix(count).write(to: URL(filePath: place.folder.file("cut")))
            for command in ["report", "verify"] {
                let ending = try place.pollscope(command, place.folder.file("cut"))
                #expect([0, 65].contains(ending.status), "\(command), cut at \(count): \(ending)")
                #expect(ending.status == 0 || !ending.errors.isEmpty)
            }
        }
    }

    @Test("A session of another layout, and one that is damaged")
    func otherLayout() throws {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "forever"])
        try service.waitForOutput("running")
        let file = place.folder.file("sessions/" + (try #require(place.sessionFiles.first)))
        service.send(SIGKILL)
        _ = try service.waitForEnd()
        func overwrite(_ bytes: [UInt8], at offset: UInt64) throws {
            let handle = try FileHandle(forUpdating: URL(filePath: file))
            try handle.seek(toOffset: offset)
            try handle.write(contentsOf: Data(bytes))
            try handle.close()
        }
        try overwrite([99, 0, 0, 0], at: 8)
        expect(try place.pollscope("report", file), status: 65, says: "layout 99", "version that the service links")
        #expect(try place.state(of: service.processID) == "stale")
        try overwrite([5, 0, 0, 0], at: 8)
        #expect(try place.pollscope("report", file).status == 0)
        #expect(truncate(file, 100_000) == 0)
        expect(try place.pollscope("report", file), status: 65, says: "is damaged")
    }

    // MARK: Output

    @Test("An output that cannot be written costs no run")
    func outputPaths() throws {
        let place = try Workplace()
        let present = try place.folder.write("mine".utf8, to: "present")
        func record(_ path: String) throws -> ChildProcess.Ending {
            try place.pollscope("record", "-o", path, "--", GroundTruth.path, "march", "10")
        }
        expect(try record(present), status: 64, says: "is there already", "-o")
        #expect(FileManager.default.contents(atPath: present) == Data("mine".utf8))
        expect(try record(place.folder.file("none/out")), status: 66, says: "directory", "is not there")
        expect(try record(place.folder.path), status: 64, says: place.folder.path)
        #expect(place.sessionFiles == [])
        let forced = try place.pollscope("record", "-f", "-o", present, "--", GroundTruth.path, "march", "10")
        #expect(forced.status == 0)
        try place.expectLawful(present)
    }

    @Test("A disk that is full: a sentence, and no service harmed")
    func fullDisk() throws {
        let place = try Workplace()
        let ending = try place.pollscope(
            "record", "--force", "-o", "/dev/full", "--", GroundTruth.path, "march", "10")
        #expect(ending.status == 70, "\(ending)")
        #expect(ending.errors.contains("There is no space left for /dev/full"), "\(ending)")
    }

    @Test("A disk that fills while recording: what was written can be read", .timeLimit(.minutes(1)))
    func diskFills() throws {
        guard let room = SmallFileSystem(kilobytes: 160) else { return skip("mounting a tmpfs is not permitted") }
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "forever"])
        try service.waitForOutput("running")
        let recording = "\(room.path)/recording"
        let ending = try place.pollscope("record", "-o", recording, "--pid", "\(service.processID)")
        #expect(ending.status == 70, "\(ending)")
        #expect(ending.errors.contains("There is no space left"), "\(ending)")
        #expect(ending.errors.contains("can be read"), "\(ending)")
        try place.expectLawful(recording)
        #expect(try place.report(of: recording).polls > 0)
        #expect(!service.hasEnded)
    }

    @Test("A limit on the size of files is a full disk, not a death", .timeLimit(.minutes(1)))
    func fileSizeLimit() throws {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "forever"])
        try service.waitForOutput("running")
        let recording = place.folder.file("recording")
        let ending = try place.run([
            "bash", "-c", "ulimit -f 32; exec \"$0\" \"$@\"", BuiltPrograms.path(of: "pollscope"), "record", "-o",
            recording, "--pid", "\(service.processID)",
        ])
        #expect(ending.status == 70, "\(ending)")
        #expect(ending.errors.contains("There is no space left"), "\(ending)")
        try place.expectLawful(recording)
    }

    @Test("The default output is named after the program, here, and takes nobody's place")
    func defaultOutput() throws {
        let place = try Workplace()
        for _ in 0..<2 {
            #expect(try place.pollscope("record", "--", GroundTruth.path, "march", "10").status == 0)
        }
        let service = try place.start([GroundTruth.path, "forever"])
        try service.waitForOutput("running")
        for _ in 0..<2 {
            let ending = try place.pollscope("record", "--duration", "50ms", "GroundTruth")
            #expect(ending.status == 0, "\(ending)")
        }
        let names = place.folder.entries(of: ".").filter { $0.hasSuffix(".pollscope") }
        #expect(names.count == 4)
        #expect(names.contains("GroundTruth-\(service.processID).pollscope"))
        #expect(names.contains("GroundTruth-\(service.processID)-2.pollscope"))
    }

    // MARK: Words

    @Test(
        "What is not understood is a usage error",
        arguments: [
            ["--no-such-option"], ["no-such-command"], ["report"], ["verify"], ["record"],
            ["report", "--format", "xml", "x"],
            ["report", "--width", "10", "x"], ["report", "--width", "wide", "x"], ["record", "--pid", "1", "name"],
            ["record", "--pid", "0"],
            ["record", "--pid", "-5"], ["record", "--pid", "many"], ["record", "--duration", "soon", "x"],
            ["record", "--duration", "-1s", "x"], ["record", "--duration", "0s", "x"],
            ["record", "--duration", "5", "x"],
            ["record", "--duration", "infs", "x"], ["record", "--duration", "nans", "x"],
            ["record", "--duration", "", "x"],
            ["ps", "extra"], ["report", "a", "b"],
        ])
    func usage(arguments: [String]) throws {
        let place = try Workplace()
        let ending = try place.run([BuiltPrograms.path(of: "pollscope")] + arguments)
        expect(ending, status: 64, says: "Error:")
    }

    @Test("A time that cannot be waited for is no crash")
    func endlessDuration() throws {
        let place = try Workplace()
        let recording = place.folder.file("recording")
        let ending = try place.pollscope(
            "record", "--duration", "1e300h", "-o", recording, "--", GroundTruth.path, "march", "10")
        #expect([0, 64].contains(ending.status), "\(ending)")
    }

    @Test("Every command explains itself", arguments: ["", "record", "report", "ps", "verify", "doctor"])
    func help(command: String) throws {
        let place = try Workplace()
        let words = [BuiltPrograms.path(of: "pollscope"), command, "--help"].filter { !$0.isEmpty }
        let ending = try place.run(words)
        #expect(ending.status == 0)
        #expect(ending.output.contains("USAGE: pollscope"))
        #expect(ending.errors == "")
    }

    @Test("Without arguments, it says what it can do")
    func noArguments() throws {
        let place = try Workplace()
        let ending = try place.run([BuiltPrograms.path(of: "pollscope")])
        #expect([0, 64].contains(ending.status))
        #expect((ending.output + ending.errors).contains("pollscope ps"))
    }

    @Test("Nothing to list is no failure")
    func nothingToList() throws {
        let place = try Workplace()
        let ending = try place.pollscope("ps")
        #expect(ending.status == 0)
        #expect(ending.output.contains("No sessions in \(place.sessions)"))
        #expect(try place.pollscope("doctor").status == 0)
    }

    // MARK: Terminals

    @Test("A reader that goes away ends the command quietly", arguments: ["report", "verify"])
    func readerGoesAway(command: String) throws {
        let place = try Workplace()
        let recording = try record(in: place)
        let pollscope = BuiltPrograms.path(of: "pollscope")
        let ending = try place.run([
            "bash", "-c", "\"$0\" \"$@\" | head -1; exit ${PIPESTATUS[0]}", pollscope, command, recording,
        ])
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.errors == "")
        #expect(ending.output.split(separator: "\n").count == 1)
        // The reader may have been quick to leave, or slow: here it is gone before anything is written.
        let gone = try place.run([
            "bash", "-c", "\"$0\" \"$@\" | true; exit ${PIPESTATUS[0]}", pollscope, command, recording,
        ])
        #expect(gone.status == 0, "\(gone)")
        #expect(gone.errors == "")
    }

    @Test("A result that cannot be written is an error", arguments: ["report", "verify", "ps", "doctor"])
    func fullOutput(command: String) throws {
        let place = try Workplace()
        let recording = try record(in: place)
        let arguments = ["report", "verify"].contains(command) ? [command, recording] : [command]
        let ending = try place.run([BuiltPrograms.path(of: "pollscope")] + arguments, output: "/dev/full")
        #expect(ending.status == 70, "\(ending)")
        #expect(ending.errors.contains("cannot be written"))
    }

    @Test("A text report fits its width, and has no escape codes when piped", .timeLimit(.minutes(1)))
    func widths() throws {
        let place = try Workplace()
        let recording = try record(in: place)
        func check(_ text: String, _ width: Int) {
            #expect(!text.contains("\u{1B}"))
            let tooLong = text.split(separator: "\n").filter { $0.count > width }
            #expect(tooLong.isEmpty, "\(width) columns")
        }
        for width in [60, 61, 72, 79, 80, 81, 100, 120, 132, 160, 200] {
            let byOption = try place.pollscope("report", "--width", "\(width)", recording)
            #expect(byOption.status == 0)
            check(byOption.output, width)
            let byEnvironment = try place.pollscope("report", recording, with: ["COLUMNS": "\(width)"])
            #expect(byEnvironment.output == byOption.output)
        }
        check(try place.pollscope("report", recording).output, 80)
        for nonsense in ["", "0", "-1", "20", "59", "wide", "99999999999999999999"] {
            let ending = try place.pollscope("report", recording, with: ["COLUMNS": nonsense])
            #expect(ending.status == 0, "COLUMNS=\(nonsense): \(ending)")
        }
    }
}
