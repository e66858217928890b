// Follows the table of types: the name of each type that somebody refers to is taken once, when it is whole.

import CPollscopeLayout

/// Remembers which types of a session are known.
struct TypeFollower {
    private let file: SessionFile
    private var isKnown: [Bool]  // by id; 0 is no type
    /// Referred to, and not whole when they were last looked at.
    private var unpublished: Set<UInt16> = []

    init(file: SessionFile) {
        self.file = file
        isKnown = Array(repeating: false, count: Int(file.layout.types.count) + 1)
        isKnown[0] = true
    }

    /// The types that `evidence` refers to and none did before, and those that were waited for.
    mutating func take(for evidence: AllocationEvidence) -> [ObjectType] {
        var wanted = unpublished
        for sample in evidence.samples where isUnknown(sample.allocation.type) { wanted.insert(sample.allocation.type) }
        for free in evidence.frees where isUnknown(free.allocation.type) { wanted.insert(free.allocation.type) }
        unpublished = []
        var types: [ObjectType] = []
        for id in wanted.sorted() {
            if let type = type(id) {
                isKnown[Int(id)] = true
                types.append(type)
            } else {
                unpublished.insert(id)
            }
        }
        return types
    }

    /// Whether the file has such a type, and it was not read before.
    private func isUnknown(_ id: UInt16) -> Bool { Int(id) < isKnown.count && !isKnown[Int(id)] }

    private func type(_ id: UInt16) -> ObjectType? {
        let entryBytes = UInt64(MemoryLayout<pollscope_type>.stride)
        let entry = file.value(pollscope_type(), at: file.layout.types.offset + UInt64(id - 1) * entryBytes)
        guard entry.where >> 63 == 1 else { return nil }
        let offset = entry.where & 0xFFFF_FFFF
        let count = min(Int(entry.where >> 32 & 0x7FFF_FFFF), Int(POLLSCOPE_TYPE_NAME_MAX))
        guard count > 0, offset + UInt64(count) <= UInt64(file.layout.type_names.count) else { return nil }
        let bytes = file.values(UInt8(0), count: count, at: file.layout.type_names.offset + offset)
        return ObjectType(id: id, name: PrintableText.text(bytes))
    }
}
