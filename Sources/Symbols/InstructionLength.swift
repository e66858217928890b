// How long an x86-64 instruction is, and where it goes on: a table for each map of opcodes, no names of instructions.
//
// An instruction is prefixes, an opcode, often a ModRM byte that says what address bytes follow, and often a number.
// The tables say for each opcode what comes after it; what they do not know ends the walk, for one wrong length makes
// nonsense of all that follows.

struct X86Instruction: Equatable {
    /// Where the processor may go after an instruction.
    enum Flow: Equatable {
        /// To the next one, also when it comes back from a call.
        case next
        /// To this distance from the next one.
        case jump(Int)
        /// There, or to the next one.
        case branch(Int)
        /// To wherever a register or memory says.
        case indirect
        /// Back to the caller, or nowhere.
        case end
    }

    var length: Int
    var flow: Flow

    private static let lengthMax = 15

    // `.` nothing more; `m` ModRM; `b` 8-bit number; `z` 16 or 32 bits; `v` up to 64; `w` 16 bits; `W` 16 and 8 bits;
    // `M` ModRM and `b`; `Z` ModRM and `z`; `t` and `T` the same where ModRM says a test; `o` an address; `r` and `R`
    // a distance of 8 or 32 bits; `p` a prefix; `x` other maps; `-` none.
    private static let oneByteMap = table([
        "mmmmbz--mmmmbz-x", "mmmmbz--mmmmbz--", "mmmmbzp-mmmmbzp-", "mmmmbzp-mmmmbzp-",
        "pppppppppppppppp", "................", "--xmppppzZbM....", "rrrrrrrrrrrrrrrr",
        "MZ-Mmmmmmmmmmmmx", "..........-.....", "oooo....bz......", "bbbbbbbbvvvvvvvv",
        "MMw.xxMZW.w..b-.", "mmmm---.mmmmmmmm", "rrrrbbbbRR-r....", "p.pp..tT......mm",
    ])
    private static let twoByteMap = table([
        "mmmm-.....-.-m.M", "mmmmmmmmmmmmmmmm", "mmmm----mmmmmmmm", "......-.x-x-----",
        "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm", "MMMMmmm.mm--mmmm",
        "RRRRRRRRRRRRRRRR", "mmmmmmmmmmmmmmmm", "...mMmmm...mMmmm", "mmmmmmmmmmMmmmmm",
        "mmMmMMMm........", "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm",
    ])

    private static func table(_ rows: [StaticString]) -> [UInt8] {
        let bytes = rows.flatMap { $0.withUTF8Buffer(Array.init) }
        precondition(bytes.count == 256)
        return bytes
    }

    /// The instruction at an offset of `code`; `nil` when it is not known or not whole.
    init?(in code: [UInt8], at start: Int) {
        var reader = Reader(code: code, start: start)
        guard let flow = reader.instruction(), reader.length <= Self.lengthMax else { return nil }
        length = reader.length
        self.flow = flow
    }

    private struct Reader {
        let code: [UInt8]
        let start: Int
        var offset: Int
        /// An operand size of 16 bits is asked for.
        var isShort = false
        /// An address size of 32 bits is asked for.
        var hasShortAddress = false
        /// An operand size of 64 bits is asked for.
        var isWide = false

        var length: Int { offset - start }

        init(code: [UInt8], start: Int) {
            self.code = code
            self.start = start
            offset = start
        }

        mutating func byte() -> UInt8? {
            guard offset < code.count else { return nil }
            offset += 1
            return code[offset - 1]
        }

        mutating func skip(_ count: Int) -> Bool {
            offset += count
            return offset <= code.count
        }

        mutating func instruction() -> Flow? {
            while let opcode = byte() {
                switch X86Instruction.oneByteMap[Int(opcode)] {
                case UInt8(ascii: "p"):
                    guard length < X86Instruction.lengthMax else { return nil }
                    // The 64 bits of a REX prefix hold for the opcode right behind it only.
                    isWide = opcode & 0xf8 == 0x48
                    isShort = isShort || opcode == 0x66
                    hasShortAddress = hasShortAddress || opcode == 0x67
                case UInt8(ascii: "x"): return extended(opcode)
                case let kind: return operands(kind, opcode: opcode)
                }
            }
            return nil
        }

        private mutating func extended(_ escape: UInt8) -> Flow? {
            switch escape {
            case 0x0f:
                guard let opcode = byte() else { return nil }
                switch opcode {
                case 0x38: return byte() != nil && address() != nil ? .next : nil
                case 0x3a: return byte() != nil && address() != nil && skip(1) ? .next : nil
                // ud2, ud1 and ud0.
                case 0x0b: return .end
                case 0xb9, 0xff: return address() != nil ? .end : nil
                default: return operands(X86Instruction.twoByteMap[Int(opcode)], opcode: opcode)
                }
            case 0xc5: return byte() != nil ? vector(map: 1) : nil
            case 0xc4:
                guard let first = byte(), skip(1) else { return nil }
                return vector(map: first & 0x1f)
            case 0x62:
                guard let first = byte(), skip(2) else { return nil }
                return vector(map: first & 7)
            default:
                // 8F: pop to memory, or AMD's three vector maps from 8 on.
                guard offset < code.count else { return nil }
                if code[offset] & 0x1f < 8 { return address() != nil ? .next : nil }
                guard let map = byte().map({ $0 & 0x1f }), map <= 10, skip(2), address() != nil else { return nil }
                return skip(map == 8 ? 1 : map == 10 ? 4 : 0) ? .next : nil
            }
        }

        /// The opcode behind a VEX or EVEX prefix.
        private mutating func vector(map: UInt8) -> Flow? {
            guard let opcode = byte() else { return nil }
            switch map {
            case 1:
                let kind = X86Instruction.twoByteMap[Int(opcode)]
                if opcode == 0x77 { return .next }
                guard kind == UInt8(ascii: "m") || kind == UInt8(ascii: "M"), address() != nil else { return nil }
                return kind == UInt8(ascii: "m") || skip(1) ? .next : nil
            case 2, 5, 6: return address() != nil ? .next : nil
            case 3: return address() != nil && skip(1) ? .next : nil
            default: return nil
            }
        }

        private mutating func operands(_ kind: UInt8, opcode: UInt8) -> Flow? {
            let number = isShort && !isWide ? 2 : 4
            switch kind {
            case UInt8(ascii: "."): return [0xc3, 0xcb, 0xcc, 0xcf, 0xf4].contains(opcode) ? .end : .next
            case UInt8(ascii: "m"):
                guard let register = address() else { return nil }
                return opcode == 0xff && (register == 4 || register == 5) ? .indirect : .next
            case UInt8(ascii: "b"): return skip(1) ? .next : nil
            case UInt8(ascii: "z"): return skip(number) ? .next : nil
            case UInt8(ascii: "v"): return skip(isWide ? 8 : number) ? .next : nil
            case UInt8(ascii: "w"): return skip(2) ? .end : nil
            case UInt8(ascii: "W"): return skip(3) ? .next : nil
            case UInt8(ascii: "o"): return skip(hasShortAddress ? 4 : 8) ? .next : nil
            case UInt8(ascii: "M"): return address() != nil && skip(1) ? .next : nil
            case UInt8(ascii: "Z"): return address() != nil && skip(number) ? .next : nil
            case UInt8(ascii: "t"), UInt8(ascii: "T"):
                guard let register = address() else { return nil }
                return skip(register > 1 ? 0 : kind == UInt8(ascii: "t") ? 1 : number) ? .next : nil
            case UInt8(ascii: "r"):
                guard let distance = byte().map({ Int(Int8(bitPattern: $0)) }) else { return nil }
                return opcode == 0xeb ? .jump(distance) : .branch(distance)
            case UInt8(ascii: "R"):
                guard skip(4) else { return nil }
                let bytes = code[offset - 4..<offset].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                let distance = Int(Int32(bitPattern: bytes))
                return opcode == 0xe8 ? .next : opcode == 0xe9 ? .jump(distance) : .branch(distance)
            default: return nil
            }
        }

        /// Skips a ModRM byte and the address behind it; the answer is its middle field, a register or part of the opcode.
        private mutating func address() -> UInt8? {
            guard let modRM = byte() else { return nil }
            let mode = modRM >> 6
            var base = modRM & 7
            if mode != 3, base == 4 {
                guard let scaled = byte() else { return nil }
                // Without a displacement, its base 5 means one of 32 bits as ModRM's does.
                base = scaled & 7
            }
            let displacement = mode == 1 ? 1 : mode == 2 || mode == 0 && base == 5 ? 4 : 0
            return skip(displacement) ? modRM >> 3 & 7 : nil
        }
    }
}
