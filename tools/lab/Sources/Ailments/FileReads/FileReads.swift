// Attachments that are read from the disk by the task that answers.

import Foundation

extension Ailment {
    static let fileReads = Ailment("file-reads", "attachments are read from the disk in the task that answers") {
        let archive = try await OwnThread.run { try AttachmentArchive() }
        return PriceBoard().endpoints() + [
            Endpoint("GET /attachment/{id}", perSecond: 14) {
                try await Task.sleep(for: .milliseconds(2))
                _ = try archive.checksum()
            }
        ]
    }
}

/// A large file, of which less stays in memory than is asked for.
final class AttachmentArchive: Sendable {
    private static let piece = 2 << 20
    private static let sizes = (4 << 20)...(48 << 20)

    private let descriptor: Int32
    /// Of an attachment: as much as takes 30 ms to read here.
    private let size: Int

    init() throws {
        var path = Array((NSTemporaryDirectory() + "/ailments-XXXXXX").utf8CString)
        descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw SystemFailure("mkstemp") }
        unlink(path)
        let bytes = [UInt8](repeating: 7, count: Self.piece)
        for _ in 0..<Self.sizes.upperBound / Self.piece {
            guard write(descriptor, bytes, bytes.count) == bytes.count else { throw SystemFailure("write") }
        }
        guard fsync(descriptor) == 0 else { throw SystemFailure("fsync") }
        let trial = 16 << 20
        let times = try (0..<5).map { [descriptor] _ in
            try ContinuousClock().measure { _ = try Self.read(descriptor, count: trial) }
        }
        let wanted = Double(trial) * (Duration.milliseconds(30) / times.sorted()[2])
        size = min(max(Int(wanted) / Self.piece * Self.piece, Self.sizes.lowerBound), Self.sizes.upperBound)
    }

    func checksum() throws -> UInt8 { try Self.read(descriptor, count: size) }

    // planted: begin
    @inline(never)
    private static func read(_ descriptor: Int32, count: Int) throws -> UInt8 {
        // Other attachments have taken its place in memory since it was asked for last.
        posix_fadvise(descriptor, 0, count, POSIX_FADV_DONTNEED)
        var sum: UInt8 = 0
        try withUnsafeTemporaryAllocation(byteCount: piece, alignment: 4096) { buffer in
            for offset in stride(from: 0, to: count, by: piece) {
                guard pread(descriptor, buffer.baseAddress, piece, offset) == piece else {
                    throw SystemFailure("pread")
                }
                sum ^= buffer[0]
            }
        }
        return sum
    }
    // planted: end
}
