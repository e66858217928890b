// One cause, one finding: what follows from another finding becomes a line under it.

import Analysis
import Wording

enum Joining {
    /// `findings` of all rules in, those that stand by themselves out.
    static func join(_ findings: [Finding]) -> [Finding] {
        var joined = findings
        // By number: who has taken up a symptom is no longer equal to what its rule said, and can follow all the same.
        var standing = Array(findings.indices)
        for number in findings.indices {
            let others = standing.filter { $0 != number }
            guard let index = cause(of: joined[number], among: others, of: joined) else { continue }
            let follower = joined[number]
            // Of the same executor, the headline says it all.
            if follower.kind != .starvation || follower.subject.isEmpty || follower.subject != joined[index].subject {
                joined[index].symptoms.append(FindingSymptom(kind: follower.kind, sentence: follower.headline))
            }
            joined[index].severity = max(joined[index].severity, follower.severity)
            joined[index].symptoms += follower.symptoms.filter { !joined[index].symptoms.contains($0) }
            standing = others
        }
        return standing.map { joined[$0] }
    }

    /// Which of `others` `follower` is there because of.
    private static func cause(of follower: Finding, among others: [Int], of findings: [Finding]) -> Int? {
        switch follower.kind {
        case .starvation:
            // Whoever explains most of the waiting for that executor.
            let about = others.filter { index in
                let other = findings[index]
                guard other.severity >= .warning else { return false }
                // Who holds an actor holds a thread as well.
                if other.kind == .actorContention { return other.isSameCode(as: follower) }
                return causes.contains(other.kind)
                    && (other.isAbout(executor: follower.subject) || other.kind == .taskExplosion)
            }
            let explained = about.reduce(0) { $0 + (findings[$1].impact.waitShare ?? 0) }
            return about.filter { explained >= leastExplained || findings[$0].isWholeService }.max {
                findings[$0].impact.waitShare ?? 0 < findings[$1].impact.waitShare ?? 0
            }
        case .actorContention:
            return others.first {
                let other = findings[$0]
                return (other.kind == .longPoll || other.kind == .blockingCall || other.kind == .lockContention)
                    && other.severity >= .warning && other.runsTheSame(as: follower)
            }
        case .longPoll:
            // It is long because it allocates …
            return others.first {
                let other = findings[$0]
                return other.kind == .allocationHotspot && other.isSameCode(as: follower)
                    && other.impact.cpuShare ?? 0 >= mostOfCPU
            }
        case .allocationHotspot:
            // … or it allocates, among other things.
            return others.first {
                let other = findings[$0]
                return other.kind == .taskExplosion && other.severity >= .warning
                    || (other.kind == .longPoll || other.kind == .overYielding) && other.severity >= .warning
                        && other.isSameCode(as: follower) && follower.impact.cpuShare ?? 0 < mostOfCPU
            }
        case .timerLateness:
            // Threads that are kept busy, by whomever, are late for timers as well.
            return others.first { causes.contains(findings[$0].kind) && findings[$0].severity >= .warning }
        case .blockingCall, .lockContention:
            return others.first {
                let other = findings[$0]
                return (other.kind == .blockingPoolSaturated || other.kind == .hang && other.severity == .critical)
                    && other.isSameCode(as: follower)
            }
        default: return nil
        }
    }

    /// An allocator that takes so much of the CPU time is what the time goes into.
    private static let mostOfCPU = 0.5
    /// With less of an executor's waiting explained by others, its starvation stands by itself.
    private static let leastExplained = 0.3

    /// What can be behind the starvation of an executor.
    private static let causes: Set<FindingKind> = [
        .longPoll, .blockingCall, .lockContention, .blockingPoolSaturated, .taskExplosion, .kernelContention, .hang,
        .overYielding, .allocationHotspot,
    ]
}

extension Finding {
    fileprivate func isAbout(executor: String) -> Bool {
        if subject == executor { return true }
        guard kind != .blockingPoolSaturated else { return false }
        if impact.waitShare ?? 0 > 0 { return true }
        return kind == .kernelContention || kind == .allocationHotspot || kind == .overYielding
    }

    /// It is in the way of everything that the service does.
    fileprivate var isWholeService: Bool {
        kind == .kernelContention || kind == .allocationHotspot || kind == .overYielding || kind == .taskExplosion
            || kind == .hang || kind == .blockingPoolSaturated
    }

    /// The function to change is the same, or it is where the other's poll resumed.
    fileprivate func isSameCode(as other: Finding) -> Bool {
        guard let mine = site, let others = other.site else { return false }
        return mine.code.function == others.code.function && mine.code.file == others.code.file
            || mine.code.function == others.poll?.place.function
            || mine.poll != nil && mine.poll?.place == others.poll?.place && mine.poll?.task == others.poll?.task
    }

    fileprivate func runsTheSame(as other: Finding) -> Bool {
        isSameCode(as: other)
            || site?.poll?.place.function == other.site?.code.function && site?.poll != nil
    }
}
