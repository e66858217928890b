// One limit against a recording: the figure, and whether it keeps to the limit.

import Analysis
import Wording

struct LimitJudge {
    private static let shown = 3

    var plan: CheckPlan
    var model: ReportModel

    func outcome(of limit: Limit) -> CheckResults.Outcome {
        switch (limit.measure, limit.name) {
        case (.maxLost, _): return judge(limit, Double(model.recordsLost), lossWords)
        case (.minCoverage, _):
            guard let share = model.coverage.cpuShareAtMost else {
                return failed(
                    limit, "CPU times of the process are not known. Record it alive, for two seconds or more.")
            }
            return judge(limit, share, "at most \(Quantity.share(share)) of CPU time")
        case (.minPolls, nil): return judge(limit, Double(model.polls), Quantity.count(model.polls))
        case (.minRequests, nil): return judge(limit, Double(model.requestCount), Quantity.count(model.requestCount))
        case (.maxErrors, nil): return together(limit)
        case (_, let name?): return one(limit, name)
        default: return each(limit)
        }
    }

    private func judge(_ limit: Limit, _ value: Double, _ words: String) -> CheckResults.Outcome {
        outcome(limit, words, limit.accepts(value))
    }

    private func failed(_ limit: Limit, _ reason: String) -> CheckResults.Outcome { outcome(limit, reason, false) }

    private func outcome(_ limit: Limit, _ words: String, _ hasPassed: Bool) -> CheckResults.Outcome {
        CheckResults.Outcome(title: limit.title, measured: words, hasPassed: hasPassed, origin: limit.origin)
    }

    private var lossWords: String {
        model.recordsLost == 0 ? "nothing lost" : "\(Quantity.counted(model.recordsLost, "record")) lost"
    }

    // MARK: By name

    private func one(_ limit: Limit, _ name: String) -> CheckResults.Outcome {
        let readings = model.readings(of: limit.measure, named: name)
        guard let reading = readings.first(where: { $0.name == name }) else {
            return failed(limit, none(limit, name, among: readings.map(\.name)))
        }
        guard reading.samples > 0 || !limit.measure.isMost else { return failed(limit, "nothing was measured") }
        guard !limit.measure.needsSamples || reading.samples >= plan.samplesLeast else {
            return failed(limit, tooFew(reading.samples, limit))
        }
        return judge(limit, reading.value, words(reading, limit.measure, isNamed: false))
    }

    private func none(_ limit: Limit, _ name: String, among names: [String]) -> String {
        let kind = limit.measure.subject?.rawValue ?? "thing"
        guard !names.isEmpty else { return "There are no \(kind)s in the recording." }
        return "There is no \(kind) \"\(name.printable)\" in the recording. "
            + CheckSettings.nearest(to: name, among: names)
    }

    private func tooFew(_ samples: UInt64, _ limit: Limit) -> String {
        "\(Quantity.counted(samples, "value")) are too few to say: --min-samples is \(Quantity.count(plan.samplesLeast))"
    }

    // MARK: All

    /// The share of all requests that have no limit of their own.
    private func together(_ limit: Limit) -> CheckResults.Outcome {
        let requests = model.requests.endpoints.filter { !plan.hasOwnLimit(limit.measure, $0.name) }
        guard !model.requests.endpoints.isEmpty else { return failed(limit, "There are no requests in the recording.") }
        let count = requests.reduce(0) { $0 &+ $1.count }
        let failures = requests.reduce(0) { $0 &+ $1.failures }
        guard !requests.isEmpty else { return outcome(limit, "each request has a limit of its own", true) }
        guard count >= plan.samplesLeast else { return failed(limit, tooFew(count, limit)) }
        let share = count > 0 ? Double(failures) / Double(count) : 0
        return judge(
            limit, share,
            "\(Quantity.share(share)): \(Quantity.count(failures)) of \(Quantity.counted(count, "request"))")
    }

    /// Each of those that have no limit of their own.
    private func each(_ limit: Limit) -> CheckResults.Outcome {
        let measure = limit.measure
        let all = model.readings(of: measure, named: nil)
        guard !all.isEmpty else { return failed(limit, none(limit, "", among: [])) }
        let readings = all.filter { !plan.hasOwnLimit(measure, $0.name) }
        guard !readings.isEmpty else { return outcome(limit, "each has a limit of its own", true) }
        let least = measure.needsSamples ? max(1, plan.samplesLeast) : 1
        let judged = readings.filter { $0.samples >= least }.sorted { $0.value > $1.value }
        guard let worst = judged.first else {
            return failed(limit, tooFew(readings.map(\.samples).max() ?? 0, limit))
        }
        let over = judged.filter { !limit.accepts($0.value) }
        var text = words(worst, measure, isNamed: true)
        if over.count > 1 {
            let others = over.dropFirst()
            text +=
                "; also " + others.prefix(Self.shown).map { words($0, measure, isNamed: true) }.joined(separator: ", ")
            if others.count > Self.shown { text += " and \(others.count - Self.shown) more" }
        }
        let few = readings.filter { $0.samples < least && $0.samples > 0 }
        if !few.isEmpty {
            text += "; too few values to say: " + few.prefix(Self.shown).map(\.name.printable).joined(separator: ", ")
            if few.count > Self.shown { text += " and \(few.count - Self.shown) more" }
        }
        return outcome(limit, text, over.isEmpty)
    }

    /// `37.9 ms on global pool`.
    private func words(_ reading: Reading, _ measure: Measure, isNamed: Bool) -> String {
        let value =
            switch measure.unit {
            case .time: Quantity.duration(reading.value)
            case .share: Quantity.share(reading.value)
            case .count: Quantity.count(UInt64(reading.value))
            }
        let place =
            isNamed ? (measure.subject == .executor ? " on " : " of ") + reading.name.printable.shortened(to: 60) : ""
        return value + place + (reading.remark.isEmpty ? "" : " (\(reading.remark))")
    }
}

extension Limit {
    fileprivate func accepts(_ figure: Double) -> Bool {
        guard figure.isFinite else { return false }
        // What is equal in decimals may differ in the last bit.
        return measure.isMost ? figure <= value * (1 + 1e-12) : figure >= value * (1 - 1e-12)
    }
}
