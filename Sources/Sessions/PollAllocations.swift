// What a poll allocated and freed, taken out of the bits that its record keeps it in.

import CPollscopeLayout

extension pollscope_poll_record {
    /// Bytes asked for in the poll.
    @inlinable
    public var allocatedBytes: UInt64 {
        // Safe: the pointer is to this record, and does not leave the call.
        withUnsafePointer(to: self) { pollscope_poll_allocated_bytes($0) }
    }

    /// Blocks freed in the poll.
    @inlinable
    public var frees: UInt32 {
        // Safe: as above.
        withUnsafePointer(to: self) { pollscope_poll_frees($0) }
    }
}
