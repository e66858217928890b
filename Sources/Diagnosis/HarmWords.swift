// What harm is said to do, in phrases: each figure beside what it is a part of.

import Analysis
import Wording

extension Examination {
    /// `93 % of all waiting for the global pool (212 s); GET /quote +61 ms in the slowest 1 %`, a phrase each.
    func effects(of harm: Harm, functions: Set<String>) -> [String] {
        var effects: [String] = []
        if let blame = harm.executor, harm.waitShare > 0 {
            effects.append(
                "\(Quantity.share(min(1, harm.waitShare))) of all waiting for the \(blame.name.printable) "
                    + "(\(Quantity.duration(harm.waitShare * blame.waitSeconds)))")
        }
        for tail in harm.tails.prefix(2) where tail.share >= 0.02 {
            effects.append(
                "\(tail.request.printable) +\(Quantity.duration(tail.seconds)) in its slowest 1 %")
        }
        if harm.tails.isEmpty, let first = victims(of: harm, functions: functions).first {
            effects.append("\(first.name.printable) waited longest")
        }
        for own in harm.own.prefix(1) where own.share >= limits.tailShare.value {
            effects.append(
                "\(Quantity.duration(own.seconds)) of the slowest \(own.request.printable) is its own doing")
        }
        return effects
    }

    /// The starvation that follows from a cause.
    func symptoms(of harm: Harm) -> [FindingSymptom] {
        var symptoms: [FindingSymptom] = []
        for executor in Set(harm.episodes.map(\.executor)).sorted() {
            let episodes = harm.episodes.filter { $0.executor == executor }
            guard let longest = episodes.max(by: { $0.durationSeconds < $1.durationSeconds }) else { continue }
            let count = Quantity.counted(UInt64(episodes.count), "episode")
            symptoms.append(
                FindingSymptom(
                    kind: starvationKind(of: executor),
                    sentence: "\(count) of starvation of the \(executor.printable), the longest "
                        + "\(Quantity.duration(longest.durationSeconds)), as many as "
                        + "\(Quantity.counted(UInt64(episodes.map(\.peakDepth).max() ?? 0), "job")) waiting"))
        }
        return symptoms
    }

    private func starvationKind(of executor: String) -> FindingKind {
        if executor.hasPrefix("actor ") { return .actorContention }
        return kind(ofExecutor: executor) == .main ? .mainActorOverload : .starvation
    }
}

extension SiteName {
    /// `in await 2 of RiskModel.score(_:), task "POST /risk"`, without what the code at fault says already.
    func context(besides code: CodePlace) -> String {
        var words: [String] = []
        let point =
            switch place.awaitPoint {
            case nil: ""
            case 0: "from the start"
            case .some(let number): "after await \(number)"
            }
        if place.function != code.function {
            words.append((point.isEmpty ? "in " : point + " of ") + place.function.printable)
        } else if !point.isEmpty {
            words.append(point)
        }
        // A closure in closures is a library's way to call a handler: it tells nothing.
        if !task.isEmpty, task != place.function, task != code.function, !task.contains("closure 1 in closure") {
            words.append("task \(task.printable)")
        }
        return words.joined(separator: ", ")
    }
}
