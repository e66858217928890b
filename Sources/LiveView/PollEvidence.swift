// What is known of long polls while they run: the newest sample of each, and the longest call.

import Sessions

struct PollEvidence {
    private struct Known {
        var sample: PollSample?
        var callTicksMax: UInt64 = 0
        var at: UInt64
    }

    private static let most = 1024

    private var polls: [PollIdentity: Known] = [:]

    mutating func take(_ evidence: Evidence, at now: UInt64) {
        if polls.count > Self.most {
            let byAge = polls.sorted { $0.value.at < $1.value.at }
            for (identity, _) in byAge.prefix(Self.most / 2) { polls[identity] = nil }
        }
        for sample in evidence.samples {
            let known = polls[sample.context.poll]?.sample
            guard known.map({ $0.reading.at < sample.reading.at }) ?? true else { continue }
            // One without a stack says less than the one before.
            if sample.frames.isEmpty, let known, !known.frames.isEmpty { continue }
            polls[sample.context.poll, default: Known(at: now)].sample = sample
        }
        for call in evidence.calls {
            let longest = polls[call.context.poll]?.callTicksMax ?? 0
            polls[call.context.poll, default: Known(at: now)].callTicksMax = max(longest, call.durationTicks)
        }
    }

    func sample(of poll: PollIdentity) -> PollSample? { polls[poll]?.sample }
    func longestCall(of poll: PollIdentity) -> UInt64 { polls[poll]?.callTicksMax ?? 0 }
}
