// Commands of `record -- COMMAND` that cannot be observed, or not be run: a sentence that says what to do instead, and
// the command's own exit status wherever it ran.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Commands that cannot be observed", .serialized)
struct PreloadInputTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func record(_ words: [String], options: [String] = [], with more: [String: String] = [:]) throws
        -> ChildProcess.Ending
    {
        try place.run(
            [BuiltPrograms.path(of: "pollscope"), "record", "-o", place.folder.file("out")] + options + ["--"] + words,
            with: more)
    }

    /// What was said, in one sentence on stderr at least; and that no empty recording was left.
    private func expect(
        _ ending: ChildProcess.Ending, status: Int32, says: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(ending.status == status, "\(ending)", sourceLocation: sourceLocation)
        for words in says {
            #expect(ending.errors.contains(words), "\(words)? \(ending)", sourceLocation: sourceLocation)
        }
        #expect(!ending.errors.contains("Fatal error"), sourceLocation: sourceLocation)
        #expect(
            !FileManager.default.fileExists(atPath: place.folder.file("out")), "no recording",
            sourceLocation: sourceLocation)
    }

    private func file(_ name: String, _ text: String, mode: String = "755") throws -> String {
        try place.install(text.utf8, as: name, mode: mode)
    }

    /// The program, with some of its bytes changed.
    private func changed(_ name: String, _ change: (inout [UInt8]) -> Void) throws -> String {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: PlainProgram.path)))
        change(&bytes)
        return try place.install(bytes, as: name)
    }

    // MARK: Commands that cannot be run

    @Test("A command that is not there")
    func notThere() throws {
        expect(try record(["no-such-command"]), status: 66, says: "no command no-such-command", "PATH")
        let path = place.folder.file("none")
        expect(try record([path]), status: 66, says: "There is no command \(path)")
        expect(try record([""]), status: 66, says: "There is no command")
        _ = try file("here", "#!/bin/sh\n")
        expect(try record(["here"]), status: 66, says: "The one in this folder is ./here")
        let link = place.folder.file("link")
        #expect(symlink("nowhere", link) == 0)
        expect(try record([link]), status: 66, says: "a link to something that is not there")
        expect(try record([PlainProgram.path + "/x"]), status: 66, says: "cannot be run", "Not a directory")
    }

    @Test("A command that is not executable, a folder, or no file")
    func notExecutable() throws {
        let plain = try file("plain", "text\n", mode: "644")
        expect(try record([plain]), status: 66, says: "not executable", "chmod +x")
        expect(try record(["plain"], with: ["PATH": place.folder.path]), status: 66, says: "not executable")
        expect(try record([place.folder.path]), status: 66, says: "it is a folder", "the program in it")
        let pipe = place.folder.file("pipe")
        #expect(mkfifo(pipe, 0o755) == 0)
        expect(try record([pipe]), status: 66, says: "it is not a file")
    }

    @Test("A text without #!, and an empty file")
    func noProgram() throws {
        for text in ["echo hello\n", ""] {
            let path = try file("text", text)
            expect(try record([path]), status: 66, says: "it is no program", "#!", "record -- sh \(path)")
        }
    }

    @Test("A script whose interpreter cannot be run")
    func interpreters() throws {
        let missing = try file("missing.sh", "#!/no/such/shell -e\n")
        expect(try record([missing]), status: 66, says: "is a script", "/no/such/shell", "Correct that line")
        let windows = try file("windows.sh", "#!/bin/sh\r\necho\r\n")
        expect(try record([windows]), status: 66, says: "carriage return")
        let folder = try file("folder.sh", "#! \(place.folder.path)\n")
        expect(try record([folder]), status: 66, says: "cannot be run: \(place.folder.path)")
        let nested = try file("nested.sh", "#!\(missing)\n")
        expect(try record([nested]), status: 66, says: "\(missing) is a script")
        let circle = place.folder.file("circle.sh")
        _ = try file("circle.sh", "#!\(circle)\n")
        expect(try record([circle]), status: 66, says: "cannot be run")
    }

    @Test("A program of another kind, also as a script's interpreter")
    func otherMachines() throws {
        let arm = try changed("arm") { $0[18] = 183 }
        expect(try record([arm]), status: 66, says: "another kind of processor")
        let narrow = try changed("narrow") { $0[4] = 1 }
        expect(try record([narrow]), status: 66, says: "32-bit")
        expect(try record([try file("arm.sh", "#!\(arm)\n")]), status: 66, says: "\(arm) is a program for another kind")
        let linker = Array("/lib64/ld-linux-x86-64.so.2".utf8)
        let musl = try changed("musl") { bytes in
            guard let start = bytes.firstRange(of: linker)?.lowerBound else { return }
            bytes.replaceSubrange(start..<start + 10, with: Array("/none/none".utf8))
        }
        expect(try record([musl]), status: 66, says: "dynamic linker /none/none", "another system")
    }

    @Test("Damaged programs are no crash", arguments: [4, 20, 63, 64, 100, 700, 5000])
    func damaged(length: Int) throws {
        let cut = try changed("cut") { $0 = Array($0.prefix(length)) }
        let ending = try record([cut])
        #expect(ending.status != 0 && ending.status != 70 && !ending.errors.isEmpty, "\(ending)")
        let full = try changed("full") { bytes in
            for index in 16..<max(24, min(length, 64)) { bytes[index] = 0xFF }
        }
        #expect(!(try record([full])).errors.contains("Fatal error"))
    }

    // MARK: Programs that nothing can be preloaded into

    @Test("A fully static Swift program: said before it runs, with what to do")
    func fullyStatic() throws {
        let program = try changed("static") { bytes in
            // Program headers without the one that names the dynamic linker.
            let start = Int(bytes[32]) | Int(bytes[33]) << 8
            for index in 0..<Int(bytes[56]) where bytes[start + 56 * index] == UInt8(PT_INTERP) {
                bytes[start + 56 * index] = 0
            }
        }
        expect(
            try record([program]), status: 66, says: "fully static", "-static-executable", "Pollscope.start()",
            "POLLSCOPE_WITHOUT_CALLS")
    }

    @Test("A program with the Swift runtime linked statically: said before it runs, with what to do")
    func staticRuntime() throws {
        guard let linked = StaticBuildTests.program else { return }
        let program = String(linked.dropLast("GroundTruth".count)) + "GroundTruthPlain"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            return skip("no static GroundTruthPlain: run tools/test")
        }
        expect(
            try record([program, "exit", "3"]), status: 66, says: "--static-swift-stdlib", "Pollscope.start()")
        let anyway = try record([program, "exit", "3"], options: ["--no-preload"])
        expect(anyway, status: 3, says: "was not observed")
    }

    @Test("A program with another user's or group's rights: said before it runs, with what to do")
    func otherRights() throws {
        guard geteuid() == 0 else { return skip("another user's program needs root") }
        var room = statvfs()
        let folder = "/tmp"
        guard statvfs(folder, &room) == 0, room.f_flag & UInt(ST_NOSUID) == 0 else {
            return skip("\(folder) is mounted nosuid")
        }
        let program = try place.install(copyOf: PlainProgram.path, as: "\(folder)/pollscope-test-\(getpid())")
        defer { try? FileManager.default.removeItem(atPath: program) }
        #expect(chown(program, 65534, 65534) == 0 && chmod(program, 0o4755) == 0)
        expect(
            try record([program, "group", "5"]), status: 66, says: "set-user-ID nobody", "Run pollscope as that user",
            "Pollscope.start()")
        let script = try file("set-id.sh", "#!\(program)\n")
        expect(try record([script]), status: 66, says: "\(program) runs with another user's rights")
        #expect(chmod(program, 0o2755) == 0)
        expect(try record([program, "group", "5"]), status: 66, says: "set-group-ID 65534")
        #expect(chown(program, 0, 0) == 0 && chmod(program, 0o6755) == 0)
        #expect(try record([program, "group", "5"]).status == 0, "our own rights are no obstacle")
    }

    @Test("A program with capabilities of its own: said before it runs, with what to do")
    func capabilities() throws {
        guard geteuid() == 0 else { return skip("giving capabilities needs root") }
        let program = try place.install(copyOf: PlainProgram.path, as: "/tmp/pollscope-test-capable-\(getpid())")
        defer { try? FileManager.default.removeItem(atPath: program) }
        // CAP_NET_BIND_SERVICE, as setcap writes it.
        let give = """
            import os, struct; os.setxattr('\(program)', 'security.capability', \
            struct.pack('<5I', 0x02000001, 1 << 10, 0, 0, 0))
            """
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let pollscope = BuiltPrograms.path(of: "pollscope")
        guard try place.run(["python3", "-c", give]).status == 0, try place.run(nobody + [pollscope, "-h"]).status == 0
        else { return skip("capabilities cannot be given here, or another user may not run \(pollscope)") }
        let ending = try place.run(
            nobody + [pollscope, "record", "--", program, "group", "5"], with: ["POLLSCOPE_DIR": "/dev/shm/none"])
        expect(ending, status: 66, says: "capabilities of its own", "as root", "Pollscope.start()")
    }

    // MARK: Commands that ran and were not observed

    @Test(
        "A command that is no Swift program runs, and its status is passed on with the reason",
        arguments: [("true", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill -15 $$", 143)])
    func noSwift(line: String, status: Int32) throws {
        let ending = try record(["sh", "-c", line])
        expect(
            ending, status: status, says: "sh ended (\(status > 128 ? "signal \(status - 128)" : "status \(status)"))",
            "was not observed", "no Swift program", "Pollscope.start()")
        expect(try record([try file("run.sh", "#!/bin/sh\n\(line)\n")]), status: status, says: "was not observed")
    }

    @Test("A fully static program that is not Swift runs, and its status is passed on with the reason")
    func staticTool() throws {
        let ending = try record(["/sbin/ldconfig", "--version"])
        expect(ending, status: 0, says: "fully static", "was not observed")
        #expect(ending.output.contains("ldconfig"), "its output is its own")
    }

    @Test("Without preloading, what links Pollscope is observed, and the rest is told how")
    func withoutPreloading() throws {
        expect(
            try record([PlainProgram.path, "exit", "3"], options: ["--no-preload"]), status: 3,
            says: "was not observed", "leave out --no-preload")
        let linked = try record([GroundTruth.path, "group", "5"], options: ["--no-preload"])
        #expect(linked.status == 0, "\(linked)")
        #expect(FileManager.default.fileExists(atPath: place.folder.file("out")))
        #expect(try place.pollscope("record", "--no-preload", "--pid", "1").status == 64)
    }

    @Test("Where Pollscope is off, that is the reason")
    func off() throws {
        for program in [GroundTruth.path, PlainProgram.path] {
            expect(
                try record([program, "exit", "2"], with: ["POLLSCOPE": "off"]), status: 2, says: "POLLSCOPE=off",
                "unset it")
        }
    }

    @Test("A service that cannot make its session runs, and the reason is told")
    func refused() throws {
        let ending = try place.run(
            ["sh", "-c", "ulimit -f 64; exec \"$0\" \"$@\"", BuiltPrograms.path(of: "pollscope"), "record", "--"]
                + [PlainProgram.path, "exit", "4"])
        expect(ending, status: 4, says: "could not be observed", "no room for the session file")
    }

    @Test("Ctrl-C ends a command of which nothing is seen, too", .timeLimit(.minutes(1)))
    func interrupted() throws {
        let running = try place.startPollscope("record", "--", "sh", "-c", "echo running; exec sleep 60")
        try running.waitForOutput("running")
        running.send(SIGINT)
        expect(try running.waitForEnd(within: .seconds(20)), status: 143, says: "signal 15", "was not observed")
    }

    @Test("What is ignored when it starts, the command ignores, too")
    func ignored() throws {
        let pollscope = BuiltPrograms.path(of: "pollscope")
        let ending = try place.run([
            "nohup", pollscope, "record", "--", "sh", "-c", "kill -HUP $$; kill -INT $$; echo survived",
        ])
        expect(ending, status: 130, says: "signal 2")
        #expect(!ending.output.contains("survived"), "\(ending)")
    }

    @Test("Its exit status is passed on", arguments: [0, 1, 3, 64, 66])
    func exitStatus(status: Int32) throws {
        let ending = try record([PlainProgram.path, "exit", "\(status)"])
        #expect(ending.status == status, "\(ending)")
        try place.expectLawful(place.folder.file("out"))
    }

    @Test("A signal that ended it is passed on as 128 and its number", arguments: [SIGKILL, SIGTERM])
    func killed(signal: Int32) throws {
        let ending = try record([PlainProgram.path, "kill", "\(signal)"])
        #expect(ending.status == 128 + signal, "\(ending)")
        try place.expectLawful(place.folder.file("out"))
    }

    // MARK: The library

    @Test("POLLSCOPE_PRELOAD that names no library")
    func wrongLibrary() throws {
        let program = [PlainProgram.path, "exit", "0"]
        let text = try file("text", "no library\n")
        expect(try record(program, with: ["POLLSCOPE_PRELOAD": "/none.so"]), status: 66, says: "There is no /none.so")
        for path in [text, "/bin/true", GroundTruth.path] {
            expect(
                try record(program, with: ["POLLSCOPE_PRELOAD": path]), status: 66, says: path,
                "is not libPollscopePreload.so")
        }
        expect(try record(program, with: ["POLLSCOPE_PRELOAD": place.folder.path]), status: 66, says: "cannot be read")
        let odd = try place.install(
            copyOf: PlainProgram.library, as: place.folder.makeFolder("an odd place") + "/lib.so")
        expect(try record(program, with: ["POLLSCOPE_PRELOAD": odd]), status: 66, says: "blank or colon")
    }

    @Test("POLLSCOPE_PRELOAD that names the library, from here too")
    func givenLibrary() throws {
        _ = try place.install(copyOf: PlainProgram.library, as: "my.so")
        let ending = try record([PlainProgram.path, "group", "5"], with: ["POLLSCOPE_PRELOAD": "./my.so"])
        #expect(ending.status == 0, "\(ending)")
        try place.expectLawful(place.folder.file("out"))
    }

    @Test("A command without its library says how to get it")
    func missingLibrary() throws {
        let folder = try place.folder.makeFolder("bin")
        let pollscope = try place.install(copyOf: BuiltPrograms.path(of: "pollscope"), as: "\(folder)/pollscope")
        let build = "swift build -c release --product PollscopePreload"
        let record = [pollscope, "record", "-o", place.folder.file("out"), "--"]
        expect(try place.run(record + [PlainProgram.path, "exit", "0"]), status: 66, says: "does not link", build)
        expect(try place.run(record + ["sh", "-c", "exit 2"]), status: 2, says: "Only a service that links", build)
        let doctor = try place.run([pollscope, "doctor"])
        #expect(doctor.output.contains("no    Preloading") && doctor.output.contains(build), "\(doctor)")
        #expect(try place.run(record + [GroundTruth.path, "group", "5"]).status == 0)
        // In the folder beside its own, as it is installed.
        _ = try place.install(
            copyOf: PlainProgram.library, as: place.folder.makeFolder("lib") + "/libPollscopePreload.so")
        #expect(try place.run([pollscope, "doctor"]).output.contains("ok    Preloading"))
        let replaced = [
            pollscope, "record", "-f", "-o", place.folder.file("out"), "--", PlainProgram.path, "group", "5",
        ]
        #expect(try place.run(replaced).status == 0)
    }
}
