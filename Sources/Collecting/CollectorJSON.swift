// Sessions and findings for programs.

import Wording

extension CollectorBoard {
    func sessionsJSON() -> String {
        withState { state in
            let entries = state.sessions.values.sorted {
                ($0.service, $0.processID, $0.path) < ($1.service, $1.processID, $1.path)
            }
            let values = entries.map { entry -> JSONValue in
                .object([
                    ("pid", .integer(UInt64(max(0, entry.processID)))), ("service", .string(entry.service)),
                    ("program", .string(entry.program)), ("state", .string(entry.state.rawValue)),
                    ("reason", entry.reason.isEmpty ? .null : .string(entry.reason)),
                    ("session", .string(entry.path)), ("sinceSeconds", .number(entry.since)),
                    ("windowSeconds", .number(entry.windowSeconds)),
                    ("windowBytes", .integer(UInt64(entry.windowBytes))),
                ])
            }
            return JSONValue.object([("schema", .string("pollscope.sessions/1")), ("sessions", .array(values))]).text
        }
    }

    func findingsJSON() -> String {
        let services = withState { state in
            state.services.mapValues { $0.diagnoses.values.sorted { $0.processID < $1.processID } }
        }
        let values = services.sorted { $0.key < $1.key }.map { name, diagnoses -> JSONValue in
            .object([("service", .string(name)), ("processes", .array(diagnoses.map(\.json)))])
        }
        return JSONValue.object([("schema", .string("pollscope.findings/1")), ("services", .array(values))]).text
    }
}
