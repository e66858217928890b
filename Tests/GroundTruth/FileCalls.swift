// Calls that wait for a descriptor's bytes or for a file system.

import Glibc
import GroundTruthC

let fileCalls: [KnownCall] = [
    KnownCall("read", in: "readsLate(_:)", line: readLine, on: "pipe") {
        let pipe = Ends.pipe()
        return Late.wait(for: { pipe.writeByte() }) { readsLate(pipe) }
    },
    KnownCall("read", in: "ground_library_read_checked", line: 0, on: "pipe") {
        let pipe = Ends.pipe()
        return Late.wait(for: { pipe.writeByte() }) { readsChecked(pipe) }
    },
    KnownCall("readv", in: "readsPieces(_:_:)", line: readvLine, on: "pipe") {
        let pipe = Ends.pipe()
        let bytes = Piece(2)
        return Late.wait(for: { pipe.writeByte() }) { readsPieces(pipe, &bytes.vector) }
    },
    KnownCall("write", in: "writesIntoFullPipe(_:)", line: writeLine, on: "pipe") {
        let pipe = Ends.pipe()
        pipe.fill()
        return Late.wait(for: { pipe.drain() }) { writesIntoFullPipe(pipe) }
    },
    KnownCall("writev", in: "writesPieces(_:_:)", line: writevLine, on: "pipe") {
        let pipe = Ends.pipe()
        pipe.fill()
        let bytes = Piece(2)
        return Late.wait(for: { pipe.drain() }) { writesPieces(pipe, &bytes.vector) }
    },
    KnownCall("open", in: "opensPipeThatNobodyWrites(_:)", line: openLine, on: "path", "ground-truth-fifo") {
        let path = "/tmp/ground-truth-fifo-\(getpid())"
        require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        return Late.wait(for: { close(open(path, O_WRONLY)) }) { opensPipeThatNobodyWrites(path) }
    },
    KnownCall("fsync", in: "syncs(_:)", line: fsyncLine, on: "file", "ground-truth-sync") { fsyncOfFile() },
]

/// How long a file system takes is not in the program's hand: it looks at the clock before and after, and knows
/// nothing where it lost its processor meanwhile, or where the system has nothing to wait for.
private func fsyncOfFile() -> UInt64? {
    let path = "/var/tmp/ground-truth-sync-\(getpid())"
    let file = ground_library_open_for_writing(path)
    guard file >= 0 else { return nil }
    defer {
        close(file)
        unlink(path)
    }
    let block = [UInt8](repeating: 1, count: 1 << 20)
    require(write(file, block, block.count) == block.count)
    let preemptions = ground_library_preemptions()
    let begin = monotonicNanoseconds()
    syncs(file)
    let length = monotonicNanoseconds() - begin
    let margin: UInt64 = 300_000
    return preemptions == ground_library_preemptions() && length > 2 * margin ? length - margin : nil
}

private let fsyncLine = #line + 2
@inline(never) func syncs(_ file: Int32) {
    require(fsync(file) == 0)
}

/// Bytes of a vectored call.
private final class Piece {
    var vector: iovec
    init(_ count: Int) { vector = iovec(iov_base: calloc(count, 1), iov_len: count) }
    deinit { free(vector.iov_base) }
}

private let readLine = #line + 3
@inline(never) func readsLate(_ pipe: Ends) {
    var byte: UInt8 = 0
    require(read(pipe.reading, &byte, 1) == 1)
}

@inline(never) func readsChecked(_ pipe: Ends) {
    var byte: UInt8 = 0
    require(ground_library_read_checked(pipe.reading, &byte, 1) == 1)
}

private let readvLine = #line + 2
@inline(never) func readsPieces(_ pipe: Ends, _ piece: inout iovec) {
    require(readv(pipe.reading, &piece, 1) == 1)
}

private let writeLine = #line + 2
@inline(never) func writesIntoFullPipe(_ pipe: Ends) {
    require(write(pipe.writing, "x", 1) == 1)
}

private let writevLine = #line + 2
@inline(never) func writesPieces(_ pipe: Ends, _ piece: inout iovec) {
    require(writev(pipe.writing, &piece, 1) == 2)
}

private let openLine = #line + 2
@inline(never) func opensPipeThatNobodyWrites(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    require(descriptor >= 0)
    close(descriptor)
}
