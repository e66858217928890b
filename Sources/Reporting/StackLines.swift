// A stack, a line a function; the runtime's frames are folded: they are the same in every stack.

import Analysis

struct StackLines {
    /// Left of everything.
    var margin: Int
    /// Of folded frames, the function that was called is named: in a native stack it says what the thread does.
    var namesFolded = false

    /// `stack` is innermost first.
    func append(_ stack: [StackFrame], isCut: Bool, to page: inout Page) {
        let indent = String(repeating: " ", count: margin)
        let location = min(48, (page.width - margin) * 2 / 5)
        let name = page.width - margin - location - 1
        var folded: [StackFrame] = []
        func unfold() {
            if let outermost = folded.last {
                let called = namesFolded ? ", \(outermost.place.function.printable)" : ""
                let text = "… \(folded.count) runtime frame\(folded.count == 1 ? "" : "s")" + called
                page.line(indent + page.ink.faint(text.shortened(to: page.width - margin)))
            }
            folded = []
        }
        for (index, frame) in stack.enumerated() {
            if frame.isRuntime {
                folded.append(frame)
                continue
            }
            // What is left out lies before the outermost frames.
            let isOutermost = !stack[(index + 1)...].contains { !$0.isRuntime }
            unfold()
            if isCut, isOutermost { page.line(indent + page.ink.faint("… frames left out")) }
            page.line(
                indent + frame.place.text(width: name).leftAligned(name) + " " + frame.place.location(width: location))
        }
        unfold()
    }
}
