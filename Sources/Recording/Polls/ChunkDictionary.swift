// Turns the values of a column into small numbers: places in the order of first appearance.

/// An open hash table from value to place. It keeps its memory from chunk to chunk.
struct ChunkDictionary: ~Copyable {
    private struct Slot {
        var value: UInt64
        var place: UInt32
        /// The round that the slot was filled in; it is free in any other.
        var round: UInt32
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var capacity: Int
    private var shift: UInt64
    /// Counts the chunks, so that nobody has to clear the table between them.
    private var round: UInt32 = 1
    /// The values by place.
    private(set) var values: [UInt64] = []
    /// Odd and not to be guessed: a process under observation cannot choose values that all fall together.
    private let multiplier = UInt64.random(in: .min ... .max) | 1

    init() {
        capacity = 1_024
        shift = 64 - 10
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(value: 0, place: 0, round: 0), count: capacity)
    }

    deinit { slots.deallocate() }

    mutating func removeAll() {
        guard !values.isEmpty else { return }
        values.removeAll(keepingCapacity: true)
        round &+= 1
        if round == 0 {
            // Safe: slots has capacity entries. Without this, slots of 2^32 chunks ago would count as filled.
            slots.update(repeating: Slot(value: 0, place: 0, round: 0), count: capacity)
            round = 1
        }
    }

    /// The place of `value`, a new one if it has none.
    @inline(__always)
    mutating func place(of value: UInt64) -> UInt64 {
        // Safe: the product's top bits number the slots; the table is never more than half full, so that the
        // search ends.
        var slot = Int(truncatingIfNeeded: (value &* multiplier) &>> shift)
        while true {
            let found = slots[slot]
            if found.round != round { return insert(value, at: slot) }
            if found.value == value { return UInt64(found.place) }
            slot = (slot &+ 1) & (capacity &- 1)
        }
    }

    @inline(never)
    private mutating func insert(_ value: UInt64, at slot: Int) -> UInt64 {
        let place = values.count
        values.append(value)
        slots[slot] = Slot(value: value, place: UInt32(place), round: round)
        if values.count > capacity / 2 { grow() }
        return UInt64(place)
    }

    private mutating func grow() {
        slots.deallocate()
        capacity *= 2
        shift -= 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(value: 0, place: 0, round: 0), count: capacity)
        // Safe: as in place(of:); all values differ.
        for (place, value) in values.enumerated() {
            var slot = Int(truncatingIfNeeded: (value &* multiplier) &>> shift)
            while slots[slot].round == round { slot = (slot + 1) & (capacity - 1) }
            slots[slot] = Slot(value: value, place: UInt32(place), round: round)
        }
    }
}
