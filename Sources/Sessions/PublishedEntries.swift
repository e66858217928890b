// Reads single entries of a session's tables of stacks, types and names, once they are whole.

import CPollscopeLayout

extension SessionFile {
    /// The stack with this id; `nil`: there is none, or it is not whole yet.
    func publishedStack(_ id: UInt32) -> AsyncStack? {
        guard id != 0, id <= layout.stacks.count else { return nil }
        let entryBytes = UInt64(MemoryLayout<pollscope_stack>.stride)
        let place = value(pollscope_stack(), at: layout.stacks.offset + UInt64(id - 1) * entryBytes).where
        guard place >> 63 == 1 else { return nil }
        let offset = place & 0xFFFF_FFFF
        let kind = UInt8(truncatingIfNeeded: place >> 48)
        let isNative = UInt32(kind) == POLLSCOPE_STACK_NATIVE.rawValue
        let depthMax = isNative ? POLLSCOPE_NATIVE_DEPTH_MAX : POLLSCOPE_STACK_DEPTH_MAX
        let count = min(Int(place >> 32 & 0xFFFF), Int(depthMax))
        guard offset + UInt64(count) <= UInt64(layout.frames.count) else { return nil }
        return AsyncStack(
            id: id, kind: kind, isCut: place >> 56 & 1 == 1,
            frames: values(UInt64(0), count: count, at: layout.frames.offset + offset * 8))
    }

    /// Some of the stacks that the process has captured so far: what an early look at its symbols is worth doing for.
    public func someStacks(most: Int = 64) -> [AsyncStack] {
        var stacks: [AsyncStack] = []
        for id in 0..<layout.stacks.count {
            guard stacks.count < most else { break }
            if let stack = publishedStack(id + 1) { stacks.append(stack) }
        }
        return stacks
    }

    /// The type with this id; `nil`: there is none, or it is not whole yet.
    func publishedType(_ id: UInt16) -> ObjectType? {
        guard id != 0, id <= layout.types.count else { return nil }
        let entryBytes = UInt64(MemoryLayout<pollscope_type>.stride)
        let entry = value(pollscope_type(), at: layout.types.offset + UInt64(id - 1) * entryBytes)
        guard entry.where >> 63 == 1 else { return nil }
        let offset = entry.where & 0xFFFF_FFFF
        let count = min(Int(entry.where >> 32 & 0x7FFF_FFFF), Int(POLLSCOPE_TYPE_NAME_MAX))
        guard count > 0, offset + UInt64(count) <= UInt64(layout.type_names.count) else { return nil }
        return ObjectType(
            id: id, name: PrintableText.text(values(UInt8(0), count: count, at: layout.type_names.offset + offset)))
    }

    /// What requests of this number are called; `nil`: there is no such name, or it is not whole yet.
    func publishedRequestName(_ number: UInt32) -> RequestName? {
        guard number != 0, number <= layout.request_names.count else { return nil }
        let entryBytes = UInt64(MemoryLayout<pollscope_request_name>.stride)
        let entry = value(
            pollscope_request_name(), at: layout.request_names.offset + UInt64(number - 1) * entryBytes)
        guard entry.where >> 63 == 1 else { return nil }
        let offset = entry.where & 0xFFFF_FFFF
        let count = min(Int(entry.where >> 32 & 0xFFFF), Int(POLLSCOPE_REQUEST_NAME_MAX))
        guard offset + UInt64(count) <= UInt64(layout.name_texts.count) else { return nil }
        let isCut = entry.where >> 48 & 1 == 1
        let bytes = values(UInt8(0), count: count, at: layout.name_texts.offset + offset)
        return RequestName(
            number: number, text: PrintableText.text(isCut ? PrintableText.withoutHalfCharacter(bytes) : bytes[...]),
            isCut: isCut)
    }
}
