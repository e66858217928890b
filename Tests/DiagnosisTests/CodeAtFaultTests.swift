import Testing

@testable import Analysis
@testable import Diagnosis

@Suite struct CodeAtFaultTests {
    private func fault(_ stacks: [SampleNode], _ state: SampleState = .cpu) -> CodeAtFault? {
        CodeAtFault(MadeUpService.longPolls(.risk, onCPU: 0.04, stacks: stacks), state)
    }

    private func node(
        _ function: String, _ seconds: Double, line: Int? = 10, file: String? = "/src/App.swift",
        state: SampleState = .cpu, loop: Bool? = nil, folded: Bool = false, module: String = "App",
        _ children: [SampleNode] = []
    ) -> SampleNode {
        MadeUpService.node(
            function, seconds, line: line, file: file, state: state, loop: loop, folded: folded, module: module,
            children)
    }

    private func chain(_ loops: [Bool?]) -> [SampleNode] {
        let names = ["handle", "price", "curve"]
        return zip(names, loops).reversed().reduce([]) { [node($1.0, 10, loop: $1.1, $0)] }
    }

    /// The outermost that goes round is to change; where none does, or nobody knows, the innermost.
    @Test(
        arguments: [
            ([nil, nil, nil], "curve", false), ([false, false, false], "curve", false),
            ([true, true, true], "handle", true), ([false, true, true], "price", true),
            ([nil, true, false], "price", true), ([false, nil, true], "curve", true),
        ] as [([Bool?], String, Bool)]) func theOutermostLoopIsToChange(loops: [Bool?], function: String, isLoop: Bool)
    {
        let fault = fault(chain(loops))
        #expect(fault?.place.function == function)
        #expect(fault?.isLoop == isLoop)
        #expect(fault?.innermost?.function == (function == "curve" ? nil : "curve"))
    }

    /// A chain ends where less than three parts in four go on in one function.
    @Test(arguments: [(7.6, "price"), (7.4, "handle")]) func theChainEndsWhereTimeIsSpread(part: Double, name: String) {
        let stacks = [node("handle", 10, [node("price", part), node("log", 10 - part)])]
        #expect(fault(stacks)?.place.function == name)
    }

    @Test func spreadFromTheStartIsNobodys() {
        #expect(fault([node("a", 5), node("b", 5)]) == nil)
        #expect(fault([]) == nil)
        #expect(fault([node("a", 0)]) == nil)
    }

    /// Libraries are passed through, and named where they are the end.
    @Test func librariesAreCalledAndNotAtFault() {
        let exp = node("exp", 9, file: nil, folded: true, module: "libm.so.6")
        let calling = fault([node("price", 10, [exp])])
        #expect(calling?.place.function == "price")
        #expect(calling?.called == "exp")
        let back = fault([
            node("price", 10, [node("map", 10, file: nil, folded: true, module: "Swift", [node("f", 9)])])
        ])
        #expect(back?.place.function == "f")
        #expect(back?.called == nil)
        // What has no module is no library that anybody knows.
        let unknown = fault([node("price", 10, [node("0x1", 9, file: nil, folded: true, module: "")])])
        #expect(unknown?.called == nil)
        #expect(fault([node("exp", 9, file: nil, folded: true, module: "libm.so.6")]) == nil)
    }

    /// What the compiler made has no file: it is to change only where nothing else is known.
    @Test func whatTheCompilerMadeIsNotToChange() {
        let made = node("partial apply", 10, line: nil, file: nil, loop: true)
        #expect(fault([node("handle", 10, [made])])?.place.function == "handle")
        #expect(fault([node("handle", 10, [made])])?.isLoop == false)
        #expect(fault([made])?.place.function == "partial apply")
    }

    // MARK: Lines and states

    /// Neither line alone has three parts in four.
    @Test func linesOfOneFunctionAreOne() {
        let stacks = [
            node("handle", 4, line: 20, [node("price", 4, line: 41)]),
            node("handle", 6, line: 21, [node("price", 6, line: 40)]),
        ]
        let fault = fault(stacks)
        #expect(fault?.place.function == "price")
        #expect(fault?.place.line == 40, "the line with most time, whichever is named first")
    }

    @Test func functionsOfOneNameInTwoFilesAreTwo() {
        #expect(fault([node("run()", 5, file: "/a.swift"), node("run()", 5, file: "/b.swift")]) == nil)
    }

    @Test func aLineCountsByItsOwnState() {
        // Four seconds in a call beside one that computes: the function computes for one second in eight.
        let stacks = [
            node("price", 1, line: 40), node("price", 4, line: 41, state: .blocked), node("other", 7),
        ]
        #expect(fault(stacks)?.place.function == "other")
        #expect(fault(stacks, .blocked)?.place.line == 41)
    }

    @Test func oneShortLoopIsNotWhatAFunctionDoes() {
        func lines(loop: Double) -> [SampleNode] {
            [node("handle", 10 - loop, line: 20, loop: false), node("handle", loop, line: 30, loop: true)]
        }
        #expect(fault(lines(loop: 2))?.isLoop == false)
        #expect(fault(lines(loop: 8))?.isLoop == true)
        #expect(fault([node("handle", 9, loop: nil), node("handle", 1, loop: true)])?.isLoop == true)
    }

    /// What is mixed has of each state what its children have, and of the rest what most of them are.
    @Test func mixedStatesCountByTheirChildren() {
        let stacks = [
            node("handle", 10, state: .mixed, [node("price", 8), node("read", 1, state: .blocked)]),
            node("idle", 1),
        ]
        #expect(fault(stacks)?.place.function == "price")
        #expect(fault(stacks, .blocked)?.place.function == "read")
        #expect(fault(stacks, .asleep) == nil)
        #expect(fault([node("handle", 10, state: .mixed)]) == nil)
    }

    @Test(arguments: [Double.nan, .infinity, -1]) func hostileTimesAreNoFault(seconds: Double) {
        let fault = fault([node("a", seconds, [node("b", seconds)])])
        #expect(fault == nil || seconds == .infinity)
    }
}
