// Files, lines and inlined functions of one file's code, from its DWARF by libdw.
//
// Swift's objects have no .debug_aranges, and walking a compilation unit for each address is slow where one unit is
// a whole module: the ranges of units, and those of a unit's functions, are indexed once, when first asked for.
//
// Safety: a `Dwarf_Die` is a pair of pointers into sections that libdw owns until `dwarf_end`, which `deinit` calls;
// none leaves this file. libdw checks offsets and string ends; loops over what it returns are bounded here.

import CElfutils

final class DebugInfo {
    struct Position: Hashable {
        var file: String?
        var line: Int?
        var column: Int?
    }

    /// A function at some code: the innermost is where the line table says, the others are where they call.
    struct Scope {
        /// The mangled name.
        var linkageName: String?
        /// The plain one, which C has only.
        var name: String?
        var position: Position
        var isInlined: Bool
        var declarationLine: Int? = nil
        /// As `SourceFrame` has it.
        var isInLoop: Bool? = nil
    }

    /// A call that is no more: the callee was copied into the caller.
    struct InlinedCall {
        /// Both mangled; the caller's is `nil` when it is the function that has a symbol.
        var caller: String?
        var callee: String
        var position: Position
    }

    private let file: ElfFile
    private let handle: OpaquePointer
    private lazy var units: [UnitRange] = indexUnits()
    private var functions: [UInt64: [FunctionRange]] = [:]

    private struct UnitRange {
        var start: UInt64
        var end: UInt64
        /// Offset of the unit's DIE in .debug_info.
        var unit: UInt64
    }

    private struct FunctionRange {
        var start: UInt64
        var end: UInt64
        var die: UInt64
    }

    // Bounds against hostile files, far above what real ones have.
    private static let unitCountMax = 1_000_000
    private static let rangeCountMax = 20_000_000
    private static let dieCountMax = 50_000_000
    private static let nestingMax = 64
    private static let rowCountMax = 100_000

    /// `nil` when the file has no usable DWARF.
    init?(of file: ElfFile) {
        guard file.sectionNames.contains(".debug_info") || file.sectionNames.contains(".zdebug_info"),
            let handle = dwarf_begin_elf(file.handle, DWARF_C_READ, nil)
        else { return nil }
        self.file = file
        self.handle = handle
    }

    deinit {
        dwarf_end(handle)
    }

    /// The functions at `address`, innermost first. Empty when no unit knows the address.
    ///
    /// The row of the line table is the one at the address, or, when that is compiler-made (line 0), the next
    /// before `limit` that has a line; its inlined functions are then the answer.
    func scopes(at address: UInt64, limit: UInt64) -> [Scope] {
        guard var unit = unit(at: address) else { return [] }
        let (row, rowAddress) = self.row(at: address, limit: limit, in: &unit)
        return scopes(at: rowAddress, innermost: row ?? Position(), in: &unit)
    }

    /// As `scopes(at:limit:)`, but with the last row before `address` that has a line: for return addresses.
    func scopes(upTo address: UInt64, from start: UInt64) -> [Scope] {
        guard var unit = unit(at: address) else { return [] }
        guard let rows = rows(of: &unit), var index = lastRow(at: address, in: rows) else {
            return scopes(at: address, innermost: Position(), in: &unit)
        }
        var position = Position()
        var steps = 0
        while index >= 0, steps < Self.rowCountMax, let candidate = rows[index], candidate.address >= start {
            if candidate.line != 0, !candidate.isEnd {
                position = candidate.position
                break
            }
            index -= 1
            steps += 1
        }
        return scopes(at: address, innermost: position, in: &unit)
    }

    /// Where the function at `address` is declared.
    func declaration(at address: UInt64) -> Position? {
        guard var unit = unit(at: address), var function = function(at: address, in: &unit) else { return nil }
        guard let line = Self.declarationLine(&function) else { return nil }
        // libdw takes file 0 for none, which it is up to DWARF 4; in DWARF 5 it is the unit's own file.
        let path = Self.sourcePath(dwarf_decl_file(&function)) ?? primaryFile(of: &unit)
        return path.map { Position(file: $0, line: line) }
    }

    /// Whether the line table has code of a position, to the column, in a range of addresses.
    func hasCode(of position: Position, from start: UInt64, to end: UInt64) -> Bool {
        guard var unit = unit(at: start), let rows = rows(of: &unit), let first = lastRow(at: start, in: rows) else {
            return false
        }
        var index = first
        while index - first < Self.rowCountMax, let row = rows[index], row.address < end {
            if row.position == position { return true }
            index += 1
        }
        return false
    }

    /// The calls that were inlined into the function at `address`, in no order.
    func inlinedCalls(at address: UInt64) -> [InlinedCall] {
        guard var unit = unit(at: address), let function = function(at: address, in: &unit) else { return [] }
        var files: OpaquePointer?
        var fileCount = 0
        if dwarf_getsrcfiles(&unit, &files, &fileCount) != 0 { files = nil }
        var calls: [InlinedCall] = []
        var pending: [(die: Dwarf_Die, caller: String?, depth: Int)] = [(function, nil, 0)]
        var budget = Self.rowCountMax
        while let (container, caller, depth) = pending.popLast() {
            var parent = container
            var die = Dwarf_Die()
            guard dwarf_child(&parent, &die) == 0 else { continue }
            repeat {
                budget -= 1
                let tag = Int(dwarf_tag(&die))
                guard tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block else { continue }
                var inner = caller
                if tag == DW_TAG_inlined_subroutine {
                    inner = Self.string(&die, DW_AT_linkage_name) ?? ""
                    if let callee = inner, !callee.isEmpty {
                        calls.append(
                            InlinedCall(
                                caller: caller, callee: callee, position: callPosition(of: &die, files: files)))
                    }
                }
                if depth < Self.nestingMax, dwarf_haschildren(&die) > 0 { pending.append((die, inner, depth + 1)) }
            } while budget > 0 && advance(&die)
        }
        return calls
    }

    private func primaryFile(of unit: inout Dwarf_Die) -> String? {
        var files: OpaquePointer?
        var count = 0
        guard dwarf_getsrcfiles(&unit, &files, &count) == 0, let files, count > 0 else { return nil }
        return Self.sourcePath(dwarf_filesrc(files, 0, nil, nil))
    }

    // MARK: Line table

    private struct Rows {
        var lines: OpaquePointer
        var count: Int

        struct Row {
            var address: UInt64
            var line: Int
            var isEnd: Bool
            var position: Position
        }

        subscript(index: Int) -> Row? {
            guard index >= 0, index < count, let line = dwarf_onesrcline(lines, index) else { return nil }
            var address: Dwarf_Addr = 0
            var number: Int32 = 0
            var isEnd = false
            guard dwarf_lineaddr(line, &address) == 0, dwarf_lineno(line, &number) == 0,
                dwarf_lineendsequence(line, &isEnd) == 0
            else { return nil }
            let hasLine = number > 0 && !isEnd
            // A line of no file is the compiler's.
            guard hasLine, let path = DebugInfo.sourcePath(dwarf_linesrc(line, nil, nil)) else {
                return Row(address: address, line: 0, isEnd: isEnd, position: Position())
            }
            var column: Int32 = 0
            let hasColumn = dwarf_linecol(line, &column) == 0 && column > 0
            return Row(
                address: address, line: Int(number), isEnd: isEnd,
                position: Position(file: path, line: Int(number), column: hasColumn ? Int(column) : nil))
        }

        func address(_ index: Int) -> UInt64? {
            guard let line = dwarf_onesrcline(lines, index) else { return nil }
            var address: Dwarf_Addr = 0
            return dwarf_lineaddr(line, &address) == 0 ? address : nil
        }
    }

    private func rows(of unit: inout Dwarf_Die) -> Rows? {
        var lines: OpaquePointer?
        var count = 0
        guard dwarf_getsrclines(&unit, &lines, &count) == 0, let lines, count > 0 else { return nil }
        return Rows(lines: lines, count: count)
    }

    /// The last row at or before an address. libdw sorts rows by address.
    private func lastRow(at address: UInt64, in rows: Rows) -> Int? {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            guard let here = rows.address(middle) else { return nil }
            if here <= address { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    private func row(at address: UInt64, limit: UInt64, in unit: inout Dwarf_Die) -> (Position?, UInt64) {
        guard let rows = rows(of: &unit), let first = lastRow(at: address, in: rows) else { return (nil, address) }
        var index = first
        while index - first < Self.rowCountMax, let row = rows[index] {
            guard row.address < limit || index == first else { break }
            if row.isEnd { break }
            if row.line != 0 { return (row.position, max(address, row.address)) }
            index += 1
        }
        return (nil, address)
    }

    // MARK: Functions

    private func scopes(at address: UInt64, innermost: Position, in unit: inout Dwarf_Die) -> [Scope] {
        guard let function = function(at: address, in: &unit) else {
            return innermost.line == nil ? [] : [Scope(position: innermost, isInlined: false)]
        }
        var files: OpaquePointer?
        var fileCount = 0
        if dwarf_getsrcfiles(&unit, &files, &fileCount) != 0 { files = nil }
        var result: [Scope] = []
        var position = innermost
        for (index, link) in chain(from: function, at: address).enumerated().reversed() {
            var die = link
            result.append(
                Scope(
                    linkageName: Self.string(&die, DW_AT_linkage_name) ?? Self.string(&die, DW_AT_MIPS_linkage_name),
                    name: Self.string(&die, DW_AT_name), position: position, isInlined: index > 0,
                    declarationLine: Self.declarationLine(&die)))
            // Each inlined function says where the one around it calls it.
            if index > 0 { position = callPosition(of: &die, files: files) }
        }
        return result
    }

    /// The function and those inlined into one another at an address, outermost first, each as a number: one call
    /// that was inlined has the same number at all its code. As many as `scopes` has, or none.
    func inlineChain(at address: UInt64) -> [UInt64] {
        guard var unit = unit(at: address), let function = function(at: address, in: &unit) else { return [] }
        return chain(from: function, at: address).map { link in
            var die = link
            return dwarf_dieoffset(&die)
        }
    }

    private func chain(from function: Dwarf_Die, at address: UInt64) -> [Dwarf_Die] {
        var chain = [function]
        var budget = Self.rowCountMax
        while chain.count <= Self.nestingMax,
            let die = inlined(in: chain[chain.count - 1], at: address, budget: &budget)
        {
            chain.append(die)
        }
        return chain
    }

    /// The outermost function inlined in `parent` that covers an address, in whatever blocks it lies.
    private func inlined(in parent: Dwarf_Die, at address: UInt64, budget: inout Int) -> Dwarf_Die? {
        var blocks = [parent]
        while var block = blocks.popLast() {
            var die = Dwarf_Die()
            guard dwarf_child(&block, &die) == 0 else { continue }
            repeat {
                budget -= 1
                let tag = Int(dwarf_tag(&die))
                guard tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block,
                    dwarf_haspc(&die, address) > 0
                else { continue }
                if tag == DW_TAG_inlined_subroutine { return die }
                if blocks.count < Self.nestingMax { blocks.append(die) }
            } while budget > 0 && advance(&die)
        }
        return nil
    }

    private func callPosition(of die: inout Dwarf_Die, files: OpaquePointer?) -> Position {
        var position = Position()
        guard let files, let line = Self.number(&die, DW_AT_call_line), line > 0, line < UInt64(Int32.max),
            let index = Self.number(&die, DW_AT_call_file), index < 1_000_000,
            let path = Self.sourcePath(dwarf_filesrc(files, Int(index), nil, nil))
        else { return position }
        position.file = path
        position.line = Int(line)
        if let column = Self.number(&die, DW_AT_call_column), column > 0, column < UInt64(Int32.max) {
            position.column = Int(column)
        }
        return position
    }

    private func function(at address: UInt64, in unit: inout Dwarf_Die) -> Dwarf_Die? {
        let key = dwarf_dieoffset(&unit)
        let index = functions[key] ?? indexFunctions(of: unit)
        functions[key] = index
        guard let range = Self.last(of: index, covering: address, start: \.start, end: \.end) else { return nil }
        return die(at: range.die)
    }

    private func indexFunctions(of unit: Dwarf_Die) -> [FunctionRange] {
        var ranges: [FunctionRange] = []
        // Containers still to be read. Closures and local functions lie in the function around them, and C++ has
        // namespaces.
        var pending: [(die: Dwarf_Die, depth: Int)] = [(unit, 0)]
        var budget = Self.dieCountMax
        while let (container, depth) = pending.popLast() {
            var parent = container
            var die = Dwarf_Die()
            guard dwarf_child(&parent, &die) == 0 else { continue }
            repeat {
                budget -= 1
                switch Int(dwarf_tag(&die)) {
                case DW_TAG_subprogram:
                    let offset = dwarf_dieoffset(&die)
                    Self.forEachRange(of: &die) { ranges.append(FunctionRange(start: $0, end: $1, die: offset)) }
                    fallthrough
                case DW_TAG_namespace, DW_TAG_module, DW_TAG_structure_type, DW_TAG_class_type,
                    DW_TAG_enumeration_type, DW_TAG_union_type, DW_TAG_lexical_block:
                    if depth < Self.nestingMax, dwarf_haschildren(&die) > 0 { pending.append((die, depth + 1)) }
                default: break
                }
            } while budget > 0 && ranges.count < Self.rangeCountMax && advance(&die)
        }
        return ranges.sorted { $0.start < $1.start }
    }

    // MARK: Units

    private func unit(at address: UInt64) -> Dwarf_Die? {
        Self.last(of: units, covering: address, start: \.start, end: \.end).flatMap { die(at: $0.unit) }
    }

    private func indexUnits() -> [UnitRange] {
        var ranges: [UnitRange] = []
        var current: OpaquePointer?
        var count = 0
        while count < Self.unitCountMax, ranges.count < Self.rangeCountMax {
            var next: OpaquePointer?
            var die = Dwarf_Die()
            guard dwarf_get_units(handle, current, &next, nil, nil, &die, nil) == 0, next != current else { break }
            let offset = dwarf_dieoffset(&die)
            Self.forEachRange(of: &die) { ranges.append(UnitRange(start: $0, end: $1, unit: offset)) }
            current = next
            count += 1
        }
        return ranges.sorted { $0.start < $1.start }
    }

    private func die(at offset: UInt64) -> Dwarf_Die? {
        var die = Dwarf_Die()
        return dwarf_offdie(handle, offset, &die) == nil ? nil : die
    }

    /// The next sibling, if there is one. Siblings lie one after another: one that lies before is a lie.
    private func advance(_ die: inout Dwarf_Die) -> Bool {
        var next = Dwarf_Die()
        guard dwarf_siblingof(&die, &next) == 0, dwarf_dieoffset(&next) > dwarf_dieoffset(&die) else { return false }
        die = next
        return true
    }

    private static func forEachRange(of die: inout Dwarf_Die, _ body: (UInt64, UInt64) -> Void) {
        var base: Dwarf_Addr = 0
        var start: Dwarf_Addr = 0
        var end: Dwarf_Addr = 0
        var offset = 0
        var count = 0
        while count < rangeCountMax {
            let next = dwarf_ranges(&die, offset, &base, &start, &end)
            guard next > 0, next != offset else { break }
            // Linkers leave 0 or 1 where they have thrown a function away.
            if start > 1, start < end { body(start, end) }
            offset = next
            count += 1
        }
    }

    /// The last range that begins at or before an address and covers it. Ranges seldom overlap: a few steps back do.
    private static func last<Range>(
        of ranges: [Range], covering address: UInt64, start: KeyPath<Range, UInt64>, end: KeyPath<Range, UInt64>
    ) -> Range? {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle][keyPath: start] <= address { low = middle + 1 } else { high = middle }
        }
        return ranges[max(0, low - 16)..<low].last { address < $0[keyPath: end] }
    }

    // MARK: Attributes

    private static func string(_ die: inout Dwarf_Die, _ attribute: Int) -> String? {
        var value = Dwarf_Attribute()
        guard dwarf_attr_integrate(&die, UInt32(attribute), &value) != nil, let text = dwarf_formstring(&value) else {
            return nil
        }
        return String(cString: text)
    }

    private static func number(_ die: inout Dwarf_Die, _ attribute: Int) -> UInt64? {
        var value = Dwarf_Attribute()
        var number: Dwarf_Word = 0
        guard dwarf_attr(&die, UInt32(attribute), &value) != nil, dwarf_formudata(&value, &number) == 0 else {
            return nil
        }
        return number
    }

    private static func declarationLine(_ die: inout Dwarf_Die) -> Int? {
        var line: Int32 = 0
        return dwarf_decl_line(&die, &line) == 0 && line > 0 ? Int(line) : nil
    }

    /// A path, or `nil` for what the compiler writes where there is no file.
    private static func sourcePath(_ text: UnsafePointer<CChar>?) -> String? {
        guard let text else { return nil }
        let path = String(cString: text)
        let isNone = path.isEmpty || path == "???"
        return isNone || path.hasSuffix("<compiler-generated>") || path.hasSuffix("<stdin>") ? nil : path
    }
}
