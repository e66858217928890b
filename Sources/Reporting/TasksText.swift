// Live tasks for people: by where they wait, or one by one.

import Analysis
import Wording

/// Renders live tasks as text.
public struct TasksText: Sendable {
    /// Columns of the terminal; 80 where there is none.
    public var width: Int
    public var ink: Ink

    private static let margin = 6
    /// Of a group, so many tasks, makers, … are named.
    private static let named = 4

    public init(width: Int = 80, ink: Ink = .plain) {
        self.width = width
        self.ink = ink
    }

    /// The groups, largest first.
    public func text(of model: TasksModel) -> String {
        var page = Page(width: width, ink: ink)
        head(model, to: &page)
        for group in model.groups { append(group, of: model, to: &page) }
        if !model.tasks.isEmpty {
            page.line()
            page.sentence("Each task with its async stack, in the order of who made whom: --all")
        }
        return page.text
    }

    /// Every task with its async stack, each behind the one that made it.
    public func textOfAll(_ model: TasksModel) -> String {
        var page = Page(width: width, ink: ink)
        head(model, to: &page)
        let labels = Dictionary(model.tasks.map { ($0.id, $0.label) }) { first, _ in first }
        for task in model.tasks { append(task, labels: labels, to: &page) }
        return page.text
    }

    private func head(_ model: TasksModel, to page: inout Page) {
        let live = Quantity.counted(model.totals.live, "live task")
        page.sentence("\(model.name) (pid \(model.processID)), \(live)", mark: ink.heading)
        page.sentence(
            "\(Quantity.count(model.totals.created)) made and \(Quantity.count(model.totals.ended)) ended since it is "
                + "observed")
        if let caution = model.caution { page.sentence(caution, mark: ink.alarm) }
        if let untracked = model.untracked { page.sentence(untracked, mark: ink.alarm) }
        if model.tasks.isEmpty, model.totals.live == 0 { page.sentence("Nothing waits, and nothing runs.") }
    }

    // MARK: Groups

    private func append(_ group: TaskGroupReport, of model: TasksModel, to page: inout Page) {
        page.line()
        let count = group.tasks.count
        let many = count > 1
        page.sentence(
            "\(Quantity.counted(UInt64(count), "task")) \(group.wait.text(plural: many))\(since(group))",
            mark: ink.heading)
        place(group.place, before: "at", to: &page)
        if let code = group.codes.first {
            place(code.value, before: "made of", others: group.codes.count - 1, to: &page)
        }
        if let maker = group.makers.first {
            place(maker.value, before: "made by", others: group.makers.count - 1, to: &page)
        }
        page.sentence(members(of: group, in: model), indent: Self.margin)
    }

    private func since(_ group: TaskGroupReport) -> String {
        guard let oldest = group.oldestSeconds, let median = group.medianSeconds else { return "" }
        guard group.tasks.count > 1 else { return ", for \(Quantity.duration(oldest))" }
        return ", for \(Quantity.duration(median)) (median), \(Quantity.duration(oldest)) (longest)"
    }

    /// `#4 "worker 1", #5 and 298 others; made in #1; 3 of them cancelled`.
    private func members(of group: TaskGroupReport, in model: TasksModel) -> String {
        var text = listed(group.tasks.map { model.tasks[$0].label })
        let parents = group.parents.map { parent in
            parent.value.name.map { "#\(parent.value.id) \"\($0)\"" } ?? "#\(parent.value.id)"
        }
        if !parents.isEmpty { text += "; made in " + listed(parents) }
        if group.cancelled > 0 {
            text += group.cancelled == group.tasks.count ? "; cancelled" : "; \(group.cancelled) of them cancelled"
        }
        return text
    }

    private func listed(_ labels: [String]) -> String {
        let shown = labels.prefix(labels.count <= Self.named + 1 ? labels.count : Self.named)
        let others = labels.count - shown.count
        return shown.joined(separator: ", ") + (others > 0 ? " and \(UInt64(others).groupedDigits) others" : "")
    }

    /// A place on a line of its own, with the file to the right.
    private func place(_ place: CodePlace, before word: String, others: Int = 0, to page: inout Page) {
        let lead = String(repeating: " ", count: Self.margin) + word.leftAligned(8) + " "
        let room = min(page.width, Page.readable) - lead.count
        page.line(lead + place.row(width: room))
        if others > 0 {
            page.line(
                String(repeating: " ", count: lead.count)
                    + ink.faint("and \(others) other place\(others == 1 ? "" : "s")"))
        }
    }

    // MARK: One by one

    private func append(_ task: TaskReport, labels: [UInt32: String], to page: inout Page) {
        page.line()
        // Deep trees stay on the page.
        let indent = min(task.depth, 6) * 2
        let waited = task.waitSeconds.map { ", for \(Quantity.duration($0))" } ?? ""
        let awaited = task.awaited.map { " (\(labels[$0] ?? "#\($0)"))" } ?? ""
        page.sentence(
            "\(task.label), \(task.kind.text), \(task.wait.text(plural: false))\(awaited)\(waited)"
                + (task.isCancelled ? ", cancelled" : ""), indent: indent, mark: ink.heading)
        page.sentence(origin(of: task, labels: labels), indent: indent + 4)
        StackLines(margin: indent + 4).append(task.stack, isCut: task.isStackCut, to: &page)
    }

    private func origin(of task: TaskReport, labels: [UInt32: String]) -> String {
        var parts = ["\(Quantity.counted(UInt64(task.polls), "poll")) in \(Quantity.duration(task.ageSeconds))"]
        if let code = task.code { parts.append("made of \(words(code))") }
        if let parent = task.parent { parts.append("made in \(labels[parent] ?? "#\(parent)")") }
        if let maker = task.maker { parts.append("by \(words(maker))") }
        return parts.joined(separator: ", ")
    }

    private func words(_ place: CodePlace) -> String {
        let location = place.location(width: 40)
        return place.text(width: 60) + (location.isEmpty ? "" : " (\(location))")
    }
}
