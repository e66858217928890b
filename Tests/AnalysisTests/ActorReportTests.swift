import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

/// What the report says of actors is what their holds were.
@Suite struct ActorReportTests {
    private func hold(
        _ start: UInt64, _ duration: UInt64, wait: UInt64 = 0, stack: UInt32 = 10, type: UInt16 = 1, actor: UInt32 = 1,
        atOnce: Bool = false
    ) -> pollscope_poll_record {
        var hold = Made.poll(start, duration, wait: wait, stack: stack, kind: POLLSCOPE_RECORD_HOLD, waker: type)
        hold.executor = UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)
        hold.flags = atOnce ? UInt8(POLLSCOPE_HOLD_AT_ONCE.rawValue) : 0
        hold.allocations = actor
        return hold
    }

    private func facts() -> RecordingFacts {
        var facts = Made.facts(
            statuses: [Made.status(at: 0), Made.status(at: 10)],
            stacks: [Made.stack(10), Made.stack(20), Made.stack(30)])
        facts.types = [1: ObjectType(id: 1, name: "Shop.Ledger"), 2: ObjectType(id: 2, name: "Shop.Session")]
        return facts
    }

    private func model(_ chunks: [[MadeBatch]]) -> ReportModel {
        let facts = facts()
        var analysis = PollAnalysis(calibration: facts.calibration, span: facts.span)
        for chunk in chunks { analysis.add(chunk: chunk) }
        return ReportModel(facts: facts, analysis: analysis, naming: Made.name)
    }

    @Test func holdsWaitsAndHoldersAreCounted() throws {
        let records = [
            hold(2_000, 3_000_000_000, wait: 1_000_000), hold(3_100_000_000, 1_000_000_000, stack: 20, atOnce: true),
            hold(5_000_000_000, 500, type: 2, actor: 8), hold(6_000_000_000, 500, wait: 50, type: 2, actor: 9),
        ]
        let report = model([[MadeBatch(0, records)]])
        #expect(report.polls == 0)
        #expect(report.actors.actors.map(\.type) == ["Ledger", "Session", "Session"])
        #expect(report.actors.actors.map(\.instance) == [1, 1, 2])
        let ledger = try #require(report.actors.actors.first)
        #expect((ledger.held.holds, ledger.held.atOnce, ledger.held.queued) == (2, 1, 1))
        #expect(abs(ledger.utilisation - 0.4) < 1e-9)
        #expect(abs(ledger.held.holdSeconds.totalSeconds - 4) < 1e-9)
        #expect(ledger.held.holdSeconds.max == 3)
        #expect(abs(ledger.held.waitSeconds.totalSeconds - 0.001) < 1e-12)
        #expect(ledger.sites.map(\.site.place.function) == ["function1()", "function2()"])
        #expect(ledger.sites.map(\.heldShare) == [0.75, 0.25])
        #expect(ledger.sites.map(\.waitShare) == [1, 0])
        #expect(report.actors.types.map(\.type) == ["Ledger", "Session"])
        #expect(report.actors.types.map(\.instances) == [1, 2])
    }

    /// The stacks tell on which actors' code a poll ran, where they are of one type.
    @Test func sitesOnActorsHaveTheActorsForAnExecutor() {
        func poll(_ start: UInt64, stack: UInt32) -> pollscope_poll_record {
            var poll = Made.poll(start, 100, stack: stack, flags: [POLLSCOPE_POLL_NESTED])
            poll.executor = UInt8(POLLSCOPE_EXECUTOR_ACTOR.rawValue)
            return poll
        }
        let records = [
            hold(2_000, 100), poll(2_000, stack: 10), hold(3_000, 100, stack: 20, type: 2), poll(3_000, stack: 20),
            hold(4_000, 100, stack: 30, type: 2), poll(4_000, stack: 30), hold(5_000, 100, stack: 30),
            poll(5_000, stack: 30),
        ]
        let report = model([[MadeBatch(0, records)]])
        let executors = report.sites.reduce(into: [:]) { $0[$1.place.function] = $1.executor }
        #expect(
            executors == ["function1()": "actor Ledger", "function2()": "actor Session", "function3()": "actors"])
        #expect(report.sites.allSatisfy { $0.executorKind == .actors })
        #expect(report.executors.map(\.name) == ["actors"])
    }

    @Test func twoHalvesAreOneWhole() {
        var random = SmallRandom(seed: 11)
        let chunks = (0..<6).map { chunk in
            [
                MadeBatch(
                    0, first: UInt64(chunk) * 40,
                    (0..<40).map { number in
                        hold(
                            UInt64(chunk * 40 + number) * 10_000 + 2_000, UInt64.random(in: 1...9_000, using: &random),
                            wait: UInt64.random(in: 0...5_000, using: &random),
                            stack: UInt32.random(in: 1...3, using: &random) * 10,
                            type: UInt16.random(in: 1...2, using: &random),
                            actor: UInt32.random(in: 1...5, using: &random))
                    })
            ]
        }
        var first = PollAnalysis(calibration: Made.calibration)
        var second = first
        for (index, chunk) in chunks.enumerated() {
            if index < 3 { first.add(chunk: chunk) } else { second.add(chunk: chunk) }
        }
        first.append(second)
        let parts = ReportModel(facts: facts(), analysis: first, naming: Made.name).actors
        let whole = model(chunks).actors
        #expect(parts.actors.map(\.number) == whole.actors.map(\.number))
        #expect(parts.actors.map(\.instance) == whole.actors.map(\.instance))
        #expect(parts.actors.map(\.held.holdSeconds) == whole.actors.map(\.held.holdSeconds))
        #expect(parts.actors.map(\.held.waitSeconds) == whole.actors.map(\.held.waitSeconds))
        #expect(parts.actors.map { $0.sites.map(\.heldShare) } == whole.actors.map { $0.sites.map(\.heldShare) })
        #expect(parts.types.map(\.held.holds) == whole.types.map(\.held.holds))
    }

    /// Actors beyond the number that is told apart are in their types' figures, and a busy one that comes late is found.
    @Test func manyActorsTakeBoundedMemoryAndHideNoBusyOne() throws {
        let count = 10_000
        var records = (0..<count).map { hold(UInt64($0) * 1_000 + 2_000, 100, type: 2, actor: UInt32($0)) }
        records.append(hold(UInt64(count) * 1_000 + 2_000, 5_000_000, wait: 9, actor: 3))
        var analysis = HoldAnalysis(clock: TickClock(Made.calibration, ReportThresholds()), span: TickSpan(nil))
        records.withUnsafeBufferPointer { analysis.add($0) }
        #expect(analysis.actors.count <= 2_048)

        let report = model([[MadeBatch(0, records)]])
        let busiest = try #require(report.actors.actors.first)
        #expect((busiest.type, busiest.held.holds) == ("Ledger", 1))
        #expect(report.actors.actors.count == ActorsReport.instancesMax)
        let sessions = try #require(report.actors.types.first { $0.type == "Session" })
        #expect((sessions.instances, sessions.held.holds) == (UInt64(count), UInt64(count)))
    }

    @Test func hostileHoldsGiveFiguresAndNoFault() {
        var wild = hold(.max, .max, wait: .max, stack: .max, type: .max, actor: .max)
        wild.flags = 255
        let report = model([[MadeBatch(0, [wild, wild, hold(0, 0, stack: 0, type: 0, actor: 0)])]])
        #expect(report.actors.types.reduce(0) { $0 + $1.held.holds } == 3)
        #expect(report.actors.types.contains { $0.type == "of an unknown type" })
    }
}
