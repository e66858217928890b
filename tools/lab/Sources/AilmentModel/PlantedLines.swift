// The lines of a source file between `// planted: begin` and `// planted: end`: the code at fault, wherever it moves to.

package struct PlantedLines: Equatable, Sendable {
    /// Line numbers from 1, the markers not included.
    package var ranges: [ClosedRange<Int>]

    package init(ranges: [ClosedRange<Int>]) { self.ranges = ranges }

    package init(markedIn source: String, path: String) throws {
        ranges = []
        var begin: Int?
        for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            switch line.drop(while: { $0 == " " }) {
            case "// planted: begin":
                guard begin == nil else { throw LabFailure("\(path):\(index + 1): what was begun before has no end.") }
                begin = index + 2
            case "// planted: end":
                guard let first = begin, first <= index else {
                    throw LabFailure("\(path):\(index + 1): the end of nothing.")
                }
                ranges.append(first...index)
                begin = nil
            default: break
            }
        }
        guard begin == nil, !ranges.isEmpty else {
            throw LabFailure("\(path): mark what is planted by // planted: begin and // planted: end.")
        }
    }

    package func contain(_ line: Int) -> Bool { ranges.contains { $0.contains(line) } }
}
