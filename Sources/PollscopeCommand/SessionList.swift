// The table of `pollscope ps`, in text and JSON.

import Sessions

enum SessionList {
    static func text(_ sessions: [FoundSession], folders: [String]) -> String {
        guard !sessions.isEmpty else {
            return "No sessions in \(folders.joined(separator: ", "))."
        }
        var rows = [["PID", "STATE", "PROGRAM", "SESSION"]]
        for session in sessions {
            rows.append([
                String(session.processID), word(session.state),
                session.executable.split(separator: "/").last.map(String.init) ?? "?", session.path,
            ])
        }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max()! }
        var lines = rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? padding + cell.0 : cell.0 + (column == 3 ? "" : padding)
            }.joined(separator: "  ")
        }
        for session in sessions {
            if let reason = reason(session.state) { lines.append("\(session.processID): \(reason)") }
        }
        return lines.joined(separator: "\n")
    }

    static func json(_ sessions: [FoundSession]) -> String {
        let entries = sessions.map { session in
            let reason = reason(session.state).map(quoted) ?? "null"
            return "{\"pid\":\(session.processID),\"state\":\(quoted(word(session.state))),"
                + "\"program\":\(quoted(session.executable)),\"session\":\(quoted(session.path)),\"reason\":\(reason)}"
        }
        return "{\"schema\":\"pollscope.ps/1\",\"sessions\":[\(entries.joined(separator: ","))]}"
    }

    private static func word(_ state: FoundSession.State) -> String {
        switch state {
        case .alive: "alive"
        case .dead: "dead"
        case .stale: "stale"
        case .refused: "refused"
        }
    }

    private static func reason(_ state: FoundSession.State) -> String? {
        switch state {
        case .alive, .dead: nil
        case .stale(let why), .refused(let why): why
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                result +=
                    "\\u" + String(repeating: "0", count: scalar.value < 16 ? 3 : 2)
                    + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
