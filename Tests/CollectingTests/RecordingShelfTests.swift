// The folder of recordings: its budget, a full disk, and what others may do there.

import Foundation
import Glibc
import TestSupport
import Testing

@testable import Collecting

@Suite("The shelf of recordings", .serialized)
struct RecordingShelfTests {
    private func save(_ count: Int, _ number: Int, on shelf: RecordingShelf) -> RecordingShelf.Outcome {
        let name = RecordingShelf.name(
            service: "quotes", processID: 7, stamp: "2026-\(100 + number)", trigger: .episode)
        return shelf.save([UInt8](repeating: 1, count: count), as: name)
    }

    @Test("the oldest make room, and what others have put there stays")
    func budget() throws {
        let folder = try TestFolder()
        let shelf = RecordingShelf(folder: folder.file("shelf"), bytesMax: 1_000)
        #expect(shelf.problem() == nil)
        let other = "\(shelf.folder)/mine.pollscope"
        try Data(count: 5_000).write(to: URL(filePath: other))
        for number in 0..<10 {
            guard case .saved(let path) = save(300, number, on: shelf) else {
                Issue.record("not saved")
                return
            }
            // Names are of one second here, and so may their times be: make them differ.
            var times = [timeval(tv_sec: 1_000 + number, tv_usec: 0), timeval(tv_sec: 1_000 + number, tv_usec: 0)]
            #expect(utimes(path, &times) == 0)
        }
        #expect(shelf.kept().count == 3)
        #expect(shelf.bytes == 900)
        #expect(shelf.kept().map { $0.path.contains("2026-107") } == [true, false, false])
        #expect(FileManager.default.fileExists(atPath: other))
        guard case .skipped(.disk, let sentence) = save(1_001, 11, on: shelf) else {
            Issue.record("more than the budget was saved")
            return
        }
        #expect(sentence.contains("1000 bytes"))
        #expect(shelf.kept().count == 3)
    }

    @Test("a folder that others can write, or that is none, is refused in a sentence")
    func openFolder() throws {
        let folder = try TestFolder()
        let open = try folder.makeFolder("open", mode: 0o777)
        #expect(RecordingShelf(folder: open, bytesMax: 1).problem()?.contains("chmod go-w \(open)") ?? false)
        let file = folder.file("file")
        try Data().write(to: URL(filePath: file))
        #expect(RecordingShelf(folder: file, bytesMax: 1).problem()?.contains("is no folder") ?? false)
        let nowhere = RecordingShelf(folder: "/proc/nowhere/shelf", bytesMax: 100)
        #expect(nowhere.problem()?.contains("cannot be made") ?? false)
        guard case .skipped(.error, _) = save(10, 1, on: nowhere) else {
            Issue.record("saved nowhere")
            return
        }
    }

    @Test("a full disk costs the oldest recordings, and a recording at last, and leaves nothing half written")
    func fullDisk() throws {
        let folder = try TestFolder()
        let disk = try folder.makeFolder("disk")
        guard mount("tmpfs", disk, "tmpfs", 0, "size=64k") == 0 else {
            print("SKIPPED: a small file system cannot be mounted here (\(String(cString: strerror(errno))))")
            return
        }
        defer { umount2(disk, 0) }
        let shelf = RecordingShelf(folder: disk, bytesMax: 1 << 20)
        for number in 0..<3 {
            guard case .saved = save(16_384, number, on: shelf) else {
                Issue.record("no room for \(number)")
                return
            }
        }
        guard case .saved = save(40_000, 3, on: shelf) else {
            Issue.record("no room was made")
            return
        }
        guard case .skipped(.disk, let sentence) = save(100_000, 4, on: shelf) else {
            Issue.record("more than the disk was saved")
            return
        }
        #expect(sentence.contains("no space"), "\(sentence)")
        #expect(folder.entries(of: "disk").allSatisfy { $0.hasSuffix(".pollscope") })
    }

    @Test("names are plain, whatever a service is called, and tell of a crash")
    func names() throws {
        let folder = try TestFolder()
        let shelf = RecordingShelf(folder: folder.path, bytesMax: 1 << 20)
        let name = RecordingShelf.name(
            service: "../a b-c\n\"é", processID: 12, stamp: "20261129T000000Z", trigger: .crash)
        #expect(name == "saved-.._a_b_c___-12-20261129T000000Z-crash.pollscope")
        #expect(!shelf.hasCrash(ofProcess: 12, service: "../a b-c\n\"é"))
        _ = shelf.save([1], as: name)
        #expect(shelf.hasCrash(ofProcess: 12, service: "../a b-c\n\"é"))
        #expect(!shelf.hasCrash(ofProcess: 1, service: "../a b-c\n\"é"))
    }
}
