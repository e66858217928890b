// From counted requests to a report: cohorts, names, the slowest with their stretches, and who held the threads.

import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

@Suite("Requests report")
struct RequestReportTests {
    private static func report(
        _ results: RequestResults, names: [String] = ["GET /quote"], change: (inout RecordingFacts) -> Void = { _ in }
    ) -> RequestsReport {
        var facts = Made.facts(threads: 8, statuses: [Made.status(at: 0), Made.status(at: 10)])
        for (index, name) in names.enumerated() {
            let number = UInt32(index + 1)
            facts.requestNames[number] = RequestName(number: number, text: name, isCut: false)
        }
        change(&facts)
        var stacks = StackNames(stacks: [1: Made.stack(1), 20: Made.stack(20), 30: Made.stack(30)]) { Made.name($0) }
        return RequestsReport(
            results, facts: facts, start: Ticks(MadeRequests.begin), durationSeconds: 10, secondsPerTick: 1e-9,
            names: &stacks)
    }

    private static func near(_ a: Double?, _ b: Double, _ share: Double = 1e-9) -> Bool {
        guard let a else { return false }
        return abs(a - b) <= max(abs(b) * share, 1e-12)
    }

    @Test("the slowest hundredth waits where the median does not")
    func cohorts() {
        var made = MadeRequests()
        for index in 0..<1_000 {
            let moment = Double(index * 20_000)
            let task = UInt32(index + 1)
            let request = made.begin(at: moment, task: task)
            made.poll(task, on: 0, moment, moment, moment + 1_000)
            let wait: Double = index % 100 == 7 ? 9_000 : 0
            made.poll(task, on: 1, moment + 1_100, moment + 1_100 + wait, moment + 1_300 + wait, outside: 5)
            made.end(request, at: moment + 1_200 + wait, task: task)
        }
        let report = Self.report(made.results())
        let endpoint = report.endpoints.first
        #expect(endpoint?.name == "GET /quote" && endpoint?.count == 1_000 && Self.near(endpoint?.perSecond, 100))
        #expect(endpoint?.cohorts.map(\.kind) == [.median, .slowest5Percent, .slowest1Percent])
        #expect(endpoint?.cohorts.map(\.count) == [100, 50, 10])
        let median = endpoint?.cohorts[0]
        let slowest = endpoint?.cohorts[2]
        #expect(Self.near(median?.mean[.onCPU], 0.0011) && Self.near(median?.mean[.outside], 0.0001))
        #expect(median?.mean[.executorWait] == 0)
        #expect(Self.near(slowest?.mean[.executorWait], 0.009) && Self.near(slowest?.meanSeconds, 0.0102))
        for cohort in endpoint?.cohorts ?? [] { #expect(Self.near(cohort.mean.totalSeconds, cohort.meanSeconds)) }
        // Of the slowest twentieth, a fifth waited.
        #expect(Self.near(endpoint?.cohorts[1].mean[.executorWait], 0.009 / 5))
        #expect(endpoint?.exemplars.count == 10)
        #expect(endpoint?.exemplars.allSatisfy { Self.near($0.durationSeconds, 0.0102) } == true)
    }

    @Test("a cohort of a handful is none")
    func fewRequests() {
        let report = Self.report(RequestAnalysisTests.simple(60).results())
        #expect(report.endpoints.first?.cohorts.map(\.kind) == [.median])
        #expect(Self.report(RequestAnalysisTests.simple(20).results()).endpoints.first?.cohorts.isEmpty == true)
    }

    @Test("an exemplar's segments follow on one another, and say what they waited for")
    func exemplar() {
        var made = MadeRequests()
        let request = made.begin(1, at: 1_000, task: 5)
        made.poll(5, on: 0, 1_000, 1_000, 1_100, stack: 20)
        made.acquire(3, since: 1_090, at: 2_010, task: 5)
        made.poll(5, on: 0, 2_000, 2_004, 2_100, outside: 4, stack: 30)
        made.poll(5, on: 0, 2_500, 2_500, 2_600, outside: 4, stack: 30)
        made.end(request, at: 2_550, task: 5)
        let report = Self.report(made.results()) { facts in
            facts.statuses[1].pools = [
                PoolStatus(number: 3, name: "database", isOpen: true, capacity: 5, opened: Ticks(1))
            ]
        }
        let exemplar = report.endpoints.first?.exemplars.first
        #expect(Self.near(exemplar?.startSeconds, 0.001))
        #expect(exemplar?.segments.map(\.part) == [.onCPU, .poolWait, .executorWait, .onCPU, .outside, .onCPU])
        #expect(
            exemplar?.segments.map(\.detail) == [
                "global pool", "database", "global pool", "global pool", "thread pool", "global pool",
            ])
        #expect(
            exemplar?.segments.map { $0.site?.place.function } == [
                "function2()", "function3()", "function3()", "function3()", "function3()", "function3()",
            ])
        var at = 0.0
        for segment in exemplar?.segments ?? [] {
            #expect(Self.near(segment.offsetSeconds, at))
            at += segment.durationSeconds
        }
        #expect(Self.near(exemplar?.durationSeconds, at))
    }

    @Test("of many segments, the short ones are put together")
    func manySegments() {
        var made = MadeRequests()
        let request = made.begin(at: 0, task: 5)
        for index in 0..<500 {
            let start = Double(index * 100)
            made.poll(5, on: 0, start, start, start + (index % 50 == 3 ? 96 : 10), outside: 4)
        }
        made.end(request, at: 49_905, task: 5)
        let shown = made.results().shown()
        #expect((shown?.stretches.count ?? 0) <= ShownRequest.stretchesMax)
        #expect(shown?.stretches.reduce(0) { $0 + $1.count } == 999)
        #expect(shown?.stretches.reduce(0) { $0 + $1.ticks } == shown?.ticks)
        #expect(shown?.stretches.filter { $0.part == .onCPU && $0.ticks == 96_000 }.count == 10)
    }

    @Test("who held the threads while a request waited, by site")
    func holders() {
        var made = MadeRequests()
        let request = made.begin(at: 1_000, task: 5)
        made.poll(5, on: 0, 1_000, 1_000, 1_100)
        made.poll(5, on: 0, 1_200, 3_200, 3_300, outside: 4)
        made.end(request, at: 3_250, task: 5)
        var results = made.results()
        var holders = SegmentHolders(results.table)
        let isAsked = holders.beginChunk(from: MadeRequests.ticks(0), to: MadeRequests.ticks(5_000))
        #expect(isAsked)
        let held = [
            Made.poll(MadeRequests.ticks(900), 1_500_000, stack: 20),
            Made.poll(MadeRequests.ticks(2_500), 400_000, stack: 30),
        ]
        let inDrain = [
            Made.poll(
                MadeRequests.ticks(1_300), 900_000, stack: 20, flags: [POLLSCOPE_POLL_NESTED],
                executor: POLLSCOPE_EXECUTOR_ACTOR),
            Made.poll(MadeRequests.ticks(1_250), 1_000_000, stack: 40, kind: POLLSCOPE_RECORD_ACTOR),
            Made.poll(MadeRequests.ticks(2_600), 100_000, stack: 30, executor: POLLSCOPE_EXECUTOR_MAIN),
        ]
        MadeBatch(1, held).withThreadPolls { holders.add($0) }
        MadeBatch(2, inDrain).withThreadPolls { holders.add($0) }
        holders.apply(to: &results.table)
        let segment = Self.report(results).endpoints.first?.exemplars.first?.segments.first { $0.part == .executorWait }
        #expect(segment?.holders.map(\.site.place.function) == ["function2()", "function3()"])
        // 1,200…2,400 and the job in the drain, 1,300…2,200; the drain itself held nothing more.
        #expect(Self.near(segment?.holders.first?.seconds, 0.0021))
        #expect(Self.near(segment?.holders.last?.seconds, 0.0004))
    }

    @Test("who had the actor while a request waited for it")
    func actorHolders() {
        var made = MadeRequests()
        let request = made.begin(at: 1_000, task: 5)
        made.drain(on: 0, 1_000, 1_000, 3_000)
        made.poll(
            5, on: 0, 1_100, 2_600, 2_800, outside: 4, flags: [POLLSCOPE_POLL_NESTED],
            executor: POLLSCOPE_EXECUTOR_ACTOR)
        made.end(request, at: 2_700, task: 5)
        var results = made.results()
        #expect(results.anatomy() == [.outside: 100, .actorWait: 1_500, .onCPU: 100])
        var holders = SegmentHolders(results.table)
        _ = holders.beginChunk(from: 0, to: .max)
        func hold(_ start: Double, _ end: Double, actor: UInt32, task: UInt32, stack: UInt32) -> pollscope_poll_record {
            let from = MadeRequests.ticks(start)
            var hold = Made.hold(from, MadeRequests.ticks(end) - from, actor: actor, task: task)
            hold.stack = stack
            return hold
        }
        let batch = MadeBatch(
            0,
            [
                hold(1_000, 1_500, actor: 1, task: 8, stack: 20), hold(1_500, 2_600, actor: 1, task: 9, stack: 30),
                hold(2_600, 2_800, actor: 1, task: 5, stack: 1),
            ])
        batch.withThreadPolls { holders.add($0) }
        MadeBatch(1, [hold(1_000, 2_600, actor: 2, task: 8, stack: 50)]).withThreadPolls { holders.add($0) }
        holders.apply(to: &results.table)
        let segment = Self.report(results).endpoints.first?.exemplars.first?.segments.first { $0.part == .actorWait }
        #expect(segment?.holders.map(\.site.place.function) == ["function3()", "function2()"])
        #expect(Self.near(segment?.holders.first?.seconds, 0.0011))
    }

    @Test("names that differ in one segment, and are many, are one route")
    func routes() {
        let users = (0..<40).map { "GET /users/\(["anna", "bob"][$0 % 2])\($0)/orders" }
        let few = ["GET /health", "GET /quote", "GET /users/{id}"]
        let groups = RequestNameGroups(users + few)
        #expect(Set(users.map(groups.name(of:))) == ["GET /users/{…}/orders"])
        #expect(few.map(groups.name(of:)) == few)
        // Two segments that vary.
        let grid = (0..<40).flatMap { row in (0..<40).map { "/tenants/t\(row)/files/f\($0)" } }
        #expect(Set(grid.map(RequestNameGroups(grid).name(of:))) == ["/tenants/{…}/files/{…}"])
        // Methods are told apart, and names without a path are left alone.
        let methods = (0..<40).map { "M\($0) /a" } + (0..<40).map { "job \($0)" }
        #expect(methods.map(RequestNameGroups(methods).name(of:)) == methods)
    }

    @Test("rows are bounded, and those beyond are one")
    func bounded() {
        var made = MadeRequests()
        for index in 0..<400 {
            let moment = Double(index * 100)
            let request = made.begin(UInt32(index + 1), at: moment, task: UInt32(index + 1))
            made.end(request, at: moment + 50 + Double(index % 7), task: UInt32(index + 1))
            made.poll(UInt32(index + 1), on: 0, moment, moment, moment + 70)
        }
        let report = Self.report(made.results(), names: (0..<400).map { "job \($0)" })
        #expect(report.endpoints.count == RequestsReport.rowsMax)
        #expect(report.endpoints.reduce(0) { $0 + $1.count } == 400)
        #expect(report.endpoints.contains { $0.name == RequestNaming.others && $0.count == 151 })
    }

    @Test("open requests have a name, an age and a trace")
    func open() {
        var made = MadeRequests()
        let number = made.begin(1, at: 1_000, task: 5)
        var trace = pollscope_event_record()
        trace.kind = UInt8(POLLSCOPE_EVENT_REQUEST_TRACED.rawValue)
        trace.at_ticks = MadeRequests.ticks(1_001)
        trace.tid = 100
        trace.number = number
        (trace.other, trace.since_ticks, trace.blocked_ticks) = (7, 8, 9)
        made.events.append(trace)
        let open = Self.report(made.results()).open.first
        #expect(open?.name == "GET /quote" && open?.task == 5)
        #expect(open?.trace == TraceIdentity(high: 7, low: 8, span: 9))
        #expect(Self.near(open?.startSeconds, 0.001))
        #expect(Self.near(open?.ageSeconds, 10 - 0.001, 1e-3))
    }
}
