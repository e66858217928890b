// Which functions of a program that ran were in loops of their own.

import Testing

@testable import Symbols

struct FrameLoopTests {
    private static let swift = """
        @_silgen_name("c_show") func show()

        @inline(never) func leaf(_ n: Int) { show(); print(n) }
        @inline(never) func opaque(_ n: Int) -> Int { Int("\\(n)") ?? 0 }

        @inline(never) func looping(_ n: Int) {
            for i in 0..<n { leaf(i) }
            print(n)
        }
        @inline(never) func passing(_ n: Int) { looping(n); print(n) }
        @inline(never) func after(_ n: Int) {
            var sum = 0
            for i in 0..<n { sum += opaque(i) }
            leaf(sum)
            for i in 0..<n { sum += opaque(i) }
            print(sum)
        }
        @inline(never) func seldom(_ n: Int) -> Int {
            var n = n
            if n == 4711 { n = opaque(n) + opaque(n + 1) }
            leaf(n)
            if n == 4712 { n = opaque(n) * opaque(n + 1) }
            return opaque(n)
        }

        @inline(__always) func copiedLoop(_ n: Int) { for i in 0..<n { leaf(i * 3) } }
        @inline(never) func copiesLoop(_ n: Int) { copiedLoop(n); print(n) }
        @inline(__always) func copiedBody(_ n: Int) {
            if n >= 0 { leaf(n) }
            print(n)
        }
        @inline(never) func loopsOverCopy(_ n: Int) { for i in 0..<n { copiedBody(i) } }
        @inline(__always) func copiedInner(_ n: Int) {
            for i in 0..<n { leaf(i) }
            print(n)
        }
        @inline(never) func loopsOverLoop(_ n: Int) { for i in 1...n { copiedInner(i) } }

        @inline(never) func recursing(_ n: Int) -> Int {
            guard n > 0 else { leaf(n); return opaque(n) }
            let below = recursing(n - 1)
            return opaque(below)
        }
        @inline(never) func switching(_ kinds: [Int]) {
            for kind in kinds {
                switch kind {
                case 0: leaf(opaque(1))
                case 1: print(opaque(2) + opaque(7))
                case 2: leaf(opaque(3) * 2)
                case 3: print(opaque(4), opaque(8))
                case 4: leaf(opaque(5) - 6)
                case 5: print(opaque(6) + 1)
                default: leaf(opaque(7) / 3)
                }
            }
        }
        @inline(never) func leaving(_ n: Int) {
            for i in 0..<n where opaque(i) == 3 {
                leaf(i)
                print(opaque(i))
                return
            }
            print(n)
        }

        @inline(never) func suspending(_ n: Int) async {
            var i = 0
            while i < n {
                leaf(i)
                await Task.yield()
                i += 1
            }
        }
        @inline(never) func seldomSuspending(_ n: Int) async {
            for i in 0..<n {
                leaf(i)
                if opaque(i) % 3 == 2 { await Task.yield() }
            }
        }

        @inline(never) func mapping(_ numbers: [Int]) -> [Int] {
            numbers.map { leaf($0); return opaque($0) }
        }
        @inline(never) func reducing(_ numbers: [Int]) -> Int {
            numbers.reduce(0) { leaf($1); return $0 + opaque($1) }
        }
        @inline(never) func mappingInLoop(_ n: Int) {
            for i in 1...n { print([i, i + 1].map { leaf($0); return opaque($0) }) }
        }

        @main struct Main {
            static func main() async {
                passing(2)
                after(2)
                print(seldom(opaque(2)))
                copiesLoop(opaque(2))
                loopsOverCopy(opaque(2))
                loopsOverLoop(opaque(2))
                print(recursing(opaque(3)))
                switching([0, 2, 4, 6, 1, 3, 5])
                leaving(opaque(5))
                await suspending(opaque(2))
                await seldomSuspending(opaque(6))
                print(mapping([1, 2]), reducing([1, 2]))
                mappingInLoop(opaque(2))
            }
        }

        """

    private static let loops = [
        "leaf(_:)": false, "looping(_:)": true, "passing(_:)": false, "after(_:)": false, "seldom(_:)": false,
        "copiedLoop(_:)": true, "copiesLoop(_:)": false, "copiedBody(_:)": false, "loopsOverCopy(_:)": true,
        "copiedInner(_:)": true, "loopsOverLoop(_:)": true, "recursing(_:)": false, "switching(_:)": true,
        "leaving(_:)": false, "suspending(_:)": false, "seldomSuspending(_:)": true, "mapping(_:)": false,
        "closure 1 in mapping(_:)": false, "reducing(_:)": false, "closure 1 in reducing(_:)": false,
        "mappingInLoop(_:)": true, "closure 1 in mappingInLoop(_:)": false,
    ]

    private func stacks(_ optimization: String) throws -> [[SourceFrame]] {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let program = try StackProgram(Self.swift, optimization: optimization, in: fixture)
        return program.stacks.map { $0.flatMap(program.symbolizer.codeFrames(atReturnAddress:)) }
    }

    @Test(arguments: ["-Onone", "-O"])
    func eachFunctionHasItsOwnLoops(optimization: String) throws {
        let frames = try stacks(optimization).flatMap { $0 }
        for (function, isInLoop) in Self.loops {
            let found = frames.filter { $0.function == function && $0.origin == .user }
            #expect(!found.isEmpty, "no \(function)")
            for frame in found {
                #expect(frame.isInLoop == isInLoop, "\(function), line \(frame.line ?? 0), \(optimization)")
            }
        }
    }

    /// What calls the closure is the library's, copied into the caller or not.
    @Test(arguments: ["-Onone", "-O"])
    func aClosureIsInTheLibrarysLoop(optimization: String) throws {
        let stacks = try stacks(optimization)
        for function in ["mapping(_:)", "reducing(_:)"] {
            let stack = try #require(stacks.first { $0.contains { $0.function == function } })
            let caller = try #require(stack.firstIndex { $0.function == function })
            let closure = try #require(stack.firstIndex { $0.function == "closure 1 in \(function)" })
            try #require(closure < caller)
            let between = stack[closure..<caller].filter { $0.origin == .runtime }
            #expect(between.contains { $0.isInLoop == true }, "\(between.map(\.function))")
        }
    }
}
