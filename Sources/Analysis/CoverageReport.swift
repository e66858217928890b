// Coverage: how much of the process's CPU time was spent where the probes could see it.

import CPollscopeLayout
import Sessions

extension Coverage {
    init(facts: RecordingFacts, analysis: PollAnalysis, cpu: CPUAccount, thresholds: ReportThresholds) {
        var busySeconds: [UInt32: Double] = [:]
        var loopWaitSeconds: [UInt32: Double] = [:]
        for (identity, activity) in zip(facts.threads, analysis.threads) where !activity.isUnseen {
            busySeconds[identity.tid, default: 0] += analysis.clock.seconds(activity.busyTicks)
            loopWaitSeconds[identity.tid, default: 0] += analysis.clock.seconds(activity.loopWaitTicks)
        }

        let covered = cpu.threads.reduce(0) { sum, thread in
            sum + min(Double(thread.value.nanoseconds) * 1e-9, busySeconds[thread.key] ?? 0)
        }
        processCPUSeconds = cpu.processNanoseconds.map { Double($0) * 1e-9 }
        var ofRuntime = (used: 0.0, seen: 0.0)
        for (tid, used) in cpu.threads {
            guard let busy = busySeconds[tid] else { continue }
            let seconds = Double(used.nanoseconds) * 1e-9
            ofRuntime.used += seconds
            ofRuntime.seen += min(seconds, busy + (loopWaitSeconds[tid] ?? 0))
        }
        runtimeThreadsCPUShare = ofRuntime.used > 0 ? min(1, ofRuntime.seen / ofRuntime.used) : nil
        // Threads that ended between two looks are in the process's time and not in the threads'.
        cpuShareAtMost = processCPUSeconds.flatMap { $0 > 0 ? min(1, covered / $0) : nil }

        let least = thresholds.leastThreadShare.value * (processCPUSeconds ?? 0)
        unseenThreads = cpu.threads
            .filter { busySeconds[$0.key] == nil && $0.value.nanoseconds > 0 }
            .map { tid, used in
                ThreadCost(
                    thread: ThreadName(name: used.name, tid: tid), cpuSeconds: Double(used.nanoseconds) * 1e-9)
            }
            .filter { $0.cpuSeconds >= least }
            .sorted { ($1.cpuSeconds, $0.thread.tid) < ($0.cpuSeconds, $1.thread.tid) }
        probes = facts.info.probes.filter { $0.state != UInt16(POLLSCOPE_PROBE_ABSENT.rawValue) }.map(ProbeReport.init)

        let seconds = facts.spanOfCPU.map {
            facts.calibration.seconds($0.upperBound.rawValue - $0.lowerBound.rawValue)
        }
        let load = processCPUSeconds.flatMap { cpu in seconds.map { cpu / $0 } }
        let isIdle = load.map { $0 < thresholds.leastLoad.value } ?? false
        if analysis.polls == 0, facts.unfinished.isEmpty {
            signal = .none
        } else if isIdle {
            signal = .idle
        } else if let cpuShareAtMost, cpuShareAtMost < thresholds.leastCoverage.value {
            signal = .none
        } else {
            signal = .seen
        }
    }
}

extension ThreadActivity {
    /// Known by name only, as a waker is.
    fileprivate var isUnseen: Bool { polls == 0 && busyTicks == 0 }
}

extension ProbeReport {
    init(_ status: ProbeStatus) {
        name = status.name
        state =
            switch UInt32(status.state) {
            case POLLSCOPE_PROBE_ON.rawValue: .on
            case POLLSCOPE_PROBE_OFF.rawValue: .off
            default: .refused
            }
        reason = status.reason
    }
}
