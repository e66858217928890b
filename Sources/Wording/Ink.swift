// Emphasis on a terminal: what is marked, and with which escapes, if any.

/// How emphasis is written. Whatever ink marks can be read without it.
public struct Ink: Sendable {
    private var heading: String
    private var alarm: String
    private var faint: String
    private var end: String

    /// No escapes: for files, pipes and terminals that do not want colour.
    public static let plain = Ink(heading: "", alarm: "", faint: "", end: "")
    public static let terminal = Ink(heading: "\u{1B}[1m", alarm: "\u{1B}[1;31m", faint: "\u{1B}[2m", end: "\u{1B}[0m")

    package func heading(_ text: String) -> String { wrap(text, heading) }
    /// For what is over a threshold; the words beside it say so too.
    package func alarm(_ text: String) -> String { wrap(text, alarm) }
    package func faint(_ text: String) -> String { wrap(text, faint) }

    private func wrap(_ text: String, _ start: String) -> String { text.isEmpty ? text : start + text + end }
}
