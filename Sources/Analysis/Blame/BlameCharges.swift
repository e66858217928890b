// What is charged to whom: time by number of a key, and beside it the victims of slow requests where there are any.

/// Time that others waited, in ticks.
struct ChargedTime: Sendable {
    var ticks: Double = 0
    /// The part of it in which the polls were in calls, and the part in which the kernel ran something else.
    var blocked: Double = 0
    var kernel: Double = 0

    @inline(__always)
    mutating func add(_ other: ChargedTime) {
        ticks += other.ticks
        blocked += other.blocked
        kernel += other.kernel
    }
}

/// What a site is charged.
struct BlameCharge: Sendable {
    var time = ChargedTime()
    /// Of the waits of the slowest requests, by tail.
    var victims = TailLanes()

    var ticks: Double { time.ticks }
    var blocked: Double { time.blocked }
    var kernel: Double { time.kernel }

    mutating func add(_ other: BlameCharge) {
        time.add(other.time)
        victims += other.victims
    }
}

/// Charges by any number: a hash table without deletion, whose entries come in the order in which they were first met.
struct ChargeTable: Sendable {
    private(set) var numbers: [UInt64] = []
    private var times: [ChargedTime] = []
    /// Empty: there are none.
    private var victims: [TailLanes] = []
    /// Places of entries; -1: free. A power of two, twice as many as entries at least.
    private var slots: [Int32] = []

    subscript(place: Int) -> BlameCharge {
        BlameCharge(time: times[place], victims: place < victims.count ? victims[place] : TailLanes())
    }

    func contains(_ number: UInt64) -> Bool { place(ofKnown: number) != nil }

    @inline(__always)
    mutating func add(_ time: ChargedTime, to number: UInt64) { times[place(of: number)].add(time) }

    mutating func add(victims more: TailLanes, to number: UInt64) {
        let place = place(of: number)
        while victims.count < times.count { victims.append(TailLanes()) }
        victims[place] += more
    }

    @inline(__always)
    private mutating func place(of number: UInt64) -> Int { place(ofKnown: number) ?? insert(number) }

    @inline(__always)
    private func place(ofKnown number: UInt64) -> Int? {
        guard !slots.isEmpty else { return nil }
        var slot = Self.slot(number, of: slots.count)
        while slots[slot] >= 0 {
            let place = Int(slots[slot])
            if numbers[place] == number { return place }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    @inline(__always)
    private static func slot(_ number: UInt64, of count: Int) -> Int {
        // Safe: it is to wrap, and the mask keeps it inside.
        Int(truncatingIfNeeded: (number &* 0x9E37_79B9_7F4A_7C15) >> 32)
            & (count - 1)
    }

    @inline(never)
    private mutating func insert(_ number: UInt64) -> Int {
        numbers.append(number)
        times.append(ChargedTime())
        if slots.count < 2 * numbers.count {
            slots = Array(repeating: -1, count: max(16, 2 * slots.count))
            for place in numbers.indices { put(place) }
        } else {
            put(numbers.count - 1)
        }
        return numbers.count - 1
    }

    private mutating func put(_ place: Int) {
        var slot = Self.slot(numbers[place], of: slots.count)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(place)
    }
}
