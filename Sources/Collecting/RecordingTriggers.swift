// Whether what has just been seen is worth a recording: pure.

import LiveView

/// Why a recording is saved.
enum RecordingTrigger: String, CaseIterable {
    case episode, longPoll = "long_poll", hang, requestP99 = "request_p99", crash, manual
}

/// Why one was not, though there was a trigger.
enum RecordingSkip: String, CaseIterable {
    /// Too soon after the one before.
    case distance
    /// No room on the disk, or in the budget.
    case disk
    case error
}

extension CollectorTriggers {
    /// What of this asks for a recording; the first that does.
    func reason(in event: WatchEvent) -> RecordingTrigger? {
        switch event.what {
        case .episodeBegan(let state), .episodeGoesOn(let state):
            reaches(state.seconds, episodeSeconds) ? .episode : nil
        case .episodeEnded(let end): reaches(end.seconds, episodeSeconds) ? .episode : nil
        case .hang: onHang ? .hang : nil
        default: nil
        }
    }

    /// - Parameter seconds: of the longest poll or call that has just ended.
    func reason(longestSeconds seconds: Double) -> RecordingTrigger? {
        reaches(seconds, longPollSeconds) ? .longPoll : nil
    }

    func reason(ending: SessionEnding) -> RecordingTrigger? { onCrash && ending == .crash ? .crash : nil }

    private func reaches(_ seconds: Double, _ limit: Double?) -> Bool {
        limit.map { seconds >= $0 } ?? false
    }
}

/// A recording that is due: after what follows the trigger has been taken, too.
struct DueRecording {
    var trigger: RecordingTrigger
    /// On the clock of the collector, seconds.
    var due: Double
}

/// When a session was last saved, and when it is next.
struct RecordingSchedule {
    private let distance: Double
    private let after: Double
    private var last = -Double.infinity
    private(set) var next: DueRecording?

    init(distance: Double, after: Double) {
        self.distance = distance
        self.after = after
    }

    enum Answer: Equatable {
        case scheduled
        /// Another is already due: this is in it.
        case included
        case tooSoon
    }

    mutating func ask(_ trigger: RecordingTrigger, at now: Double) -> Answer {
        guard next == nil else { return .included }
        // What a person asks for, and what comes only once, is not put off.
        guard trigger == .manual || trigger == .crash || now - last >= distance else { return .tooSoon }
        next = DueRecording(trigger: trigger, due: now + (trigger == .crash ? 0 : after))
        return .scheduled
    }

    /// The one that is due now, once.
    mutating func takeDue(at now: Double, isOver: Bool) -> RecordingTrigger? {
        guard let next, isOver || now >= next.due else { return nil }
        self.next = nil
        last = now
        return next.trigger
    }
}
