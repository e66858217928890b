// Which code computes for so long without suspending that others wait?
//
// Long polls that compute, by the function to change. On the main actor and on event loops they are what
// MainActorOverloadRule and EventLoopBlockedRule speak of.

import Analysis
import Wording

enum LongPollRule: Rule {
    static let kind = FindingKind.longPoll

    /// Polls advised: so long that a switch costs next to nothing, and so short that nobody waits for one.
    private static let stretchSeconds = 0.001

    static func findings(in examination: Examination) -> [Finding] {
        ComputingCode.all(in: examination) { $0 != .main && $0 != .eventLoop }.map { finding($0, examination) }
    }

    static func lacks(in examination: Examination) -> String? {
        let model = examination.model
        guard model.coverage.probes.contains(where: { $0.name == "long polls" && $0.state != .on }) else { return nil }
        return "long polls were not sampled (POLLSCOPE_LONG_POLL): record with the probe on to learn what they do"
    }

    private static func finding(_ code: ComputingCode, _ examination: Examination) -> Finding {
        let harm = code.harm(in: examination)
        let functions = code.functions
        let place = code.fault?.place ?? code.main.site.place
        let onCPU = Quantity.duration(code.secondsAPoll)
        let loop = code.fault?.isLoop ?? false ? ", in a loop" : ""
        var context = code.main.site.context(besides: place)
        if let inner = code.fault?.innermost {
            context +=
                (context.isEmpty ? "" : "; ") + "most of it in \(inner.text(width: 60))"
                + (inner.file == nil ? "" : " (\(inner.location(width: 40)))")
        } else if let called = code.fault?.called {
            context += (context.isEmpty ? "" : "; ") + "calling \(called.printable.shortened(to: 60))"
        }
        let perSecond = examination.seconds > 0 ? Double(code.polls) / examination.seconds : 0
        return Finding(
            kind, code.isRare(in: examination) ? .info : examination.severity(of: harm, functions: functions) ?? .info,
            site: FindingSite(code: place, poll: code.main.site),
            headline: "\(place.function.printable) computes \(onCPU) without suspending\(loop)", context: context,
            effects: examination.effects(of: harm, functions: functions), impact: examination.impact(of: harm),
            evidence: [
                FindingEvidence(
                    "longPolls", Double(code.polls),
                    "\(Quantity.counted(code.polls, "long poll")), "
                        + "\(Quantity.rate(perSecond))"),
                FindingEvidence("onCPUSeconds", code.secondsAPoll, "\(onCPU) on CPU each, in the mean"),
                FindingEvidence(
                    "longestPollSeconds", code.longestSeconds, "the longest \(Quantity.duration(code.longestSeconds))"),
                FindingEvidence(
                    "samples", Double(code.samples), Quantity.counted(code.samples, "sample") + " of its stack"),
            ],
            victims: examination.victims(of: harm, functions: functions), symptoms: examination.symptoms(of: harm),
            advice: advice(code, place))
    }

    private static func advice(_ code: ComputingCode, _ place: CodePlace) -> [String] {
        // So many stretches of a millisecond: where the items are alike, after each such part of them.
        let stretches = max(2, UInt64(nearest: code.secondsAPoll / stretchSeconds))
        let often = Quantity.count(stretches)
        let giveWay =
            code.fault?.isLoop ?? true
            ? "await Task.yield() in its loop, \(often) times a call (of n items, after every n / \(often)): then it runs "
                + "1 ms at a time"
            : "make it cheaper, or split it: \(often) parts with await Task.yield() between them run 1 ms each"
        return [
            giveWay,
            "or take it off the shared pool: run it in Task(executorPreference:) with an executor of its own",
        ]
    }
}

/// Long polls that compute in one function.
struct ComputingCode {
    /// The site with most of them.
    var main: LongPollSite
    var sites: [LongPollSite]
    var fault: CodeAtFault?

    var polls: UInt64 { sites.reduce(0) { $0 + $1.polls } }
    var samples: UInt64 { sites.reduce(0) { $0 + $1.samples } }
    /// On CPU, as far as is known.
    var secondsAPoll: Double
    var longestSeconds: Double { sites.map(\.pollSeconds.max).max() ?? 0 }
    var names: Set<SiteName> { Set(sites.map(\.site)) }

    /// Those that run it.
    var functions: Set<String> {
        Set(
            sites.map(\.site.place.function) + sites.map(\.site.place.function).map { "timer of \($0)" }
                + sites.map(\.site.place.function).map { "yield of \($0)" })
    }

    /// Its polls are short mostly: what others wait for is not the few that are long.
    func isRare(in examination: Examination) -> Bool {
        let long = sites.reduce(0) { $0 + $1.pollSeconds.totalSeconds }
        let all = examination.model.sites.filter { site in sites.contains { site.isSame(as: $0) } }
            .reduce(0) { $0 + $1.pollSeconds.totalSeconds }
        return long < examination.limits.longPollShare.value * all
    }

    func harm(in examination: Examination) -> Harm { examination.harm(of: names, by: .computing) }

    /// Most time first. `accepts`: the kinds of executor that the polls ran on.
    static func all(in examination: Examination, on accepts: (ExecutorKind) -> Bool) -> [ComputingCode] {
        let limit = examination.model.thresholds.longPoll.value
        let ran = 1 - (examination.model.kernelWait?.pollThreads.share ?? 0)
        var codes: [ComputingCode] = []
        for site in examination.model.longPolls
        where accepts(examination.kind(ofExecutor: site.executor)) && site.computes(limit, ran: ran) {
            let fault = CodeAtFault(site, .cpu)
            let place = fault?.place ?? site.site.place
            if let index = codes.firstIndex(where: {
                let other = $0.fault?.place ?? $0.main.site.place
                return other.function == place.function && other.file == place.file
            }) {
                codes[index].sites.append(site)
            } else {
                codes.append(ComputingCode(main: site, sites: [site], fault: fault, secondsAPoll: 0))
            }
        }
        for index in codes.indices {
            let seconds = codes[index].sites.reduce(0) { $0 + $1.split.onCPUSeconds(ran: ran) }
            codes[index].secondsAPoll = seconds / Double(max(1, codes[index].polls))
        }
        return codes
    }
}

extension LongPollSite {
    /// Whether its polls are long because they compute: without the rest they would still be long.
    func computes(_ limit: Double, ran: Double) -> Bool {
        let seconds = split.onCPUSeconds(ran: ran)
        return polls > 0 && seconds / Double(polls) >= limit
            || seconds > 0 && seconds >= split.totalSeconds / 2 && pollSeconds.p50 >= 2 * limit
    }
}

extension TimeSplit {
    /// On CPU; of the time before the first look at a poll, which counts as CPU time by estimate, only so much as threads
    /// `ran` of the time that they could have.
    func onCPUSeconds(ran: Double) -> Double {
        let estimated = min(estimatedSeconds, onCPUSeconds)
        return onCPUSeconds - estimated + estimated * ran
    }
}
