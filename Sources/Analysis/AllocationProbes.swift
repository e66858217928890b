// Why a recording has no allocations, or no samples of them, and how to get them.

import CPollscopeLayout
import Sessions

enum AllocationProbes {
    /// `nil`: allocations were counted.
    static func missing(_ info: SessionInfo) -> String? {
        sentence(
            info, POLLSCOPE_PROBE_ALLOCATIONS, what: "Allocations were not counted",
            earlier: "Allocations were not counted: the service runs a version of Pollscope that cannot. Build it with "
                + "this one, and record again.")
    }

    /// `nil`: allocations were sampled, and calls of the allocator were timed.
    static func samplesMissing(_ info: SessionInfo) -> String? {
        let what = "Where allocations are made, and what the allocator takes, is not known"
        if let sentence = sentence(
            info, POLLSCOPE_PROBE_ALLOCATION_SAMPLES, what: what, earlier: "\(what): the service does not sample them.")
        {
            return sentence
        }
        return info.allocationSampleBytes == 0 ? "\(what): no allocations were sampled." : nil
    }

    private static func sentence(
        _ info: SessionInfo, _ id: pollscope_probe_id, what: String, earlier: String
    ) -> String? {
        let probe = info.probes.first {
            UInt32($0.id) == id.rawValue && UInt32($0.state) != POLLSCOPE_PROBE_ABSENT.rawValue
        }
        guard let probe else { return earlier }
        guard !probe.isOn else { return nil }
        let reason = probe.reason.hasSuffix(".") ? String(probe.reason.dropLast()) : probe.reason
        let remedy =
            UInt32(probe.state) == POLLSCOPE_PROBE_OFF.rawValue
            ? "Start the service without that setting." : "`pollscope doctor` tells how to get it."
        return reason.isEmpty ? "\(what). \(remedy)" : "\(what): \(reason). \(remedy)"
    }
}
