// The request that a span stands for, and what is said of it until it ends.

import Pollscope
import Synchronization
import Tracing

/// Shared by all copies of a span, and by the contexts that are made of it.
final class SpanRequest: Sendable {
    /// What was said so far.
    private struct Notes {
        var name: String
        var attributes: SpanAttributes = [:]
        var outcome: Pollscope.Outcome = .ok
        var hasEnded = false
    }

    let request: Pollscope.Request
    private let kind: SpanKind
    private let firstName: String
    private let notes: Mutex<Notes>

    /// `nil` where nothing is observed.
    init?(_ name: String, _ kind: SpanKind, partOf parent: SpanRequest?) {
        let begun =
            switch kind {
            case .client, .producer: Pollscope.beginCall(name, partOf: parent?.request)
            case .server, .consumer, .internal: Pollscope.beginRequest(name, partOf: parent?.request)
            }
        guard begun.isRecorded else { return nil }
        request = begun
        self.kind = kind
        firstName = name
        notes = Mutex(Notes(name: name))
    }

    func note(name: String) {
        notes.withLock { $0.name = name }
    }

    /// `areAll`: what was set before is among them. Spans that record nothing give nothing back that could be added to.
    func note(_ attributes: SpanAttributes, areAll: Bool) {
        notes.withLock { notes in
            if areAll { notes.attributes = attributes } else { notes.attributes.merge(attributes) }
        }
    }

    func note(_ status: SpanStatus) {
        notes.withLock { notes in
            switch status.code {
            case .ok: notes.outcome = .ok
            case .error where notes.outcome == .ok: notes.outcome = .error
            case .error: break  // what was cancelled is told as an error, too
            }
        }
    }

    func note(_ error: any Error) {
        notes.withLock { $0.outcome = Pollscope.Outcome(of: error) }
    }

    /// The first time only.
    func end() {
        let last: Notes? = notes.withLock { notes in
            guard !notes.hasEnded else { return nil }
            notes.hasEnded = true
            return notes
        }
        guard let last else { return }
        let name = SpanName(last.name, kind, last.attributes).text
        request.end(outcome(of: last), named: name == firstName ? nil : name)
    }

    private func outcome(of notes: Notes) -> Pollscope.Outcome {
        guard notes.outcome == .ok, let status = notes.attributes.httpStatus, status >= 500 else {
            return notes.outcome
        }
        return .error
    }
}
