// Episodes of starvation are told of while they happen, and only where there are any.

import CPollscopeLayout
import Sessions
import Testing

@testable import LiveView

@Suite("Episodes")
struct EpisodeTests {
    /// A service in which a few jobs are always pending, since they sleep, and a thread is free.
    private func quietService() -> MadeService {
        var service = MadeService()
        service.pending = 5
        service.looks(5)
        return service
    }

    private func began(_ service: MadeService) -> [EpisodeState] {
        service.told.compactMap { if case .episodeBegan(let state) = $0.what { state } else { nil } }
    }

    private func ended(_ service: MadeService) -> [EpisodeEnd] {
        service.told.compactMap { if case .episodeEnded(let end) = $0.what { end } else { nil } }
    }

    @Test("One that jobs come into is told of, grows, and ends with who was to blame")
    func whole() throws {
        var service = quietService()
        service.begin(ring: 0)
        service.begin(ring: 1)
        service.look()
        for _ in 0..<28 {
            service.pending += 2
            service.look()
        }
        // Both end, and the jobs that waited run one after the other.
        let end = service.now
        service.end(ring: 0)
        service.end(ring: 1)
        let jobs = service.pending - 5
        for job in 0..<jobs {
            let start = end + job * 10
            service.record(
                MadeService.context(ring: 0, start: start, stack: 2), ring: 0, until: start + 5,
                wait: start - (end - 270_000 + job * 4_000))
        }
        service.pending = 5
        service.looks(8)
        #expect(service.lines.count == 3, "\(service.lines)")
        let begin = try #require(began(service).first)
        #expect(begin.width == 2)
        #expect(begin.busy.map(\.threads) == [2])
        #expect(
            service.lines[0].hasSuffix(
                "starvation begins: both pool threads in RiskModel.score(_:) (/src/quotes/Risk.swift:48), 4 jobs wait"))
        #expect(service.lines[1].contains("…  ") == false && service.lines[1].contains("… 200 ms, 44 jobs wait"))
        let over = try #require(ended(service).first)
        #expect(over.victims == jobs)
        #expect(over.culprits.first?.place.function == "RiskModel.score(_:)")
        #expect((over.culprits.first?.share ?? 0) > 0.98)
        #expect(service.lines[2].contains("ends after 261 ms; 56 jobs waited"))
        #expect(service.watch.summary.episodes == 1)
    }

    @Test("Busy threads and sleepers alone are none")
    func sleepersOnly() {
        var service = quietService()
        for _ in 0..<20 {
            service.begin(ring: 0)
            service.begin(ring: 1)
            service.looks(4)
            service.end(ring: 0)
            service.end(ring: 1)
            service.looks(2)
        }
        #expect(began(service).isEmpty && ended(service).isEmpty, "\(service.lines)")
    }

    @Test("Pending jobs while a thread is free are none")
    func freeThread() {
        var service = quietService()
        service.begin(ring: 0)
        service.pending = 50
        service.looks(20)
        #expect(began(service).isEmpty, "\(service.lines)")
    }

    @Test("A task that has never run shows it at once, where nothing else does")
    func unbegunTask() {
        var service = MadeService()
        // Nothing is known of what is usually pending.
        service.begin(ring: 0)
        service.begin(ring: 1)
        service.pending = 1
        service.tasksNotBegun = [Ticks(service.now + 1000)]
        service.looks(3)
        #expect(began(service).map(\.waiting) == [1])
    }

    @Test("One that is over when it is noticed has one line")
    func passed() throws {
        var service = quietService()
        let begin = service.now
        service.now += 15_000
        for ring in 0...1 as ClosedRange<UInt32> {
            service.record(MadeService.context(ring: ring, start: begin), ring: ring, until: begin + 15_000)
        }
        service.record(
            MadeService.context(ring: 0, start: begin + 15_000, stack: 2), ring: 0, until: begin + 15_100, wait: 14_000)
        service.looks(8)
        #expect(began(service).isEmpty)
        let end = try #require(ended(service).first)
        #expect(!end.wasTold && end.victims == 1 && end.culprits.first?.place.function == "RiskModel.score(_:)")
        #expect(service.lines.count == 1, "\(service.lines)")
    }

    @Test("A wait with a thread free is the kernel's, and no episode")
    func lateWake() {
        var service = quietService()
        let start = service.now
        service.record(MadeService.context(ring: 0, start: start), ring: 0, until: start + 100, wait: 30_000)
        service.looks(8)
        #expect(service.told.isEmpty, "\(service.lines)")
    }

    @Test("An overload by short polls is one episode as long as it lasts")
    func overload() throws {
        var service = quietService()
        service.pending = 500
        for _ in 0..<100 {
            for ring in 0...1 as ClosedRange<UInt32> {
                for part in 0..<2 as Range<UInt64> {
                    let start = service.now + part * 5_000
                    service.record(
                        MadeService.context(ring: ring, start: start), ring: ring, until: start + 5_000, wait: 40_000)
                }
                service.now += 10_000
                service.begin(ring: ring, wait: 40_000)
                service.now -= 10_000
            }
            service.look()
        }
        #expect(began(service).count == 1, "\(service.lines)")
        #expect(service.told.filter { if case .episodeGoesOn = $0.what { true } else { false } }.count == 3)
        service.running = []
        service.looks(8)
        let end = try #require(ended(service).first)
        #expect(end.victims >= 390)
        #expect(service.told.count == 5, "\(service.lines)")
    }

    @Test("Many episodes are not told one by one")
    func many() {
        var service = quietService()
        for _ in 0..<100 {
            service.begin(ring: 0)
            service.begin(ring: 1)
            service.look()
            service.pending += 10
            service.looks(3)
            service.end(ring: 0)
            service.end(ring: 1)
            service.pending = 5
            service.looks(8)
        }
        #expect(service.watch.summary.episodes == 100)
        #expect(began(service).count < 10)
        #expect(began(service).count == ended(service).filter(\.wasTold).count)
        #expect(began(service).contains { $0.untold > 5 })
    }

    @Test("A process that is stopped starves nobody")
    func stopped() {
        var service = quietService()
        service.begin(ring: 0)
        service.begin(ring: 1)
        service.look()
        service.life = .stopped
        service.pending = 10
        service.looks(200)
        service.life = .runs
        service.end(ring: 0)
        service.end(ring: 1)
        service.pending = 5
        service.looks(10)
        #expect(service.told.count == 2, "\(service.lines)")
        #expect(service.lines.first?.contains("the service is stopped") == true)
        #expect(service.lines.last?.contains("the service goes on after 2.0") == true)
    }
}

@Suite("Blame in an episode")
struct EpisodeBlameTests {
    private func poll(
        _ ring: UInt32, _ start: UInt64, _ end: UInt64, stack: UInt32, wait: UInt64 = 0,
        kind: pollscope_record_kind = POLLSCOPE_RECORD_TASK
    ) -> BlamedPoll {
        BlamedPoll(
            context: MadeService.context(ring: ring, start: start, stack: stack, kind: kind), ring: ring, start: start,
            end: end, runnable: start - wait)
    }

    @Test("Charges add up to all the waiting, whoever is charged", arguments: 0..<20 as Range<UInt64>)
    func addsUp(seed: UInt64) {
        var state = seed &* 6_364_136_223_846_793_005 &+ 1
        func random(_ limit: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % limit
        }
        var polls: [BlamedPoll] = []
        for ring in 0..<3 as Range<UInt32> {
            var time: UInt64 = 1_000
            for _ in 0..<50 {
                time += random(20)
                let start = time
                time += random(100)
                polls.append(poll(ring, start, time, stack: UInt32(random(5)), wait: random(900)))
            }
        }
        let (from, to) = (1_200 as UInt64, 2_900 as UInt64)
        var blame = EpisodeBlame()
        blame.add(polls, from: from, to: to, width: 3)
        let waited = polls.reduce(0.0) { sum, poll in
            let begin = max(poll.runnable, from)
            let end = min(poll.start, to)
            return sum + (end > begin ? Double(end - begin) : 0)
        }
        #expect(abs(blame.total - waited) < 1e-6 * max(1, waited))
    }

    @Test("Each instant is shared by the polls that run then")
    func shares() {
        var blame = EpisodeBlame()
        blame.add(
            [
                poll(0, 0, 100, stack: 1), poll(0, 100, 110, stack: 3, wait: 100), poll(1, 0, 60, stack: 2),
                poll(1, 60, 120, stack: 1),
            ], from: 0, to: 200, width: 2)
        let byStack = Dictionary(blame.charges.map { ($0.key.stack, $0.value) }) { $0 + $1 }
        #expect(abs((byStack[1] ?? 0) - 70) < 1e-9)
        #expect(abs((byStack[2] ?? 0) - 30) < 1e-9)
        #expect(blame.scheduler == 0)
    }

    @Test("With a thread free nobody is charged")
    func free() {
        var blame = EpisodeBlame()
        blame.add([poll(0, 0, 100, stack: 1), poll(1, 80, 90, stack: 2, wait: 80)], from: 0, to: 200, width: 2)
        #expect(blame.scheduler == 80)
        #expect(blame.charges.isEmpty)
    }

    @Test("A job in its actor's drain is charged, and the drain for the rest")
    func inside() {
        var blame = EpisodeBlame()
        blame.add(
            [
                poll(0, 10, 90, stack: 2), poll(0, 0, 100, stack: 1, kind: POLLSCOPE_RECORD_ACTOR),
                poll(0, 100, 101, stack: 3, wait: 100),
            ], from: 0, to: 100, width: 1)
        let byStack = Dictionary(blame.charges.map { ($0.key.stack, $0.value) }) { $0 + $1 }
        #expect(byStack[2] == 80)
        #expect(byStack[1] == 20)
    }
}
