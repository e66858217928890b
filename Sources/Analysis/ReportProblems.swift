// What a reader must know before believing the figures: the rules, each with its words.

extension ReportProblem {
    static func all(in model: ReportModel, facts: RecordingFacts, symbols: [String]) -> [ReportProblem] {
        noSignal(model) + damage(facts) + losses(model.losses, facts) + evidence(model)
            + allocations(model, facts: facts)
            + probes(model.coverage)
            + settings(facts) + unknownCoverage(model)
            + symbols.map { ReportProblem(kind: .symbols, sentence: $0, remedy: "") }
    }

    private static func noSignal(_ model: ReportModel) -> [ReportProblem] {
        guard model.coverage.signal == .none else { return [] }
        let isUnderProbes = model.coverage.probes.contains { $0.state == .on }
        let noProbes =
            "Every probe is off: see the reasons below, and run `pollscope doctor` where the service runs."
        guard model.polls > 0 else {
            return [
                ReportProblem(
                    kind: .noSignal, sentence: "No signal: not one poll was seen in this recording.",
                    remedy: isUnderProbes
                        ? "Record while the service works on requests, and long enough; if it does, its work is in "
                            + "no task, event loop or Dispatch queue that the probes below can see."
                        : noProbes)
            ]
        }
        return [
            ReportProblem(
                kind: .noSignal,
                sentence: "No signal: nearly all CPU time was spent outside the polls that were seen.",
                remedy: isUnderProbes
                    ? "Look at the threads named under COVERAGE: what they run is in no task, event loop or Dispatch "
                        + "queue, and the figures below do not stand for the service."
                    : noProbes)
        ]
    }

    private static func settings(_ facts: RecordingFacts) -> [ReportProblem] {
        facts.info.notes.map {
            ReportProblem(
                kind: .badSetting, sentence: $0,
                remedy: "Mend the service's environment; the README has the settings and what they take.")
        }
    }

    private static func damage(_ facts: RecordingFacts) -> [ReportProblem] {
        facts.damage.map {
            [
                ReportProblem(
                    kind: .damagedRecording, sentence: "The recording is damaged: \($0)",
                    remedy: "The figures are those of the part before the damage. Record again if the rest matters.")
            ]
        } ?? []
    }

    private static func losses(_ losses: Losses, _ facts: RecordingFacts) -> [ReportProblem] {
        var problems: [ReportProblem] = []
        if losses.recordsLost > 0 {
            problems.append(
                ReportProblem(
                    kind: .lostRecords,
                    sentence:
                        "\(losses.recordsLost.groupedDigits) polls were overwritten before the collector had read them.",
                    remedy: "Counts and totals are too low by them. Give the service larger rings "
                        + "(POLLSCOPE_RING, now \(facts.info.ringRecords) records), or the collector more CPU time."))
        }
        if losses.pollsUnrecorded > 0 {
            problems.append(
                ReportProblem(
                    kind: .unrecordedPolls,
                    sentence:
                        "\(losses.pollsUnrecorded.groupedDigits) polls ran on threads that got no ring, and are in no figure.",
                    remedy: "Make room where the session file is (see `pollscope doctor`), or raise POLLSCOPE_RINGS."
                ))
        }
        if losses.jobsRefused > 0 {
            problems.append(
                ReportProblem(
                    kind: .refusedJobs,
                    sentence:
                        "\(losses.jobsRefused.groupedDigits) jobs were left alone: they did not have the shape that the "
                        + "start-up test found.",
                    remedy: "Their polls are in no figure. Please report the runtime version."))
        }
        if losses.pollsWithoutStack > 0 {
            problems.append(
                ReportProblem(
                    kind: .missingStacks,
                    sentence:
                        "\(losses.pollsWithoutStack.groupedDigits) polls have no async stack, because the table of stacks was "
                        + "full or their task could not be read.",
                    remedy: "They are shown as \(StackNames.notCaptured)."))
        }
        if losses.executorsRefused > 0 {
            problems.append(
                ReportProblem(
                    kind: .crowdedExecutors,
                    sentence:
                        "\(losses.executorsRefused.groupedDigits) polls are of executors that the table had no room for.",
                    remedy: "They are shown as other executors: a service that makes a queue or an executor for each "
                        + "connection has more of them than can be told apart."))
        }
        if losses.worksUnobserved > 0 {
            problems.append(
                ReportProblem(
                    kind: .unobservedWorks,
                    sentence:
                        "\(losses.worksUnobserved.groupedDigits) works were given to Dispatch queues and not seen to run.",
                    remedy: "The queues' figures are of the others: there was no room to note when these were given."))
        }
        return problems
    }

    private static func evidence(_ model: ReportModel) -> [ReportProblem] {
        var problems: [ReportProblem] = []
        let lost: [(count: UInt64, what: String)] = [
            (model.losses.evidenceLost, "records of long polls and blocking calls"),
            (model.losses.samplesLost, "samples of long polls"),
        ]
        if lost.contains(where: { $0.count > 0 }) {
            let counts = lost.filter { $0.count > 0 }.map { "\($0.count.groupedDigits) \($0.what)" }
            problems.append(
                ReportProblem(
                    kind: .lostEvidence,
                    sentence: counts.joined(separator: " and ")
                        + " were overwritten before the collector had read them.",
                    remedy: "Polls are counted all the same; what they did inside is known of the others only. Give "
                        + "the collector more CPU time, or raise POLLSCOPE_LONG_POLL and POLLSCOPE_BLOCKING."))
        }
        if model.overhead.samplesWithoutStack > 0 {
            problems.append(
                ReportProblem(
                    kind: .missingSampleStacks,
                    sentence: "\(model.overhead.samplesWithoutStack.groupedDigits) of "
                        + "\(model.overhead.samples.groupedDigits) samples of long polls have no stack.",
                    remedy: "Their time is shown as \(StackNames.notCaptured). `pollscope doctor` tells whether stacks "
                        + "can be had of threads that are on a CPU."))
        }
        return problems
    }

    private static func probes(_ coverage: Coverage) -> [ReportProblem] {
        coverage.probes.filter { $0.state != .on }.map { probe in
            // A reason is one sentence or several, with a full stop of their own.
            let text = probe.reason.hasSuffix(".") ? String(probe.reason.dropLast()) : probe.reason
            let reason = text.isEmpty ? "" : ": \(text)"
            return ReportProblem(
                kind: .probeOff,
                sentence: probe.state == .off
                    ? "The \(probe.name) probe was switched off\(reason)."
                    : "The \(probe.name) probe could not be used\(reason).",
                remedy: probe.state == .off ? "" : "`pollscope doctor` tells how to get it.")
        }
    }

    private static func unknownCoverage(_ model: ReportModel) -> [ReportProblem] {
        guard model.coverage.cpuShareAtMost == nil, model.coverage.signal != .none else { return [] }
        return [
            ReportProblem(
                kind: .unknownCoverage,
                sentence: "CPU times of the process are not known, so nobody can say how much of its work was seen.",
                remedy: "Record a process that is alive, for two seconds or more.")
        ]
    }
}
