// Are threads started all the time?

import Analysis
import Wording

enum ThreadChurnRule: Rule {
    static let kind = FindingKind.threadChurn

    /// About what starting a thread costs under load.
    private static let startSeconds = 100e-6

    static func findings(in examination: Examination) -> [Finding] {
        let threads = examination.model.threads
        guard let rate = threads.createdPerSecond, rate >= examination.limits.threadsPerSecond.value,
            threads.created >= UInt64(nearest: examination.limits.threadsPerSecond.value)
        else { return [] }
        let isCritical = rate >= examination.limits.criticalThreadsPerSecond.value
        return [
            Finding(
                kind, isCritical ? .critical : .warning,
                headline: "\(Quantity.rate(rate)) threads are started, \(Quantity.count(threads.created)) in all",
                effects: [
                    "about \(Quantity.share(rate * startSeconds)) of a processor goes into starting them",
                    "what runs on them waits for its thread to start, about \(Quantity.duration(startSeconds)) each",
                ],
                impact: FindingImpact(cpuShare: nil),
                evidence: [
                    FindingEvidence(
                        "threadsCreated", Double(threads.created), Quantity.counted(threads.created, "thread")),
                    FindingEvidence("threadsPerSecond", rate, Quantity.rate(rate)),
                ],
                advice: [
                    "keep threads and give them work: a pool (NIOThreadPool, an executor of your own), or one thread with "
                        + "a queue, in place of Thread, pthread_create or a fresh queue for each request",
                    "if they are Dispatch's: fewer blocking works at once, so that it need not start more for them",
                ])
        ]
    }

    static func lacks(in examination: Examination) -> String? {
        examination.model.threads.createdPerSecond == nil
            ? "the process was looked at once only: a recording of \(Quantity.limit(examination.limits.secondsLeast.value)) "
                + "or more says how many threads are started" : nil
    }
}
