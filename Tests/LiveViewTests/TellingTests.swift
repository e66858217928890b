// Long polls, calls, hangs, losses and what becomes of the service: told once, and again at growing distances.

import CPollscopeLayout
import Foundation
import Sessions
import TestSupport
import Testing

@testable import LiveView

@Suite("What is told")
struct TellingTests {
    @Test("A site's long polls: the first, what is worse, and now and then the others")
    func longPolls() {
        var service = MadeService()
        for number in 0..<100 as Range<UInt64> {
            let context = MadeService.context(ring: 0, start: service.now, stack: 1)
            service.longPoll(context, milliseconds: number == 50 ? 90 : 20)
            service.look(after: 100)
        }
        let polls = service.told.compactMap { if case .longPoll(let poll) = $0.what { poll } else { nil } }
        #expect(polls.count >= 4 && polls.count < 12, "\(service.lines)")
        #expect(polls[0].untold == 0)
        #expect(polls.contains { $0.seconds > 0.08 })
        #expect(polls.reduce(UInt64(polls.count)) { $0 + $1.untold } <= 100)
        #expect(service.watch.summary.longPolls == 100)
        #expect(service.lines[0].hasSuffix("long poll, 20.0 ms: RiskModel.score(_:) (/src/quotes/Risk.swift:48)"))
    }

    @Test("A long call has a line, and its poll none")
    func calls() {
        var service = MadeService()
        let context = MadeService.context(ring: 0, start: service.now, stack: 2)
        service.session.stacks.append(
            AsyncStack(id: 20, kind: UInt8(POLLSCOPE_STACK_NATIVE.rawValue), isCut: false, frames: [91, 92]))
        service.session.evidence.calls.append(
            BlockingCall(
                context: context, call: UInt16(POLLSCOPE_CALL_fsync.rawValue), start: Ticks(service.now),
                durationTicks: 11_800, error: 0, nativeStack: 20, isStackCut: false,
                object: CallObject(kind: 2, text: "/var/ledger", isCut: false)))
        service.longPoll(context, milliseconds: 12, blocked: 11)
        service.look(after: 20)
        #expect(service.lines.count == 1, "\(service.lines)")
        #expect(
            service.lines[0].hasSuffix(
                "fsync blocks for 11.8 ms in code91() (/src/quotes/Code.swift:91), under Ledger.append(_:) "
                    + "(/src/quotes/Risk.swift:49), on /var/ledger"))
    }

    @Test("A hang is told of while it goes on, at doubling ages, and when it ends")
    func hang() throws {
        var service = MadeService()
        service.begin(ring: 0)
        let context = service.running[0].context
        service.looks(90, every: 100)
        #expect(service.told.count == 4, "\(service.lines)")
        for (event, age) in zip(service.told, [1.0, 2.0, 4.0, 8.0]) {
            guard case .hang(let hang) = event.what else {
                Issue.record("\(event)")
                return
            }
            #expect(abs(hang.seconds - age) < 0.11)
        }
        service.end(ring: 0)
        service.longPoll(context, milliseconds: 9_050)
        service.look()
        guard case .hangEnded(let hang) = try #require(service.told.last).what else {
            Issue.record("\(service.lines)")
            return
        }
        #expect(abs(hang.seconds - 9.05) < 1e-6)
        #expect(service.told.count == 5)
    }

    @Test("A drain that runs jobs one after another is no hang")
    func drain() {
        var service = MadeService()
        service.begin(ring: 0)
        let start = service.now
        for _ in 0..<50 {
            service.running[0].innerTicks = service.now - start
            service.look(after: 100)
        }
        #expect(service.told.isEmpty, "\(service.lines)")
    }

    @Test("Not more than so many lines a second, and the others are counted")
    func budget() {
        var service = MadeService()
        for stack in 0..<300 as Range<UInt32> {
            let context = MadeService.context(
                ring: 0, start: service.now, stack: stack % 9 + 1, executor: 16 + stack / 9)
            service.longPoll(context, milliseconds: 20)
        }
        service.look()
        #expect(service.told.count == 20)
        service.look(after: 1100)
        guard case .suppressed(let lines)? = service.told.last?.what else {
            Issue.record("\(service.lines)")
            return
        }
        #expect(lines == 280)
    }

    @Test("Losses are told of once a second, with their sums")
    func losses() {
        var service = MadeService()
        for _ in 0..<30 {
            service.session.evidence.recordsLost = 2
            service.session.events.recordsLost = 1
            service.look(after: 100)
        }
        let lost = service.told.compactMap { if case .lost(let lost) = $0.what { lost } else { nil } }
        #expect(lost.count == 3)
        #expect(lost.dropFirst().allSatisfy { $0.evidence == 20 && $0.events == 10 && $0.polls == 0 })
    }

    @Test("The end is told of once", arguments: [(9, "signal 9 (SIGKILL)"), (0, "has exited"), (nil, "gone")])
    func end(signal: Int32?, words: String) {
        var service = MadeService()
        service.look()
        service.life = .gone(signal: signal)
        service.looks(3)
        #expect(service.watch.isOver)
        #expect(service.lines.count == 1)
        #expect(service.lines[0].contains(words))
    }

    @Test("Every event is one line of JSON that the schema knows")
    func json() throws {
        var service = MadeService()
        service.pending = 3
        service.looks(5)
        service.begin(ring: 0)
        service.begin(ring: 1)
        service.look()
        service.pending = 9
        service.looks(120)
        service.end(ring: 0)
        service.longPoll(MadeService.context(ring: 3, start: service.now, stack: 5), milliseconds: 30)
        service.session.evidence.recordsLost = 1
        service.looks(10)
        service.life = .stopped
        service.looks(3)
        service.life = .gone(signal: 6)
        service.looks(3)
        let events =
            [service.watch.beginning()] + service.told + service.watch.ending(at: Ticks(service.now))
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let schema = try JSONSchema(
            Data(contentsOf: package.appending(path: "Sources/LiveView/Schema/pollscope.watch.1.schema.json")))
        let json = WatchJSON(clock: MadeService.clock)
        var names: Set<String> = []
        for event in events {
            let line = json.line(of: event)
            #expect(!line.contains("\n"))
            #expect(line.hasPrefix("{\"at\":\"2026-11-28T14:02:3"), "\(line)")
            #expect(try schema.violations(in: Data(line.utf8)).isEmpty, "\(line)")
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            names.insert(object?["event"] as? String ?? "")
        }
        #expect(
            names.isSuperset(of: [
                "watching", "episode-began", "episode-goes-on", "hang", "long-poll", "lost", "stopped", "ended",
                "summary",
            ]), "\(names)")
    }

    @Test("No name from the service reaches the terminal's controls, and lines are shortened where they can be")
    func hostileNames() {
        let text = WatchText(width: 60, ink: .plain, clock: MadeService.clock)
        let pool = PoolState(
            name: "a\u{1B}[2J\nb", seconds: 0.1, waiting: 3, inUse: 10, capacity: 10, waited: 0, waitSecondsMax: 0)
        let line = text.line(of: WatchEvent(at: Ticks(0), .poolWaits(pool)))
        #expect(!line.contains("\u{1B}") && !line.contains("\n"))
        #expect(line.hasPrefix("14:02:30.000  pool \""))
    }
}
