import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

/// Each law holds on a recording that is whole, and fails on one in which it alone was broken.
@Suite struct LawTests {
    private var statuses: [ProcessStatus] {
        [
            Made.status(at: 0, polls: 0, enqueues: 1), Made.status(at: 1, polls: 4, enqueues: 5),
            Made.status(at: 2, polls: 4, enqueues: 6),
        ]
    }

    /// Laws that have nothing to say of a recording in which no poll was long and no call blocked.
    static let ofEvidence: Set = [
        "evidence is numbered whole", "calls lie inside their polls", "long polls have evidence",
        "evidence has its poll", "samples lie inside their polls", "CPU time is possible",
    ]

    /// Laws that have nothing to say where nothing was allocated.
    static let ofAllocations: Set = [
        "allocations are numbered whole", "allocations lie inside their polls", "frees are of allocations",
        "samples tell what was counted", "polls allocate what the process does", "nested polls allocate inside others",
    ]

    /// Laws that have nothing to say where no task held an actor.
    static let ofHolds: Set = ["holds lie inside their polls", "an actor is held once at a time"]

    /// Laws that have nothing to say where the service tells of no pools.
    static let ofPools: Set = [
        "pools' counters add up", "pools' records fit their counters", "a lease is given back once",
    ]

    /// Laws that have nothing to say where the service tells of no requests.
    static let ofRequests: Set = [
        "events are numbered whole", "requests begin, then end", "events lead somewhere", "a request's time adds up",
    ]

    /// Laws that have nothing to say where it tells of neither.
    static let ofEvents = ofPools.union(ofRequests)

    /// Laws that a recording of plain polls puts to no test.
    static let ofOthers = ofEvidence.union(ofAllocations).union(ofHolds).union(ofEvents)

    private var good: [MadeBatch] {
        [
            MadeBatch(0, [Made.poll(2_000, 100, wait: 10), Made.poll(3_000, 100, wait: 500)]),
            MadeBatch(1, [Made.poll(2_400, 10, task: 2), Made.poll(4_000, 10, wait: 20, task: 2)]),
        ]
    }

    private func broken(
        _ chunks: [[MadeBatch]], facts: RecordingFacts? = nil
    ) -> [String] {
        var laws = RecordingLaws(facts: facts ?? Made.facts(statuses: statuses))
        for chunk in chunks { laws.add(chunk: chunk) }
        return laws.results().filter { !$0.holds }.map(\.name)
    }

    @Test func aWholeRecordingBreaksNone() {
        var laws = RecordingLaws(facts: Made.facts(statuses: statuses))
        laws.add(chunk: good)
        for result in laws.results() {
            #expect(result.holds, "\(result.name): \(result.examples)")
            #expect(result.checked > 0 || Self.ofOthers.contains(result.name), "\(result.name)")
        }
    }

    @Test func aGapInTheSequence() {
        let rest = [MadeBatch(0, first: 3, [Made.poll(9_000, 1)])]
        #expect(broken([good, rest], facts: facts(polls: 5)) == ["sequence numbers are whole"])
        let counted = [MadeBatch(0, first: 3, lost: 1, [Made.poll(9_000, 1)])]
        #expect(broken([good, counted], facts: facts(polls: 6)) == [])
    }

    @Test func aWrongSequenceNumber() {
        var chunk = good
        chunk[0].polls[1].sequence = 7
        #expect(broken([chunk]) == ["sequence numbers are whole"])
    }

    @Test func twoPollsOfAThreadAtOnce() {
        let chunk = [
            MadeBatch(0, [Made.poll(2_000, 100, task: 1), Made.poll(2_050, 100, task: 2)]),
            MadeBatch(1, [Made.poll(2_400, 10, task: 3), Made.poll(4_000, 10, task: 4)]),
        ]
        #expect(broken([chunk]) == ["polls of a thread do not overlap"])
    }

    @Test func nestedPollsInsideTheirOuterOne() {
        let nested: [pollscope_poll_flags] = [POLLSCOPE_POLL_NESTED]
        let inside = [
            Made.poll(2_010, 20, task: 2, flags: nested), Made.poll(2_012 + 30, 20, task: 3, flags: nested),
            Made.poll(2_000, 100, task: 1), Made.poll(2_100, 1, task: 4),
        ]
        #expect(broken([[MadeBatch(0, inside)]]) == [])
        // Two levels: the inner one first, then the one around it, then the outermost.
        let deep = [
            Made.poll(2_020, 10, task: 3, flags: nested), Made.poll(2_010, 50, task: 2, flags: nested),
            Made.poll(2_000, 100, task: 1), Made.poll(2_200, 1, task: 4),
        ]
        #expect(broken([[MadeBatch(0, deep)]]) == [])
        let alone = [
            Made.poll(2_010, 20, task: 2, flags: nested), Made.poll(2_500, 100, task: 1),
            Made.poll(2_700, 1, task: 3), Made.poll(2_800, 1, task: 4),
        ]
        #expect(broken([[MadeBatch(0, alone)]]) == ["polls of a thread do not overlap"])
        // The outer one may be among the lost.
        let lost = [
            [MadeBatch(0, [Made.poll(2_010, 20, task: 2, flags: nested)])],
            [MadeBatch(0, first: 2, lost: 1, [Made.poll(2_500, 100, task: 1), Made.poll(2_700, 1, task: 3)])],
        ]
        #expect(broken(lost) == [])
    }

    @Test(arguments: [
        Made.poll(500, 1, task: 9),  // before the session began
        Made.poll(4_500, 10, wait: 4_501, task: 9),  // enqueued before time began
        Made.poll(4_500, 10, wait: 4_000, task: 9),  // enqueued before the session began
        Made.poll(4_500, .max, task: 9),  // wraps
        Made.poll(4_500, 90_000_000_000, task: 9),  // ends long after the last look
    ]) func impossibleTimes(poll: pollscope_poll_record) {
        let polls = poll.start_ticks < 1_000 ? [poll] + good[0].polls : good[0].polls + [poll]
        let chunk = [MadeBatch(0, polls), MadeBatch(1, [good[1].polls[0]])]
        #expect(broken([chunk]).contains("times are possible"))
    }

    @Test func oneEnqueueThatStartsTwice() {
        var chunk = good
        // Both became runnable at 1,990.
        chunk[0].polls[1].wait_ticks = 1_010
        #expect(broken([chunk]) == ["one start for each enqueue"])
    }

    @Test func anEnqueueBeforeTheStartOfThePollBefore() {
        var chunk = good
        chunk[0].polls[1].wait_ticks = 1_001
        #expect(broken([chunk]) == ["one start for each enqueue"])
        // On another thread, in another chunk, and recorded late because it was long.
        let late = [
            [MadeBatch(1, [Made.poll(2_500, 10, wait: 100)])],
            [
                MadeBatch(
                    0, [Made.poll(2_450, 4_000, wait: 5), Made.poll(7_000, 1, task: 2), Made.poll(7_100, 1, task: 3)])
            ],
        ]
        #expect(broken(late) == ["one start for each enqueue"])
        let resumedWhileLeaving = [
            [MadeBatch(1, [Made.poll(2_500, 10, wait: 40)])],
            [
                MadeBatch(
                    0, [Made.poll(2_450, 4_000, wait: 5), Made.poll(7_000, 1, task: 2), Made.poll(7_100, 1, task: 3)])
            ],
        ]
        #expect(broken(resumedWhileLeaving) == [])
    }

    @Test func aTimerIsRunnableWhenItIsDue() {
        var chunk = good
        chunk[0].polls[1].wait_ticks = 1_500
        chunk[0].polls[1].flags = UInt8(POLLSCOPE_POLL_TIMER.rawValue)
        #expect(broken([chunk]) == [])
    }

    @Test func tasksThatWereForgottenAreNotJudged() {
        var law = EnqueueLaw(tasksKept: 4)
        for task in UInt32(1)...20 {
            MadeBatch(0, [Made.poll(UInt64(task) * 100, 10, task: task)]).withThreadPolls { law.add($0) }
            law.endChunk()
        }
        let checked = law.result.checked
        MadeBatch(0, [Made.poll(9_000, 10, wait: 9_000, task: 1)]).withThreadPolls { law.add($0) }
        law.endChunk()
        #expect(law.result.checked == checked)
        MadeBatch(0, [Made.poll(9_100, 10, wait: 9_000, task: 20)]).withThreadPolls { law.add($0) }
        law.endChunk()
        #expect(law.result.violations == 1)
    }

    private func facts(polls: UInt64, enqueues: UInt64 = 10) -> RecordingFacts {
        Made.facts(statuses: [
            Made.status(at: 0, polls: 0, enqueues: 1), Made.status(at: 1, polls: polls, enqueues: enqueues),
            Made.status(at: 2, polls: polls, enqueues: enqueues),
        ])
    }

    @Test func pollsThatTheCountersDoNotKnow() {
        #expect(broken([good], facts: facts(polls: 3)) == ["counters agree"])
        #expect(broken([good], facts: facts(polls: 5)) == ["counters agree"])
        #expect(broken([good], facts: facts(polls: 4)) == [])
    }

    @Test func aSessionOfADeadProcessIsTakenWhole() {
        let dead = {
            Made.facts(statuses: [
                Made.status(at: 0, polls: 0, enqueues: 0), Made.status(at: 1, polls: $0, enqueues: 9),
                Made.status(at: 1, polls: $0, enqueues: 9),
            ])
        }
        #expect(broken([good], facts: dead(4)) == [])
        #expect(broken([good], facts: dead(5)) == ["counters agree"])
    }

    @Test func pollsThatNobodyEnqueued() {
        #expect(broken([good], facts: facts(polls: 4, enqueues: 3)) == ["counters agree"])
    }

    @Test func countersThatGoBack() {
        var statuses = statuses
        statuses[2].counters.polls = 3
        #expect(broken([good], facts: Made.facts(statuses: statuses)).contains("counters agree"))
    }

    @Test func aStackThatIsNotThere() {
        var chunk = good
        chunk[1].polls[0].stack = 99
        #expect(broken([chunk]) == ["references lead somewhere"])
    }

    @Test func aWakerAKindAndAnExecutorThatCannotBe() {
        for change: (inout pollscope_poll_record) -> Void in [
            { $0.waker = 0x7000 }, { $0.kind = 99 }, { $0.executor = 200 },
        ] {
            var chunk = good
            change(&chunk[1].polls[1])
            #expect(broken([chunk]).contains("references lead somewhere"))
        }
    }

    @Test func totalsThatDoNotAddUp() {
        var analysis = PollAnalysis(calibration: Made.calibration)
        analysis.add(chunk: good)
        let model = ReportModel(facts: Made.facts(), analysis: analysis, naming: Made.name)
        let read = TotalsLaw.Polls(polls: 4, waits: 4)
        #expect(TotalsLaw(model: model, read: read).result.holds)
        #expect(!TotalsLaw(model: model, read: TotalsLaw.Polls(polls: 5, waits: 5)).result.holds)
        for change: (inout ReportModel) -> Void in [
            { $0.sites[0].polls += 1 }, { $0.executors[0].polls -= 1 }, { $0.polls += 1 },
            { $0.executors[0].pollHistogram.record(1) }, { $0.executors[0].waitHistogram = Histogram() },
            { $0.sites.removeAll() }, { $0.sites[0].waitHistogram.record(1) },
            { $0.sites[0].pollHistogram = Histogram() },
        ] {
            var changed = model
            change(&changed)
            #expect(!TotalsLaw(model: changed, read: read).result.holds)
        }
    }

    @Test func examplesAreFewAndViolationsAreCounted() {
        let polls = (0..<100).map { Made.poll(2_000 + UInt64($0), 50, stack: 99, task: UInt32($0)) }
        var laws = RecordingLaws(facts: Made.facts())
        laws.add(chunk: [MadeBatch(0, polls)])
        let references = laws.results().first { $0.name == "references lead somewhere" }
        #expect(references?.violations == 100)
        #expect(references?.examples.count == LawResult.examplesKept)
    }
}
