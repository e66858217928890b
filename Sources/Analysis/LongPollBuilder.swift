// From counted evidence and names to the report's values of long polls and blocking calls.

import CPollscopeLayout
import Sessions
import Symbols

extension LongPollSite {
    /// By total time, longest first.
    static func all(
        in evidence: EvidenceAnalysis, blocking: [BlockingSite], clock: TickClock, names: inout StackNames,
        code: CodeNames, architecture: SystemCallNames.Architecture
    ) -> [LongPollSite] {
        var keys: [PollKey: SiteKey] = [:]
        var figures: [SiteKey: LongPollFigures] = [:]
        for (poll, counted) in evidence.longPolls.entries {
            let key = SiteKey(poll, names: &names)
            keys[poll] = key
            figures[key, default: LongPollFigures()].merge(counted)
        }
        var trees: [SiteKey: SampleTree] = [:]
        var path: (stack: StackTrie.Node, lines: [FoldedLine])?
        for (sight, weight) in evidence.longPolls.sights.sorted(by: { $0.key.stack < $1.key.stack }) {
            guard let key = keys[sight.poll] else { continue }
            if path?.stack != sight.stack {
                path = (sight.stack, SampleTree.path(of: sight.stack, in: evidence.stacks, names: code))
            }
            trees[key, default: SampleTree()].add(weight, activity: sight.activity, path: path?.lines ?? [])
        }
        return figures.map { key, figures in
            LongPollSite(
                site: key.site, kind: key.kind, executor: names.executor(of: key), polls: figures.polls,
                pollSeconds: DurationSummary(figures.durations, totalSeconds: clock.seconds(figures.ticks)),
                split: TimeSplit(figures.split, clock: clock), samples: figures.samples,
                sampledSeconds: clock.seconds(figures.sampledTicks), minorFaults: figures.minorFaults,
                majorFaults: figures.majorFaults,
                stacks: trees[key]?.nodes(clock: clock, architecture: architecture) ?? [],
                calls: blocking.filter { $0.site == key.site })
        }.sorted { $0.comesBefore($1) }
    }

    private func comesBefore(_ other: LongPollSite) -> Bool {
        if pollSeconds.totalSeconds != other.pollSeconds.totalSeconds {
            return pollSeconds.totalSeconds > other.pollSeconds.totalSeconds
        }
        return (site.place.function, site.place.line ?? -1, site.task, executor, kind.rawValue)
            < (
                other.site.place.function, other.site.place.line ?? -1, other.site.task, other.executor,
                other.kind.rawValue
            )
    }
}

extension TimeSplit {
    init(_ split: SplitTicks, clock: TickClock) {
        self.init(
            onCPUSeconds: clock.seconds(split.onCPU), blockedSeconds: clock.seconds(split.blocked),
            kernelWaitSeconds: clock.seconds(split.kernelWait), otherSeconds: clock.seconds(split.other),
            estimatedSeconds: clock.seconds(split.estimated))
    }
}

extension BlockingSite {
    private struct Key: Hashable {
        var call: UInt16
        var caller: CodeNames.Caller
        var site: SiteName
    }

    /// By total time, longest first.
    static func all(
        in evidence: EvidenceAnalysis, stacks: [UInt32: AsyncStack], clock: TickClock, names: inout StackNames,
        code: CodeNames
    ) -> [BlockingSite] {
        var figures: [Key: CallFigures] = [:]
        for (entry, counted) in evidence.calls.entries {
            let name = CodeNames.call(entry.call) ?? "call 0"
            let caller = stacks[entry.nativeStack].flatMap { code.caller(of: $0.frames, call: name) }
            let place = entry.nativeStack == CallTable.otherPlaces ? "(other places)" : StackNames.notCaptured
            let unknown = CodeNames.Caller(
                place: CodePlace(function: place, awaitPoint: nil, file: nil, line: nil), via: nil)
            let key = Key(call: entry.call, caller: caller ?? unknown, site: names.site(of: entry.poll))
            figures[key, default: CallFigures()].merge(counted)
        }
        return figures.map { BlockingSite($0, figures: $1, clock: clock) }.sorted { $0.comesBefore($1) }
    }

    private init(_ key: Key, figures: CallFigures, clock: TickClock) {
        self.init(
            call: CodeNames.call(key.call) ?? "call 0", family: Self.family(of: key.call), via: key.caller.via,
            object: figures.mainObject.map(CallObjectName.init), objects: figures.objects.count,
            hasMoreObjects: figures.hasMoreObjects, place: key.caller.place, site: key.site, count: figures.count,
            errors: figures.errors,
            seconds: DurationSummary(figures.durations, totalSeconds: clock.seconds(figures.ticks)))
    }

    private func comesBefore(_ other: BlockingSite) -> Bool {
        if seconds.totalSeconds != other.seconds.totalSeconds {
            return seconds.totalSeconds > other.seconds.totalSeconds
        }
        return (call, place.function, place.line ?? -1, site.place.function, site.task, via ?? "")
            < (
                other.call, other.place.function, other.place.line ?? -1, other.site.place.function, other.site.task,
                other.via ?? ""
            )
    }

    private static func family(of call: UInt16) -> String {
        switch UInt32(pollscope_call_family(call)) {
        case POLLSCOPE_FAMILY_SLEEP.rawValue: "sleep"
        case POLLSCOPE_FAMILY_FILE.rawValue: "file"
        case POLLSCOPE_FAMILY_SOCKET.rawValue: "socket"
        case POLLSCOPE_FAMILY_WAIT.rawValue: "wait"
        case POLLSCOPE_FAMILY_NAME.rawValue: "name"
        case POLLSCOPE_FAMILY_LOCK.rawValue: "lock"
        case POLLSCOPE_FAMILY_PROCESS.rawValue: "process"
        default: "other"
        }
    }
}

extension CallObjectName {
    init(_ object: CallObject) {
        text = (object.isCut ? "…" : "") + object.text
        kind =
            switch UInt32(object.kind) {
            case POLLSCOPE_OBJECT_PATH.rawValue: "path"
            case POLLSCOPE_OBJECT_FILE.rawValue: "file"
            case POLLSCOPE_OBJECT_PIPE.rawValue: "pipe"
            case POLLSCOPE_OBJECT_SOCKET.rawValue: "socket"
            case POLLSCOPE_OBJECT_DEVICE.rawValue: "device"
            case POLLSCOPE_OBJECT_HOST.rawValue: "host"
            case POLLSCOPE_OBJECT_LOCK.rawValue: "lock"
            case POLLSCOPE_OBJECT_PROCESS.rawValue: "process"
            case POLLSCOPE_OBJECT_THREAD.rawValue: "thread"
            default: "other"
            }
    }
}

extension EvidenceAnalysis {
    /// What samples saw of a poll that has not ended.
    func open(_ running: RunningPoll, of facts: RecordingFacts) -> OpenPolls.OpenPoll? {
        guard facts.threads.indices.contains(running.thread) else { return nil }
        let tid = facts.threads[running.thread].tid
        return open[PollIdentity(tid: tid, start: Ticks(running.poll.start_ticks))]
    }

    /// Of a process that was killed, a sample can be the last that was seen of a poll.
    func extending(_ running: RunningPoll, of facts: RecordingFacts) -> RunningPoll {
        guard let seen = open(running, of: facts)?.last else { return running }
        var running = running
        running.poll.duration_ticks = max(
            running.poll.duration_ticks, seen.reading.at.since(Ticks(running.poll.start_ticks)))
        return running
    }
}

extension LastSample {
    init(_ sample: PollSample, clock: TickClock, code: CodeNames, architecture: SystemCallNames.Architecture) {
        let activity = SampleActivity(of: sample)
        secondsIntoPoll = clock.seconds(sample.reading.at.since(sample.context.poll.start))
        state = activity.state
        call = CodeNames.call(activity.call)
        callSeconds = activity.call == 0 ? nil : sample.callStart.map { clock.seconds(sample.reading.at.since($0)) }
        systemCall = sample.systemCall.map { SystemCallNames.name($0, on: architecture) }
        stack = code.frames(of: sample.frames).map { frame in
            var frame = StackFrame(frame)
            // It runs: the await that it went on from is the site's to tell.
            frame.place.awaitPoint = nil
            return frame
        }
        isStackCut = sample.isCut
        isStackApproximate = sample.isApproximate
    }
}

extension SystemCallNames.Architecture {
    /// Where a session was made: the processors' counters are not the same; else, here.
    init(of info: SessionInfo) {
        self =
            switch info.clock {
            case POLLSCOPE_CLOCK_TSC.rawValue: .x86_64
            case POLLSCOPE_CLOCK_CNTVCT.rawValue: .arm64
            default: .current
            }
    }
}
