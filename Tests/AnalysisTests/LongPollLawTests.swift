// The laws that pair polls over the threshold with their records.

import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

/// Polls over the threshold and their records belong together, one to one, but for those that are counted as lost or
/// that the recording cannot have.
@Suite struct LongPollLawTests {
    // MARK: Long polls

    @Test func aLongPollWithoutARecord() {
        func without(_ change: (inout MadeWorld) -> Void = { _ in }) -> [String] {
            MadeWorld.broken {
                $0.evidence.longPolls = []
                $0.evidence.number()
                change(&$0)
            }
        }
        #expect(without() == ["long polls have evidence"])
        #expect(without { $0.facts.info.longPollNanoseconds = 0 } == [])
        #expect(without { $0.facts.info.longPollNanoseconds = 31_000_000 } == [])
        #expect(without { $0.facts.info.probes[0].state = UInt16(POLLSCOPE_PROBE_REFUSED.rawValue) } == [])
        #expect(without { $0.facts.damage = "cut" } == [], "what a cut recording lacks cannot be told")
    }

    @Test func aRecordThatWasLost() {
        func lost(ring: UInt32) -> [String] {
            MadeWorld.broken {
                $0.evidence.longPolls = []
                $0.evidence.number()
                $0.evidence.recordsLost = 1
                if ring == 0 {
                    $0.evidence.runs[0].lost = 1
                    $0.evidence.runs[0].first = 1
                } else {
                    $0.evidence.runs.append(EvidenceRun(ring: ring, first: 1, count: 0, passedOver: 0, lost: 1))
                }
            }
        }
        #expect(lost(ring: 0) == [])
        #expect(lost(ring: 1) == ["long polls have evidence"], "what another thread lost excuses nothing")
    }

    @Test func moreRecordsMissingThanLost() {
        let broken = MadeWorld.broken {
            var second = MadeWorld.long
            second.start_ticks = 50_000_000
            second.wait_ticks = 1_000
            $0.polls[0] = MadeBatch(0, [MadeWorld.long, MadeWorld.short, second])
            $0.facts.statuses = MadeWorld.statuses(polls: 4)
            $0.evidence.longPolls = []
            $0.evidence.recordsLost = 1
            $0.evidence.number(from: 1)
        }
        #expect(broken == ["long polls have evidence"])
    }

    @Test func aPollThatBeganBeforeTheRecording() {
        // A recording that begins now, when so many polls had been counted.
        func recording(beginningAt seconds: Double) -> [String] {
            MadeWorld.broken {
                $0.evidence = Evidence()
                $0.polls = [MadeBatch(0, first: 7, [MadeWorld.long, MadeWorld.short])]
                $0.facts.statuses = [
                    Made.status(at: seconds, polls: 7, enqueues: 8), Made.status(at: 1, polls: 9, enqueues: 20),
                    Made.status(at: 2, polls: 9, enqueues: 20),
                ]
            }
        }
        #expect(recording(beginningAt: 0.02) == [])
        #expect(recording(beginningAt: 0.001) == ["long polls have evidence"])
    }

    @Test func aPollWhoseEvidenceWasOverwrittenBeforeAnybodyLooked() {
        func world(older: UInt64, keptFrom kept: UInt64) -> [String] {
            MadeWorld.broken {
                var second = MadeWorld.long
                second.start_ticks = kept
                second.wait_ticks = 1_000
                $0.polls[0] = MadeBatch(0, [MadeWorld.long, MadeWorld.short, second])
                $0.facts.statuses = MadeWorld.statuses(polls: 4, samples: 0)
                $0.evidence = Evidence()
                $0.evidence.longPolls = [MadeEvidence.longPoll(of: second)]
                $0.evidence.number(from: older)
                $0.evidence.runs[0].passedOver = older
            }
        }
        #expect(world(older: 20, keptFrom: 50_000_000) == [])
        #expect(world(older: 0, keptFrom: 50_000_000) == ["long polls have evidence"])
    }

    @Test func twoRecordsOfOnePoll() {
        let broken = MadeWorld.broken {
            $0.evidence.longPolls.append($0.evidence.longPolls[0])
            $0.evidence.number()
        }
        #expect(broken == ["long polls have evidence"])
    }

    @Test func aRecordThatSaysSomethingElseThanThePoll() {
        let law = ["long polls have evidence"]
        #expect(MadeWorld.broken { $0.evidence.longPolls[0].durationTicks += 1 } == law)
        #expect(MadeWorld.broken { $0.evidence.longPolls[0].blockedTicks += 1 } == law)
        #expect(MadeWorld.broken { $0.evidence.longPolls[0].context.task += 1 } == law)
        #expect(MadeWorld.broken { $0.evidence.longPolls[0].context.kind += 1 } == law)
    }

    @Test func aRecordOfAPollThatWasNotLong() {
        let broken = MadeWorld.broken {
            $0.evidence.longPolls.append(MadeEvidence.longPoll(of: MadeWorld.short))
            $0.evidence.longPolls[1].endCPUNanoseconds = nil
            $0.evidence.number()
        }
        #expect(broken.contains("long polls have evidence"))
    }

    @Test func aPollAtTheThreshold() {
        // The service's clock may be off by a hundredth: neither side is wrong here.
        for duration: UInt64 in [9_950_000, 10_050_000] {
            for hasRecord in [true, false] {
                let broken = MadeWorld.broken {
                    var poll = MadeWorld.long
                    poll.duration_ticks = duration
                    poll.blocked_ticks = 0
                    $0.polls[0] = MadeBatch(0, [poll, MadeWorld.short])
                    $0.evidence = Evidence()
                    $0.facts.statuses = MadeWorld.statuses(samples: 0)
                    if hasRecord { $0.evidence.longPolls = [MadeEvidence.longPoll(of: poll)] }
                    $0.evidence.number()
                }
                #expect(broken == [], "\(duration) \(hasRecord)")
            }
        }
    }

    // MARK: Polls of evidence

    /// Evidence of a poll that the recording does not have.
    private static func stray(_ poll: pollscope_poll_record, _ change: (inout MadeWorld) -> Void = { _ in }) -> [String]
    {
        MadeWorld.broken {
            $0.evidence.calls.append(MadeEvidence.call(of: poll, at: poll.start_ticks + 1, 100))
            $0.evidence.number()
            change(&$0)
        }
    }

    @Test func evidenceWithoutAPoll() {
        let law = ["evidence has its poll"]
        let stray = Made.poll(36_000_000, 1_000_000)
        #expect(Self.stray(stray) == law)
        #expect(Self.stray(stray) { $0.facts.damage = "cut" } == [])
        let lost = Self.stray(stray) {
            $0.polls[0] = MadeBatch(0, first: 1, lost: 1, [MadeWorld.long, MadeWorld.short])
            $0.facts.statuses = MadeWorld.statuses(polls: 4)
        }
        #expect(lost == [])
        let older = Self.stray(stray) {
            $0.facts.statuses[0] = Made.status(at: 0.0365, polls: 1, enqueues: 2)
            $0.facts.statuses[1].counters.polls = 4
            $0.facts.statuses[2].counters.polls = 4
            $0.polls[0].first = 1
            $0.polls[0].polls[0].sequence = 1
            $0.polls[0].polls[1].sequence = 2
        }
        #expect(older == [], "it began before the recording")
    }

    @Test func evidenceOfAPollThatHasNotEnded() {
        // Nothing of its thread has begun after it.
        #expect(Self.stray(Made.poll(45_000_000, 1_000_000)) == [])
    }

    @Test func aLongPollThatEndedWhileTheLastLookWasTaken() {
        func recording(_ poll: pollscope_poll_record) -> [String] {
            MadeWorld.broken {
                $0.evidence.longPolls.append(MadeEvidence.longPoll(of: poll))
                $0.evidence.number()
            }
        }
        #expect(recording(Made.poll(990_000_000, 20_000_000)) == [])
        #expect(
            recording(Made.poll(950_000_000, 20_000_000)) == ["evidence has its poll"],
            "it had ended when the last look began")
    }

    @Test func historyOfABusyRing() {
        // The ring of polls was overwritten further than the ring of evidence.
        let world = Self.stray(Made.poll(2_000_000, 1_000_000)) {
            $0.polls[0] = MadeBatch(0, first: 500, [MadeWorld.long, MadeWorld.short])
            $0.facts.statuses = MadeWorld.statuses(polls: 503)
        }
        #expect(world == [])
    }

    @Test func pollsOfAThreadThatIsNotKnown() {
        let broken = MadeWorld.broken { $0.facts.threads[0].tid = 0 }
        #expect(broken == [], "a poll is found by its start then")
    }
}
