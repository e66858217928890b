// What a thread did at the moment of a sample, and how much of a poll's time a sample stands for.

import CPollscopeLayout
import Sessions

/// What a thread, or a part of its code, was seen to do.
public enum SampleState: String, Sendable, Hashable {
    /// On a processor, or ready for one.
    case cpu
    /// In an observed call.
    case blocked
    /// Asleep in the kernel outside observed calls.
    case asleep
    /// Of a node of a tree: several of these.
    case mixed
}

struct SampleActivity: Sendable, Hashable {
    var state: SampleState
    /// The observed call (enum pollscope_call); 0: none.
    var call: UInt16 = 0
    /// Of a thread that is asleep outside observed calls.
    var systemCall: Int32?

    init(of sample: PollSample) {
        let isAsleep =
            switch sample.state {
            case UInt8(ascii: "S"), UInt8(ascii: "D"): true
            case 0: UInt32(sample.source) == POLLSCOPE_SAMPLE_OUTSIDE.rawValue
            default: false
            }
        if sample.call != 0 {
            state = .blocked
            call = sample.call
        } else if isAsleep {
            state = .asleep
            systemCall = sample.systemCall
        } else {
            state = .cpu
        }
    }
}

enum SampleWeights {
    /// Ticks of a poll that are nearest to each sample, of samples in the order of time. They add up to `duration`.
    static func of(_ times: [Ticks], start: Ticks, duration: UInt64) -> [UInt64] {
        let offsets = times.map { min($0.since(start), duration) }
        var weights: [UInt64] = []
        var begin: UInt64 = 0
        for (index, offset) in offsets.enumerated() {
            let end = index + 1 < offsets.count ? offset + (max(offset, offsets[index + 1]) - offset) / 2 : duration
            weights.append(end - begin)
            begin = end
        }
        return weights
    }
}
