// What some code costs others: the waiting it is to blame for, and what it adds to the slowest requests.

import Analysis

/// What the code of some sites did while others waited for it.
enum CauseKind: Sendable { case computing, blocked, kernel }

/// The waiting that one cause explains.
struct Harm {
    /// All of it.
    var waitSeconds = 0.0
    /// The executor that most of it was for, and the part of the waiting for that.
    var executor: ExecutorBlame?
    var waitShare = 0.0
    /// Most first: how much the slowest hundredth of the requests of a name waited for it, a request in the mean.
    var tails: [TailHarm] = []
    /// Likewise, what those requests spent in it themselves.
    var own: [TailHarm] = []
    /// Episodes of starvation in which it is the main culprit.
    var episodes: [Episode] = []
}

struct TailHarm {
    var request: String
    var seconds: Double
    /// Part of the mean of those requests.
    var share: Double
    var requests: Int
}

extension Examination {
    /// What `sites` cost by computing, or by being blocked. `share`: the part of it that is meant.
    func harm(of sites: Set<SiteName>, by kind: CauseKind, share: Double = 1) -> Harm {
        var harm = Harm()
        var total = 0.0
        for blame in model.blame.executors {
            var here = 0.0
            for culprit in blame.culprits where sites.contains(culprit.site) && !culprit.kind.isHelper {
                let seconds = culprit.seconds(kind) * share
                here += seconds
                total += culprit.seconds
            }
            harm.waitSeconds += here
            let shareHere = blame.waitSeconds > 0 ? here / blame.waitSeconds : 0
            // Who waits for little is no measure, however much of it is this one's.
            if here > (harm.executor.map { harm.waitShare * $0.waitSeconds } ?? 0) {
                harm.executor = blame
                harm.waitShare = shareHere
            }
        }
        // Of the culprits of requests it is not known what they were doing: as much as of all waiting.
        let meant = total > 0 ? harm.waitSeconds / total : 0
        for tail in model.blame.tails where tail.meanSeconds > 0 {
            let waited = tail.culprits.filter { sites.contains($0.site) }.reduce(0) { $0 + $1.seconds } * meant
            let spent =
                tail.own.filter { sites.contains($0.site) && $0.part == kind.part }.reduce(0) { $0 + $1.seconds }
                * share
            if waited > 0 { harm.tails.append(TailHarm(tail, seconds: waited)) }
            if spent > 0 { harm.own.append(TailHarm(tail, seconds: spent)) }
        }
        harm.tails.sort { $0.seconds > $1.seconds }
        harm.own.sort { $0.seconds > $1.seconds }
        harm.episodes = model.blame.episodes.filter { episode in
            let mine = episode.culprits.filter { sites.contains($0.site) }.reduce(0) { $0 + $1.share }
            return mine * share >= limits.mainWaitShare.value && episode.cause.kind == kind
        }
        return harm
    }

    /// How bad the harm is; `nil`: nobody but the code itself is hurt, or hardly.
    func severity(of harm: Harm, functions: Set<String>) -> Severity? {
        var severity: Severity?
        func raise(_ new: Severity) { severity = max(severity ?? .info, new) }
        if let tail = harm.tails.first, tail.seconds >= limits.tailSeconds.value, tail.share >= limits.tailShare.value {
            raise(tail.seconds >= limits.criticalTailSeconds.value ? .critical : .warning)
        }
        if let blame = harm.executor, harm.waitShare >= limits.leastWaitShare.value,
            othersShare(on: blame.name, than: functions) >= limits.othersShare.value
        {
            let p99 = waitP99(of: blame)
            if p99 >= model.thresholds.longWait.value {
                let isMain = harm.waitShare >= limits.mainWaitShare.value
                raise(isMain && p99 >= limits.criticalWait.value ? .critical : .warning)
            } else if harm.episodes.count >= limits.episodesLeast {
                raise(.warning)
            }
        }
        return severity
    }

    func impact(of harm: Harm) -> FindingImpact {
        FindingImpact(
            waitSeconds: harm.executor == nil ? nil : harm.waitSeconds,
            waitShare: harm.executor == nil ? nil : harm.waitShare, tailSeconds: harm.tails.first?.seconds,
            request: harm.tails.first?.request)
    }

    /// Whom it hurts, requests where there are any.
    func victims(of harm: Harm, functions: Set<String>) -> [FindingVictim] {
        if !harm.tails.isEmpty {
            return harm.tails.map { FindingVictim(name: $0.request, seconds: $0.seconds * Double($0.requests)) }
        }
        guard let blame = harm.executor else { return [] }
        return waiting(on: blame.name, except: functions).prefix(5).map {
            FindingVictim(name: $0.function, seconds: $0.seconds * harm.waitShare)
        }
    }
}

extension TailHarm {
    fileprivate init(_ tail: TailReport, seconds: Double) {
        self.init(
            request: tail.request, seconds: seconds, share: seconds / tail.meanSeconds, requests: tail.requests)
    }
}

extension CauseKind {
    fileprivate var part: AnatomyPart {
        switch self {
        case .computing: .onCPU
        case .blocked: .blocked
        case .kernel: .kernelWait
        }
    }
}

extension Episode.Cause {
    fileprivate var kind: CauseKind {
        switch self {
        case .computing: .computing
        case .blocked: .blocked
        case .kernel: .kernel
        }
    }
}

extension Culprit {
    fileprivate func seconds(_ kind: CauseKind) -> Double {
        switch kind {
        case .computing: max(0, seconds - blockedSeconds - kernelWaitSeconds)
        case .blocked: blockedSeconds
        case .kernel: kernelWaitSeconds
        }
    }
}
