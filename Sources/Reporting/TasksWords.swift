// What live tasks wait for, in words.

import Analysis

extension TaskWait {
    /// `wait for a sleep to end (Task.sleep(for:))`, after `12 tasks`.
    func text(plural: Bool) -> String {
        let wait = plural ? "wait" : "waits"
        let of = what.map { " (\($0.printable))" } ?? ""
        return switch kind {
        case .unknown: plural ? "went on while they were looked at" : "went on while it was looked at"
        case .running: plural ? "run" : "runs"
        case .start: "\(wait) to begin" + (what.map { " on \($0.printable)" } ?? "")
        case .executor: "\(wait) to go on" + (what.map { " on \($0.printable)" } ?? "")
        case .yield: "\(wait) to go on after Task.yield()"
        case .sleep: "\(plural ? "sleep" : "sleeps")\(of)"
        case .child: "\(wait) for an async let"
        case .task: "\(wait) for another task"
        case .group: "\(wait) for the children of a group"
        case .continuation: "\(wait) for a continuation to be resumed\(of)"
        case .other: "\(plural ? "are" : "is") suspended\(of)"
        }
    }
}

extension TaskReport.Kind {
    var text: String {
        switch self {
        case .task: "task"
        case .groupChild: "child of a group"
        case .asyncLet: "async let"
        case .unknown: "task that had begun before it was first seen"
        }
    }
}

extension TasksModel {
    /// The last component of the executable's path.
    var name: String { String(executable.split(separator: "/").last ?? "process").printable }

    /// What the reader must know before believing that this is where tasks wait; `nil`: nothing.
    var caution: String? {
        switch answer {
        case .answered: return nil
        case .processEnded:
            return """
                The process has ended. This is what its session knew: which tasks lived, and where they waited as of the \
                last time that somebody asked and they had not run since.
                """
        case .noWatcher:
            return """
                The process runs without the thread that could look where its tasks wait (POLLSCOPE_LONG_POLL=off). This \
                is what the table knows: which tasks live, and which of them run.
                """
        case .silent:
            return isStopped
                ? """
                The process is stopped, by a signal or a debugger, and cannot look where its tasks wait. This is what was \
                known before.
                """
                : """
                The process did not answer in time: it gets no CPU, or its session file cannot be written from here. This \
                is what was known before.
                """
        }
    }

    /// How many tasks there is no room for; `nil`: none.
    var untracked: String? {
        guard totals.untrackedLive > 0 else { return nil }
        return """
            \(Quantity.count(totals.tracked)) of them are in the table, which is full. Of the other \
            \(Quantity.count(totals.untrackedLive)) nothing is known but their number.
            """
    }
}
