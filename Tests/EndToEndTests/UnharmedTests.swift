// The service comes first: whatever is in the way of observing it, it does what it does unobserved.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The service is unharmed", .serialized)
struct UnharmedTests {
    /// What the program does when nobody observes it.
    private func unobserved(_ words: [String], in place: Workplace) throws -> ChildProcess.Ending {
        let ending = try place.run(words, with: ["POLLSCOPE": "off"])
        #expect(place.sessionFiles == [], "off leaves nothing")
        #expect(ending.errors == "")
        return ending
    }

    private func expectUnharmed(
        _ words: [String] = [GroundTruth.path, "yields", "2", "10"], in place: Workplace, with more: [String: String],
        says: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let expected = try unobserved(words, in: place)
        let ending = try place.run(words, with: more)
        #expect(ending.status == expected.status, "\(ending)", sourceLocation: sourceLocation)
        #expect(ending.output == expected.output, "\(ending)", sourceLocation: sourceLocation)
        #expect(ending.errors.contains(says), "\(ending)", sourceLocation: sourceLocation)
        let failing = try place.run([GroundTruth.path, "exit", "7"], with: more)
        #expect(failing.status == 7, sourceLocation: sourceLocation)
    }

    @Test("POLLSCOPE=off leaves no trace", arguments: ["off", "0", "no", "false", "OFF"])
    func off(word: String) throws {
        let place = try Workplace()
        let ending = try place.run([GroundTruth.path, "yields", "2", "10"], with: ["POLLSCOPE": word])
        #expect(ending.status == 0)
        #expect(place.sessionFiles == [])
    }

    @Test("A clean exit leaves nothing behind, unless it is told to")
    func cleanExit() throws {
        let place = try Workplace()
        #expect(try place.run([GroundTruth.path, "yields", "2", "10"]).status == 0)
        #expect(place.sessionFiles == [])
        // On one processor the program ends after its last poll has, and not in the midst of it.
        let service = try place.start(
            ["taskset", "-c", Processors.first, GroundTruth.path, "march", "10"], with: ["POLLSCOPE_KEEP": "1"])
        #expect(try service.waitForEnd().status == 0)
        #expect(try place.state(of: service.processID) == "dead")
        try place.expectLawful("\(service.processID)")
        #expect(try place.report(of: "\(service.processID)").polls == 21)
    }

    @Test("A folder that others can enter is not used", arguments: [0o755, 0o750, 0o770, 0o777] as [mode_t])
    func openFolder(mode: mode_t) throws {
        let place = try Workplace()
        let folder = try place.folder.makeFolder("open", mode: mode)
        try expectUnharmed(in: place, with: ["POLLSCOPE_DIR": folder], says: "can be entered by other users")
        #expect(place.folder.entries(of: "open") == [])
        let doctor = try place.pollscope("doctor", with: ["POLLSCOPE_DIR": folder])
        #expect(doctor.status == 0)
        #expect(doctor.output.contains("chmod 700 \(folder)"), "\(doctor)")
    }

    @Test("A file in the folder's place is not used")
    func fileForFolder() throws {
        let place = try Workplace()
        let path = try place.folder.write("mine".utf8, to: "file")
        try expectUnharmed(in: place, with: ["POLLSCOPE_DIR": path], says: "is no folder")
        #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
        #expect(try place.pollscope("doctor", with: ["POLLSCOPE_DIR": path]).output.contains("is not a folder"))
    }

    @Test("A link in the folder's place is not followed")
    func linkForFolder() throws {
        let place = try Workplace()
        let target = try place.folder.makeFolder("target")
        let link = place.folder.file("link")
        #expect(symlink(target, link) == 0)
        try expectUnharmed(in: place, with: ["POLLSCOPE_DIR": link], says: "is no folder")
        #expect(place.folder.entries(of: "target") == [])
        #expect(try place.pollscope("doctor", with: ["POLLSCOPE_DIR": link]).output.contains("is not a folder"))
    }

    @Test("A folder that cannot be made is no reason to stop")
    func noParent() throws {
        let place = try Workplace()
        try expectUnharmed(
            in: place, with: ["POLLSCOPE_DIR": place.folder.file("none/such")], says: "cannot be made")
    }

    @Test("Somebody else's folder is not used")
    func foreignFolder() throws {
        guard geteuid() == 0 else { return skip("a folder of another user needs root") }
        let place = try Workplace()
        let folder = try place.folder.makeFolder("foreign")
        #expect(chown(folder, 65534, 65534) == 0)
        try expectUnharmed(in: place, with: ["POLLSCOPE_DIR": folder], says: "belongs to another user")
        #expect(place.folder.entries(of: "foreign") == [])
    }

    @Test("A process that may not write large files is not killed for it, and ps says why it is not observed")
    func fileSizeLimit() throws {
        let place = try Workplace()
        let limited = ["bash", "-c", "ulimit -f 100; exec \"$0\" \"$@\"", GroundTruth.path]
        try expectUnharmed(limited + ["yields", "2", "10"], in: place, with: [:], says: "may not make files as large")
        let service = try place.start(limited + ["forever"])
        try service.waitForOutput("running")
        let entry = try #require(try place.ps().first { $0.pid == service.processID })
        #expect(entry.state == "refused")
        #expect(entry.reason?.contains("no room") ?? false)
        for command in ["report", "doctor", "verify"] {
            let ending = try place.pollscope(command, "\(service.processID)")
            #expect(ending.status == 66, "\(command): \(ending)")
            #expect(ending.errors.contains("could not be observed"), "\(ending)")
        }
        service.send(SIGKILL)
        _ = try service.waitForEnd()
        #expect(try place.pollscope("ps", "--clean").status == 0)
        #expect(place.sessionFiles == [], "the note of a process that is gone is cleaned away")
    }

    @Test("A file system without room for the session leaves the service alone")
    func noRoom() throws {
        guard let room = SmallFileSystem(kilobytes: 1024) else { return skip("mounting a tmpfs is not permitted") }
        let place = try Workplace()
        try expectUnharmed(in: place, with: ["POLLSCOPE_DIR": room.path], says: "No room")
        let service = try place.start([GroundTruth.path, "forever"], with: ["POLLSCOPE_DIR": room.path])
        try service.waitForOutput("running")
        let ps = try place.pollscope("ps", with: ["POLLSCOPE_DIR": room.path])
        #expect(ps.output.contains("refused"), "\(ps)")
        #expect(ps.output.contains("no room"), "\(ps)")
        #expect(try place.pollscope("doctor", with: ["POLLSCOPE_DIR": room.path]).output.contains("only"))
    }

    @Test("A file system with room for the session and none for rings: all polls are counted as unrecorded")
    func noRoomForRings() throws {
        // The fixed parts take 1,208 pages, a ring of the size for small file systems 64.
        guard let room = SmallFileSystem(kilobytes: 4872) else { return skip("mounting a tmpfs is not permitted") }
        let place = try Workplace()
        place.environment["POLLSCOPE_DIR"] = room.path
        let expected = try place.run([GroundTruth.path, "march", "50"], with: ["POLLSCOPE": "off"])
        let recording = place.folder.file("recording")
        let ending = try place.pollscope("record", "-o", recording, "--", GroundTruth.path, "march", "50")
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output == expected.output)
        try place.expectLawful(recording)
        let report = try place.report(of: recording)
        #expect(report.polls == 0)
        // And the poll in which the process ends, if the recorder looks once more.
        #expect((101...102).contains(report.losses.pollsUnrecorded))
        #expect(report.problems.contains { $0.kind == "unrecordedPolls" })

        let service = try place.start([GroundTruth.path, "forever"])
        try service.waitForOutput("running")
        try ChildProcess.wait(for: "doctor to count unrecorded polls") {
            try place.pollscope("doctor", "\(service.processID)").output.contains("threads without a ring")
        }
        #expect(try place.pollscope("doctor", "\(service.processID)").output.contains("No space left"))
    }

    @Test(
        "A setting that makes no sense is named by doctor, and the default is used",
        arguments: ["abc", "-1", "63", "0x40", "64k", "99999999999999999999", "64 "])
    func badRing(value: String) throws {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "forever"], with: ["POLLSCOPE_RING": value])
        try service.waitForOutput("running")
        let doctor = try place.pollscope("doctor", "\(service.processID)")
        #expect(doctor.status == 0)
        #expect(doctor.output.contains("POLLSCOPE_RING=\(value) is not a whole number from 64"), "\(doctor)")
        try place.expectLawful("\(service.processID)")
    }

    @Test("A command finds its signals as it would without the recorder")
    func signals() throws {
        let place = try Workplace()
        let command = ["bash", "-c", "grep -E '^Sig(Blk|Ign)' /proc/self/status; exec \"$0\" exit 0", GroundTruth.path]
        let alone = try place.run(command)
        let recorded = try place.run(
            [BuiltPrograms.path(of: "pollscope"), "record", "-o", place.folder.file("recording"), "--"] + command)
        #expect(alone.output.contains("SigIgn"))
        #expect(recorded.output == alone.output)
    }

    @Test("A process that becomes another program is not observed any more")
    func becomesAnother() throws {
        let place = try Workplace()
        let service = try place.start([GroundTruth.path, "become"])
        try ChildProcess.wait(for: "the process to be another program") {
            // A session that is just being made is stale, too, for another reason.
            try place.ps().contains {
                $0.pid == service.processID && $0.state == "stale" && $0.reason?.contains("another program") == true
            }
        }
        let ending = try place.pollscope("record", "--pid", "\(service.processID)", "-o", place.folder.file("out"))
        #expect(ending.status == 66, "\(ending)")
        #expect(ending.errors.contains("another program"), "\(ending)")
    }
}

/// A file system in memory that has little room; gone when it is released.
final class SmallFileSystem {
    let path: String
    private let folder: TestFolder

    /// Nil where mounting is not permitted.
    init?(kilobytes: Int) {
        guard geteuid() == 0, let folder = try? TestFolder(), let path = try? folder.makeFolder("small"),
            mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k,mode=0700") == 0
        else { return nil }
        self.folder = folder
        self.path = path
    }

    // Lazily: a process that is just being killed may still have a file there.
    deinit { umount2(path, Int32(MNT_DETACH)) }
}
