// Copies records out of a ring that its writer goes on writing.
//
// The writer never waits, so a copy may be overwritten while it is made. The head is read before and after: what the
// writer can have reached meanwhile does not count as read.

import Glibc

/// The place of one ring in a session file, and a buffer for copies of its records that is used for ring after ring.
struct RecordRing<Record: BitwiseCopyable> {
    /// Records that the ring holds, a power of two.
    let capacity: UInt64
    private let zero: Record
    private var buffer: [Record] = []

    init(of zero: Record, capacity: UInt64) {
        self.zero = zero
        self.capacity = capacity
    }

    /// Number of the oldest record that can still be there when the ring's head stands at `head`.
    func oldest(head: UInt64) -> UInt64 { head > capacity ? head - capacity : 0 }

    /// Number of the first record of a copy `first..<head` that is whole, when after copying the head stood at `after`;
    /// `head` where none is. Record number n can have been overwritten from the moment the head stood at n + capacity.
    func firstWhole(from first: UInt64, to head: UInt64, after: UInt64) -> UInt64 {
        after >= capacity ? max(first, min(head, after - capacity + 1)) : first
    }

    /// Copies the records `first..<head`, not more than the ring holds, from the ring at `base`; zeros where the file
    /// is cut.
    mutating func copy(_ file: SessionFile, at base: UInt64, from first: UInt64, to head: UInt64) {
        let recordBytes = MemoryLayout<Record>.stride
        let count = Int(head - first)
        if buffer.count < count { buffer = Array(repeating: zero, count: Int(capacity)) }
        let place = Int(first & (capacity - 1))
        let untilEnd = min(count, Int(capacity) - place)
        // Safe: both parts lie inside the buffer, which has room for a whole ring.
        buffer.withUnsafeMutableBytes { bytes in
            let part1 = UnsafeMutableRawBufferPointer(rebasing: bytes[0..<untilEnd * recordBytes])
            let part2 = UnsafeMutableRawBufferPointer(rebasing: bytes[untilEnd * recordBytes..<count * recordBytes])
            let got1 = SessionFile.read(file.descriptor, into: part1, at: base + UInt64(place * recordBytes))
            let got2 = part2.isEmpty ? 0 : SessionFile.read(file.descriptor, into: part2, at: base)
            // Where the file is cut, the rest must not be an earlier copy's.
            if got1 < part1.count { memset(part1.baseAddress! + got1, 0, part1.count - got1) }
            if got2 < part2.count { memset(part2.baseAddress! + got2, 0, part2.count - got2) }
        }
    }

    /// Gives the records of the last copy from place `skipped` on, `count` of them; they are valid during the call.
    func withRecords<Result>(
        skipping skipped: Int, count: Int, _ body: (UnsafeBufferPointer<Record>) -> Result
    ) -> Result {
        // Safe: the range lies inside what was copied, or traps; the pointer does not leave the closure's call.
        buffer.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[skipped..<(skipped + count)])) }
    }
}
