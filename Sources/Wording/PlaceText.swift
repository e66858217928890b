// Where code is, in words that fit.

import Analysis

extension CodePlace {
    /// `RiskModel.score(_:), await 2`; the function gives way when it must, the await point does not.
    package func text(width: Int) -> String {
        let suffix =
            switch awaitPoint {
            case nil: ""
            case 0: ", start"
            case .some(let number): ", await \(number)"
            }
        return (function.printable.shortened(to: width - suffix.count) + suffix).shortened(to: width)
    }

    /// `Risk.swift:48`, with more of the path if there is room; empty if nobody knows.
    package func location(width: Int) -> String {
        guard let file else { return "" }
        let suffix = line.map { ":\($0)" } ?? ""
        return (file.printable.pathShortened(to: width - suffix.count) + suffix).shortened(to: width)
    }

    /// The function to the left and the file to the right; each row shares its width out for itself, so that a
    /// name is cut only where its own file leaves no room.
    package func row(width: Int) -> String {
        let needed = text(width: width).count
        let location = location(width: min(max(width * 2 / 5, width - needed - 2), width / 2))
        let room = width - (location.isEmpty ? 0 : location.count + 2)
        let name = text(width: room)
        return name + location.rightAligned(width - name.count)
    }
}

extension ThreadName {
    /// `quotes (4125)`.
    package var text: String { name.isEmpty ? "\(tid)" : "\(role ?? name.printable) (\(tid))" }

    /// What Dispatch's threads are for. Their names are longer than the 15 bytes that the kernel keeps, so what is
    /// left of "com.apple.root.default-qos" is its end.
    private var role: String? {
        if name.hasSuffix("-qos") { return "pool thread" }
        if name.hasSuffix("-qos.overcommit") { return "Dispatch thread" }
        return nil
    }
}
