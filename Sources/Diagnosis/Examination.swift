// What the rules look at: a report's figures, and what follows from them for single pieces of code.

import Analysis

/// One report under examination.
struct Examination {
    let model: ReportModel
    let limits: DiagnosisThresholds
    /// By executor's name.
    private let executors: [String: ExecutorReport]
    private let kinds: [String: ExecutorKind]

    init(_ model: ReportModel, limits: DiagnosisThresholds) {
        self.model = model
        self.limits = limits
        executors = Dictionary(model.executors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var kinds = executors.mapValues(\.kind)
        for site in model.sites { kinds[site.executor] = site.executorKind }
        self.kinds = kinds
    }

    func executor(_ name: String) -> ExecutorReport? { executors[name] }

    func kind(ofExecutor name: String) -> ExecutorKind { kinds[name] ?? .other }

    var seconds: Double { model.session.durationSeconds }

    var cpuSeconds: Double { model.coverage.processCPUSeconds ?? 0 }

    /// P99 of the wait for an executor, or for the actors of a type, in seconds.
    func waitP99(of blame: ExecutorBlame) -> Double {
        if let executor = executors[blame.name] { return executor.waitSeconds.p99 }
        return model.actors.types.first { "actor \($0.type)" == blame.name }?.held.waitSeconds.p99 ?? 0
    }

    /// The part of the waiting for an executor that others do than code of `functions`: victims, and not more of the same
    /// work. By the waits of sites.
    func othersShare(on executor: String, than functions: Set<String>) -> Double {
        var (all, own) = (0.0, 0.0)
        for site in model.sites where site.executor == executor && site.kind != .turn {
            all += site.waitSeconds.totalSeconds
            if functions.contains(site.place.function) { own += site.waitSeconds.totalSeconds }
        }
        return all > 0 ? (all - own) / all : 0
    }

    /// Sites that wait most for an executor, without those of `functions`.
    func waiting(on executor: String, except functions: Set<String>) -> [(function: String, seconds: Double)] {
        var sums: [String: Double] = [:]
        for site in model.sites
        where site.executor == executor && site.kind != .turn && !functions.contains(site.place.function) {
            sums[Self.plain(site.place.function), default: 0] += site.waitSeconds.totalSeconds
        }
        return sums.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map { (function: $0.key, seconds: $0.value) }
    }

    /// The function that the runtime's helper works for.
    private static func plain(_ function: String) -> String {
        for prefix in ["timer of ", "yield of "] where function.hasPrefix(prefix) {
            return String(function.dropFirst(prefix.count))
        }
        return function
    }
}
