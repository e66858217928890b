// Files that are no recordings, places where none can be written, and the words for it.

import Glibc
import Recording
import Sessions
import Testing

/// A directory of the test's own, gone with it.
final class ScratchDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/pollscope-recording-XXXXXX".utf8CString)
        // Safe: mkdtemp changes the six letters in place.
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) != nil }
        try #require(made)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                // Safe: d_name is NUL-terminated.
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(directory)
        rmdir(path)
    }

    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        let handle = try #require(fopen(file, "w"))
        try #require(fwrite(bytes, 1, bytes.count, handle) == bytes.count)
        try #require(fclose(handle) == 0)
        return file
    }
}

struct RecordingFileTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func failure(opening path: String) -> RecordingError? {
        do throws(RecordingError) {
            _ = try RecordingReader(path: path)
            return nil
        } catch {
            return error
        }
    }

    @Test func aRecordingInAFileIsTheOneInMemory() throws {
        let bytes = try Sample.small()
        let path = try scratch.file("a", bytes)
        let fromFile = try RecordingReader(path: path)
        #expect(fromFile.damage == nil)
        #expect(fromFile.byteCount == UInt64(bytes.count))
        #expect(
            Sample.decode(fromFile).events == Sample.decode(try RecordingReader(bytes: bytes)).events)
    }

    @Test func filesThatAreNoRecordingsAreRefusedByName() throws {
        let cases: [(String, [UInt8], RecordingError.Code)] = [
            ("empty", [], .empty),
            ("foreign", Array("#!/bin/sh\necho hello\n".utf8), .foreign),
            ("short", [0x7F], .foreign),
            ("beginning", Array("PLSC".utf8), .damaged),
            ("newer", Array("PLSCREC\n".utf8) + [4, 0, 0, 0, 16, 0, 0, 0], .newer),
            ("nothing else", Array("PLSCREC\n".utf8) + [1, 0, 0, 0, 16, 0, 0, 0], .damaged),
        ]
        for (name, bytes, code) in cases {
            let path = try scratch.file(name, bytes)
            let error = try #require(failure(opening: path), "\(name)")
            #expect(error.code == code, "\(name): \(error)")
            #expect(error.description.contains(path))
            #expect(!error.remedy.isEmpty)
        }
    }

    @Test func aLaterMinorFormatIsRead() throws {
        var bytes = try Sample.small()
        bytes[10] = 7
        #expect(try RecordingReader(bytes: bytes).damage == nil)
    }

    @Test func whatIsNoFileIsRefused() throws {
        #expect(failure(opening: "\(scratch.path)/missing")?.code == .notFound)
        #expect(failure(opening: scratch.path)?.code == .notReadable)
        #expect(failure(opening: scratch.path)?.description.contains("is a directory") == true)
        #expect(failure(opening: "/dev/null")?.code == .notReadable)
        let pipe = "\(scratch.path)/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        #expect(failure(opening: pipe)?.code == .notReadable)
    }

    @Test(.enabled(if: getuid() != 0, "the superuser may read everything"))
    func aFileOfSomebodyElseIsRefused() throws {
        let path = try scratch.file("secret", [1])
        chmod(path, 0)
        #expect(failure(opening: path)?.code == .notReadable)
        #expect(failure(opening: path)?.cause == "Permission denied")
    }

    @Test func aFileThatIsThereIsNotOverwrittenUnlessToldTo() throws {
        let path = try scratch.file("precious", [1, 2, 3])
        let error = #expect(throws: RecordingError.self) { try FileSink(path: path) }
        #expect(error?.code == .exists)
        #expect(error?.description == "\(path) is there already. Choose another name with -o, or remove it.")
        _ = try FileSink(path: path, whenPresent: .replace)
    }

    @Test func aMissingDirectoryIsNamed() throws {
        let error = #expect(throws: RecordingError.self) {
            try FileSink(path: "\(scratch.path)/missing/file")
        }
        #expect(error?.code == .notFound)
    }

    @Test func aFullDiskIsSaidOnceAndForAll() throws {
        let error = #expect(throws: RecordingError.self) {
            try RecordingWriter(
                sink: try FileSink(path: "/dev/full", whenPresent: .replace), info: Sample.info,
                calibration: Sample.calibration, modules: [])
        }
        #expect(error?.code == .full)
        #expect(error?.cause == "No space left on device")
    }

    @Test func whatWasWrittenBeforeTheDiskWasFullCanBeRead() throws {
        let sink = FillingSink(capacity: 20_000)
        let writer = try RecordingWriter(
            sink: sink, info: Sample.info, calibration: Sample.calibration, modules: Sample.modules)
        var polls = RealisticPolls(seed: 9)
        var failures = 0
        for round in 0..<100 {
            do throws(RecordingError) {
                try writer.write(polls.batch(thread: round % 4, count: 100))
                try writer.flush()
            } catch {
                #expect(error.code == .full)
                failures += 1
            }
        }
        #expect(failures > 10, "every call fails after the first that did")
        #expect(throws: RecordingError.self) { try writer.finish() }
        #expect(sink.bytes.count == 20_000, "nothing is written after a chunk that was cut")
        let reader = try RecordingReader(bytes: sink.bytes)
        #expect(reader.damage?.cutAtByte == 20_000)
        let decoded = Sample.decode(reader)
        #expect(decoded.errors.isEmpty)
        #expect(decoded.events.count > 1_000)
    }

    @Test func nothingCanBeAddedToAnEndedRecording() throws {
        let writer = try RecordingWriter(
            sink: MemorySink(), info: Sample.info, calibration: Sample.calibration, modules: [])
        try writer.finish()
        let error = #expect(throws: RecordingError.self) { try writer.finish() }
        #expect(error?.code == .finished)
    }

    @Test func aFileCutWhileItIsReadIsDamaged() throws {
        let path = try scratch.file("shrinking", try Sample.small())
        let reader = try RecordingReader(path: path)
        truncate(path, off_t(reader.pollChunks[1].offset) + 30)
        let decoded = Sample.decode(reader)
        #expect(decoded.errors.count == reader.pollChunks.count - 1)
        #expect(decoded.errors.allSatisfy { $0.code == .damaged })
    }
}

/// A disk of so many bytes: takes what still fits of a write, like a real one.
private final class FillingSink: ByteSink {
    private(set) var bytes: [UInt8] = []
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) {
        let room = capacity - self.bytes.count
        self.bytes.append(contentsOf: bytes.prefix(room))
        if bytes.count > room { throw RecordingError(code: .full, what: "full", remedy: "none") }
    }

    func close() throws(RecordingError) {}
}
