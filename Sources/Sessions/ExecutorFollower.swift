// Follows the table of executors: each is taken once, when it is whole.

import CPollscopeLayout

/// Remembers which executors of a session are known. Entries are in no order, and never used again.
struct ExecutorFollower {
    private let file: SessionFile
    private var isKnown: [Bool]  // by place in the table
    private var knownCount = 0

    init(file: SessionFile) {
        self.file = file
        isKnown = Array(repeating: false, count: Int(file.layout.executors.count))
    }

    /// The executors that are new, in the order of their numbers. Where there are none, it costs one read of the header.
    mutating func take() -> [ExecutorIdentity] {
        // An entry is counted before it is published, so a count may be ahead for a moment; of a process that was killed,
        // for ever.
        guard knownCount < min(Int(file.header().executors_used), isKnown.count) else { return [] }
        let section = file.layout.executors
        let entries = file.values(pollscope_executor_entry(), count: isKnown.count, at: section.offset)
        var executors: [ExecutorIdentity] = []
        for (place, seen) in entries.enumerated() where seen.kind != 0 && !isKnown[place] {
            // The rest was stored before `kind`: a copy made after that was seen has all of it.
            let whole = file.value(
                pollscope_executor_entry(), at: section.offset + UInt64(place) * UInt64(section.entry_bytes))
            guard let executor = executor(whole, at: place) else { continue }
            isKnown[place] = true
            knownCount += 1
            executors.append(executor)
        }
        return executors
    }

    private func executor(_ entry: pollscope_executor_entry, at place: Int) -> ExecutorIdentity? {
        guard entry.kind != 0, let number = UInt8(exactly: Int(POLLSCOPE_EXECUTOR_FIRST.rawValue) + place) else {
            return nil
        }
        // Safe: the tuple is plain bytes.
        let name = withUnsafeBytes(of: entry.name) { PrintableText.text($0.prefix { $0 != 0 }) }
        return ExecutorIdentity(
            number: number, kind: entry.kind, type: entry.type, name: name, identity: entry.identity)
    }
}
