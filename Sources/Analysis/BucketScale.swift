// Which bucket a value falls into: the index arithmetic of base-2 exponential histograms, without a logarithm.
//
// At scale s, bucket i covers (2^(i / 2^s), 2^((i + 1) / 2^s)], as OpenTelemetry defines it. A Double already is
// exponent and mantissa: the exponent gives the octave, and the mantissa is compared with the 31 boundaries that
// divide an octave at scale 5. The upper six bits of the mantissa choose a cell; a cell is narrower than the
// narrowest bucket, so it holds one boundary at most, and one comparison decides. The boundaries are irrational
// but for the first, so their digits rounded down decide exactly.

/// The buckets of scale 5: 32 an octave, each 2.2 % wide.
enum BucketScale {
    static let finest = 5
    static let bucketsPerOctave = 32

    /// The index of the bucket that holds `value`, which must be positive, finite and not subnormal.
    @inline(__always)
    static func index(of value: Double) -> Int {
        let bits = value.bitPattern
        let octave = Int(truncatingIfNeeded: bits >> 52) - 1023
        let mantissa = bits & 0xF_FFFF_FFFF_FFFF
        let below = Int(boundariesBelowCell[Int(truncatingIfNeeded: mantissa >> 46)])
        // The table of boundaries has one more entry that nothing exceeds, for the cells of the last bucket.
        let steps = mantissa > boundaries[below] ? below + 1 : below
        return octave * bucketsPerOctave + steps - 1
    }

    /// The upper bound of bucket `index`, which belongs to the bucket, to the last bit of a Double.
    static func upperBound(ofBucket index: Int) -> Double {
        let (octave, step) = split(index + 1)
        return power(octave: octave, mantissa: boundaries[step])
    }

    /// The geometric middle of bucket `index`: at most 1.1 % from any value in the bucket.
    static func middle(ofBucket index: Int) -> Double {
        let (octave, step) = split(index)
        return power(octave: octave, mantissa: middles[step])
    }

    private static func split(_ index: Int) -> (octave: Int, step: Int) {
        (index >> finest, index & (bucketsPerOctave - 1))
    }

    private static func power(octave: Int, mantissa: UInt64) -> Double {
        Double(sign: .plus, exponent: octave, significand: Double(bitPattern: 0x3FF0_0000_0000_0000 | mantissa))
    }

    /// How many boundaries lie below the lower edge of each 64th of an octave.
    private static let boundariesBelowCell: [UInt8] = [
        0, 1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 8, 9, 10, 10,
        11, 11, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19,
        19, 20, 20, 21, 21, 22, 22, 22, 23, 23, 24, 24, 25, 25, 26, 26,
        26, 27, 27, 28, 28, 28, 29, 29, 30, 30, 30, 31, 31, 31, 32, 32,
    ]

    /// The mantissa bits of 2^(j / 32), j = 0 … 31, rounded down.
    private static let boundaries: [UInt64] = [
        0x0000000000000, 0x059B0D3158574, 0x0B5586CF9890F, 0x11301D0125B50,
        0x172B83C7D517A, 0x1D4873168B9AA, 0x2387A6E756238, 0x29E9DF51FDEE1,
        0x306FE0A31B715, 0x371A7373AA9CA, 0x3DEA64C123422, 0x44E086061892D,
        0x4BFDAD5362A27, 0x5342B569D4F81, 0x5AB07DD485429, 0x6247EB03A5584,
        0x6A09E667F3BCC, 0x71F75E8EC5F73, 0x7A11473EB0186, 0x82589994CCE12,
        0x8ACE5422AA0DB, 0x93737B0CDC5E4, 0x9C49182A3F090, 0xA5503B23E255C,
        0xAE89F995AD3AD, 0xB7F76F2FB5E46, 0xC199BDD85529C, 0xCB720DCEF9069,
        0xD5818DCFBA487, 0xDFC97337B9B5E, 0xEA4AFA2A490D9, 0xF50765B6E4540,
        0xFFFFFFFFFFFFF,
    ]

    /// The mantissa bits of 2^((2j + 1) / 64), j = 0 … 31.
    private static let middles: [UInt64] = [
        0x02C9A3E778060, 0x0874518759BC8, 0x0E3EC32D3D1A2, 0x1429AAEA92DDF,
        0x1A35BEB6FCB75, 0x2063B88628CD6, 0x26B4565E27CDD, 0x2D285A6E4030B,
        0x33C08B26416FF, 0x3A7DB34E59FF6, 0x4160A21F72E29, 0x486A2B5C13CD0,
        0x4F9B2769D2CA6, 0x56F4736B527DA, 0x5E76F15AD2148, 0x6623882552224,
        0x6DFB23C651A2E, 0x75FEB564267C8, 0x7E2F336CF4E62, 0x868D99B4492EC,
        0x8F1AE99157736, 0x97D829FDE4E4F, 0xA0C667B5DE564, 0xA9E6B5579FDBF,
        0xB33A2B84F15FA, 0xBCC1E904BC1D2, 0xC67F12E57D14B, 0xD072D4A07897B,
        0xDA9E603DB3285, 0xE502EE78B3FF6, 0xEFA1BEE615A27, 0xFA7C1819E90D8,
    ]
}
