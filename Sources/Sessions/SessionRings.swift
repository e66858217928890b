// Where a session file keeps its rings, and what their headers say.

import CPollscopeLayout

extension SessionFile {
    /// Headers of the rings that ever had an owner.
    func ringHeaders() -> [pollscope_ring_header] {
        let count = Int(min(header().rings_used, layout.rings_limit))
        return values(pollscope_ring_header(), count: count, at: layout.ring_headers.offset)
    }

    func ringHeader(_ index: Int) -> pollscope_ring_header {
        value(
            pollscope_ring_header(),
            at: layout.ring_headers.offset + UInt64(index * MemoryLayout<pollscope_ring_header>.stride))
    }

    func slot(_ index: UInt16) -> pollscope_slot? {
        guard index < layout.slots.count else { return nil }
        return value(pollscope_slot(), at: layout.slots.offset + UInt64(index) * 64)
    }

    /// Offset of a ring's polls. The layout was checked: this and the records behind it lie inside the file.
    func pollRing(_ index: Int) -> UInt64 {
        let ringBytes = UInt64(layout.ring_records) * UInt64(MemoryLayout<pollscope_poll_record>.stride)
        return layout.rings_offset + UInt64(index) * ringBytes
    }

    /// Offset of a ring's events, likewise.
    func eventRing(_ index: Int) -> UInt64 {
        let ringBytes = UInt64(layout.events_records) * UInt64(MemoryLayout<pollscope_event_record>.stride)
        return layout.events_offset + UInt64(index) * ringBytes
    }

    /// Offset of a ring's evidence, likewise.
    func evidenceRing(_ index: Int) -> UInt64 {
        let ringBytes = UInt64(layout.evidence_records) * UInt64(MemoryLayout<pollscope_call_record>.stride)
        return layout.evidence_offset + UInt64(index) * ringBytes
    }
}
