// When the last seconds are saved, and when not.

import Testing

@testable import Collecting

@Suite("Triggers")
struct RecordingTriggersTests {
    @Test("what follows a trigger is in its recording, and others meanwhile are, too")
    func after() {
        var schedule = RecordingSchedule(distance: 60, after: 5)
        #expect(schedule.ask(.episode, at: 100) == .scheduled)
        #expect(schedule.ask(.longPoll, at: 103) == .included)
        #expect(schedule.takeDue(at: 104, isOver: false) == nil)
        #expect(schedule.takeDue(at: 105, isOver: false) == .episode)
        #expect(schedule.takeDue(at: 106, isOver: false) == nil)
    }

    @Test("two of a session keep their distance, but for what a person asks for and what comes once")
    func distance() {
        var schedule = RecordingSchedule(distance: 60, after: 5)
        #expect(schedule.ask(.episode, at: 0) == .scheduled)
        #expect(schedule.takeDue(at: 5, isOver: false) == .episode)
        #expect(schedule.ask(.hang, at: 64.9) == .tooSoon)
        #expect(schedule.ask(.hang, at: 65) == .scheduled)
        #expect(schedule.takeDue(at: 70, isOver: false) == .hang)
        #expect(schedule.ask(.manual, at: 71) == .scheduled)
        #expect(schedule.takeDue(at: 76, isOver: false) == .manual)
        #expect(schedule.ask(.crash, at: 77) == .scheduled)
        #expect(schedule.takeDue(at: 77, isOver: true) == .crash)
    }

    @Test("of a service that has ended, what was to follow does not come")
    func ended() {
        var schedule = RecordingSchedule(distance: 60, after: 5)
        #expect(schedule.ask(.longPoll, at: 10) == .scheduled)
        #expect(schedule.takeDue(at: 11, isOver: true) == .longPoll)
    }

    @Test("limits are met, or passed over")
    func limits() {
        var triggers = CollectorTriggers()
        #expect(triggers.reason(longestSeconds: 0.499) == nil)
        #expect(triggers.reason(longestSeconds: 0.5) == .longPoll)
        triggers.longPollSeconds = nil
        #expect(triggers.reason(longestSeconds: 100) == nil)
        #expect(triggers.reason(ending: .crash) == .crash)
        #expect(triggers.reason(ending: .exit) == nil)
        triggers.onCrash = false
        #expect(triggers.reason(ending: .crash) == nil)
    }
}
