// How the frames of a sample's stack are packed.
//
// Return addresses come from a few images: the program, the libraries that it is in the middle of. Within one they are
// near each other, between two they are far. So an address is written as its distance from the nearest of the last
// addresses of up to three regions; a stack that goes back and forth between images pays for the way only once. And two
// samples of a poll mostly differ in their innermost frames: those that are as in the sample before are only counted.

/// What writer and reader remember of the addresses so far. Both do the same with it.
struct AddressRegions {
    /// The last address of each region, the region used last in front.
    private var recent: [UInt64] = [0, 0, 0]

    /// In place of a region's number: the address itself follows.
    private static let literal: UInt64 = 3
    /// Addresses closer than this are of one region.
    private static let reach: UInt64 = 1 << 32

    private static func distance(_ a: UInt64, _ b: UInt64) -> UInt64 { a > b ? a - b : b - a }

    mutating func append(_ address: UInt64, to out: inout ByteBuffer) {
        var nearest = 0
        for region in 1..<recent.count
        where Self.distance(address, recent[region]) < Self.distance(address, recent[nearest]) {
            nearest = region
        }
        let distance = Self.distance(address, recent[nearest])
        // Two bits for the region and one for the sign have to fit as well.
        if distance < 1 << 61 {
            let isBelow: UInt64 = address < recent[nearest] ? 1 : 0
            out.append(varint: distance << 3 | isBelow << 2 | UInt64(nearest))
        } else {
            out.append(varint: Self.literal)
            out.append(fixed: address)
        }
        use(address, of: nearest, isNear: distance < Self.reach)
    }

    mutating func address(_ reader: inout PayloadReader) throws(MalformedPayload) -> UInt64 {
        let word = try reader.varint()
        if word & 3 == Self.literal {
            let address = try reader.fixed64()
            use(address, of: 0, isNear: false)
            return address
        }
        let region = Int(word & 3)
        // Wrapping: nobody vouches for these bytes, and an address is a number like any other.
        let address = word & 4 == 0 ? recent[region] &+ (word >> 3) : recent[region] &- (word >> 3)
        use(address, of: region, isNear: word >> 3 < Self.reach)
        return address
    }

    private mutating func use(_ address: UInt64, of region: Int, isNear: Bool) {
        recent.remove(at: isNear ? region : recent.count - 1)
        recent.insert(address, at: 0)
    }
}

/// Packs stack after stack.
struct AddressList {
    private var regions = AddressRegions()
    private var previous: [UInt64] = []

    mutating func append(_ frames: [UInt64], to out: inout ByteBuffer) {
        let shared = zip(frames.reversed(), previous.reversed()).prefix { $0 == $1 }.count
        out.append(varint: UInt64(frames.count))
        out.append(varint: UInt64(shared))
        for frame in frames.dropLast(shared) { regions.append(frame, to: &out) }
        previous = frames
    }

    mutating func frames(_ reader: inout PayloadReader) throws(MalformedPayload) -> [UInt64] {
        let count = try reader.varint(as: Int.self)
        let shared = try reader.varint(as: Int.self)
        guard count <= RecordingLimits.sampleFrames, shared <= count, shared <= previous.count else {
            throw MalformedPayload()
        }
        var frames: [UInt64] = []
        frames.reserveCapacity(count)
        for _ in 0..<(count - shared) { frames.append(try regions.address(&reader)) }
        frames += previous.suffix(shared)
        previous = frames
        return frames
    }
}
