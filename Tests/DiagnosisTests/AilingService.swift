// A service with every ailment at once, with names and numbers that a test chooses.

@testable import Analysis
@testable import Diagnosis

struct AilingService {
    /// Added to every name that comes from the process.
    var suffix = ""
    /// Every measured number is multiplied with it.
    var factor = 1.0

    private func name(_ text: String) -> String { text + suffix }
    private func number(_ value: Double) -> Double { value * factor }

    private func site(_ function: String) -> SiteName {
        SiteName(
            place: MadeUpService.place(name(function), file: name("/src/App.swift"), await: 1), task: name("task"))
    }

    private func durations(_ total: Double, _ each: Double) -> DurationSummary {
        MadeUpService.durations(number(total), p50: number(each))
    }

    var model: ReportModel {
        var model = MadeUpService.model()
        model.session.durationSeconds = number(30)
        model.coverage.processCPUSeconds = number(20)
        model.coverage.probes = ["long polls", "blocking calls"].map {
            ProbeReport(name: $0, state: .refused, reason: name("reason"))
        }
        compute(&model)
        contend(&model)
        yield(&model)
        loop(&model)
        allocate(&model)
        lend(&model)
        hang(&model)
        model.requests.endpoints = [
            MadeUpService.endpoint(
                name("GET /quote"), p50: number(0.002), p99: number(0.9),
                slowest: [.poolWait: number(0.03), .timerLateness: number(0.1)], mean: number(0.3))
        ]
        model.threads = ThreadsReport(created: 90_000, createdPerSecond: number(3_000))
        model.kernelWait = MadeUpService.kernelWait(ready: number(10), cpu: number(20))
        model.load.starts = [
            TaskStartSite(
                site: site("Fan.out(_:)"), tasks: 9_000, madePeak: 9_000, madePeakSeconds: number(1),
                waitingPeak: 8_000, waitingPeakSeconds: number(1))
        ]
        model.load.startStretchSeconds = number(0.1)
        model.load.tasks = TaskLoad(
            livePeak: 9_000, livePeakSeconds: 1, liveMean: 1, liveAtEnd: 1, created: 1, ended: 1, createdPerSecond: 1,
            createdPerSecondPeak: number(9_000))
        return model
    }

    /// Names of executors and what they are.
    private var executors: [(name: String, kind: ExecutorKind)] {
        [
            (name("pool"), .global), (name("main"), .main), (name("disk"), .queue),
            ("actor " + name("Ledger"), .actors), (name("side"), .task),
        ]
    }

    private func compute(_ model: inout ReportModel) {
        for (executor, kind) in executors {
            let (computing, blocking) = (site("compute on \(kind.rawValue)"), site("block on \(kind.rawValue)"))
            let call = BlockingSite(
                call: "fsync", family: kind == .global ? "lock" : "file",
                via: kind == .global ? name("Mutex.lock()") : name("sync()"),
                object: CallObjectName(kind: "file", text: name("/var/log")), objects: 1, hasMoreObjects: false,
                place: MadeUpService.place(name("Log.write(_:)"), file: name("/src/\(kind.rawValue).swift")),
                site: blocking, count: 1_000, errors: 0, seconds: durations(20, 0.02))
            model.blocking.append(call)
            for site in [computing, blocking] {
                model.sites.append(
                    MadeUpService.report(
                        site, on: executor, kind, polls: 1_000, pollSeconds: number(0.02), waits: number(50),
                        blocked: number(10)))
                var polls = MadeUpService.longPolls(
                    site, onCPU: number(0.02), blocked: number(0.005), on: executor,
                    stacks: [
                        MadeUpService.node(
                            name("Score.run()"), number(2), loop: true,
                            [
                                MadeUpService.node(name("inner"), number(2)),
                                MadeUpService.node(name("exp"), number(2), file: nil, folded: true),
                            ])
                    ], calls: [call])
                polls.split.estimatedSeconds = number(0.001)
                model.longPolls.append(polls)
            }
            if kind != .actors {
                model.executors.append(
                    MadeUpService.executor(
                        executor, kind, pollSeconds: number(0.01), waitP99: number(0.06), utilisation: number(0.9)))
            }
            let isDisk = kind == .queue
            model.blame.executors.append(
                MadeUpService.blame(
                    executor, kind, wait: number(100), scheduler: number(1),
                    [
                        MadeUpService.culprit(
                            isDisk ? blocking : computing, seconds: number(60), of: number(100),
                            blocked: isDisk ? number(55) : 0, on: executor),
                        MadeUpService.culprit(
                            isDisk ? computing : blocking, seconds: number(30), of: number(100),
                            blocked: number(30), on: executor),
                    ]))
            model.blame.episodes.append(MadeUpService.episode(computing, on: executor))
            model.blame.tails.append(
                MadeUpService.tail(
                    name("GET /\(kind.rawValue)"), mean: number(0.2),
                    own: [TailPlace(site: computing, part: .kernelWait, seconds: number(0.05))],
                    culprits: [
                        TailPlace(
                            site: computing, part: kind == .actors ? .actorWait : .executorWait, seconds: number(0.06))
                    ], scheduler: number(0.01)))
        }
    }

    private func contend(_ model: inout ReportModel) {
        let held = HoldReport(
            holds: 1_000, atOnce: 10, holdSeconds: durations(20, 0.02), waitSeconds: durations(50, 0.06))
        model.actors = ActorsReport(
            actors: [
                ActorReport(
                    type: name("Ledger"), instance: 1, number: 1, held: held, utilisation: number(0.9), sites: [])
            ], types: [ActorTypeReport(type: name("Ledger"), instances: 1, held: held)])
    }

    private func yield(_ model: inout ReportModel) {
        let scan = site("Scan.run()")
        var helper = scan
        helper.place.function = "yield of " + scan.place.function
        model.sites.append(
            MadeUpService.report(helper, kind: .yield, on: name("pool"), polls: 9_000_000, pollSeconds: 1e-7))
        model.sites.append(MadeUpService.report(scan, on: name("pool"), polls: 9_000_000, pollSeconds: number(4e-6)))
    }

    private func loop(_ model: inout ReportModel) {
        let loop = name("loop")
        model.executors.append(MadeUpService.executor(loop, .eventLoop, waitP99: number(0.06)))
        model.eventLoops.append(
            EventLoopReport(
                name: loop, turns: 10, jobs: 10, longTurns: 10, busyShare: number(0.5), turnSeconds: durations(1, 0.1),
                readySecondsAtMost: durations(1, 0.1),
                arrivalWaitSeconds: ArrivalWait(
                    mean: number(0.01), p50: number(0.01), p95: number(0.01), p99: number(0.06), p999: number(0.1),
                    max: number(0.1))))
        model.longPolls.append(
            MadeUpService.longPolls(
                site("turn"), onCPU: number(0.04), on: loop, stacks: [MadeUpService.node(name("decode"), number(4))]))
    }

    private func allocate(_ model: inout ReportModel) {
        var allocations = MadeUpService.allocations(share: number(0.45), error: number(0.01))
        allocations.processSeconds = number(30)
        allocations.places = [
            AllocationPlace(
                place: MadeUpService.place(name("rows"), file: name("/src/App.swift")), module: name("App"),
                bytes: MadeUpService.estimate(number(1e6)), count: MadeUpService.estimate(number(1e3)),
                share: MadeUpService.estimate(number(0.5)), garbage: MadeUpService.estimate(number(0.5)),
                types: [
                    AllocationType(
                        name: name("Array<Int>"), bytes: MadeUpService.estimate(1), count: MadeUpService.estimate(1))
                ])
        ]
        model.allocations = allocations
        model.allocationsMissing = name("reason")
    }

    private func lend(_ model: inout ReportModel) {
        for verdict in [PoolAdvice.Verdict.tooSmall, .tooLarge, .saturated, .right] {
            model.pools.append(
                PoolReport(
                    name: name(verdict.rawValue), capacity: 200, isOpen: true, asked: 1_000, acquired: 1_000,
                    failed: 1, timedOut: 1, cancelled: 0, released: 1_000, releasedTwice: 0, dropped: 0,
                    askedAfterClose: 0, connectionsOpened: 0, connectionsClosed: 0, inUse: 0, waiting: 0,
                    perSecond: number(30), waitSeconds: durations(10, 0.06), waitHistogram: Histogram(),
                    failedWaitSeconds: durations(0, 0), holdSeconds: durations(10, 0.02), holdHistogram: Histogram(),
                    inUseMean: number(1), inUsePeak: 10, waitingMean: number(1), waitingPeak: 10, timeline: [],
                    holdByUse: [PoolUse(inUse: 1...2, holds: 10, medianHoldSeconds: number(0.01))],
                    advice: PoolAdvice(
                        verdict: verdict, littlesLaw: number(9), size: 12, targetSeconds: number(0.005),
                        sizes: [PoolReplay(size: 12, waitP50: number(0), waitP99: number(0.001), waitMax: number(1))],
                        isAtLeast: true, wantedPeak: 20, holdGrowth: number(3), stretchSeconds: number(1)),
                    adviceMissing: nil))
        }
    }

    private func hang(_ model: inout ReportModel) {
        model.unfinished = [
            PollReport(
                startSeconds: number(1), durationSeconds: number(20), waitSeconds: nil, isWaitAtMost: false,
                thread: ThreadName(name: name("thread"), tid: 1), executor: name("main"), kind: .task, task: 1,
                waker: .unknown, site: site("stuck"), stack: [], isStackCut: false,
                lastSample: LastSample(
                    secondsIntoPoll: number(19), state: .blocked, call: "read", callSeconds: number(19),
                    systemCall: nil,
                    stack: [
                        StackFrame(
                            place: MadeUpService.place(name("Feed.next()"), file: name("/src/Feed.swift")),
                            module: name("App"), isRuntime: false, isInlined: false)
                    ], isStackCut: false, isStackApproximate: false), split: nil)
        ]
        model.stuckTasks = [
            StuckTasks(
                wait: TaskWait(kind: .continuation, what: name("f")), site: site("Upstream.call()"), stack: [],
                isStackCut: false, count: 3, cancelled: 0, oldestSeconds: number(20), medianSeconds: number(5),
                resumed: 1_000, code: nil, maker: nil,
                tasks: [
                    StuckTaskReport(
                        id: 1, name: name("t"), priority: 0, isCancelled: false, polls: 1, ageSeconds: number(9),
                        stuckSeconds: number(9), awaited: nil)
                ])
        ]
        model.requests.open = [
            OpenRequest(name: name("GET /quote"), startSeconds: 1, ageSeconds: number(20), task: 1, trace: nil)
        ]
        model.requests.openCount = 1
    }
}
