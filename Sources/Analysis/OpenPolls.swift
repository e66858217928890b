// Samples wait here for the end of the poll that they saw: they are read before it, or soon after it.

import Sessions

/// Brings samples and ends of polls together, in bounded memory.
///
/// It is fed evidence piece by piece: what one look found, or what several found that are in one chunk of a recording.
/// A sample of a poll comes at the latest with the piece that follows on the one with the poll's end.
struct OpenPolls: Sendable {
    struct EndedPoll: Sendable {
        var poll: LongPoll
        /// In the order of time.
        var samples: [SeenSample]
    }

    struct OpenPoll: Sendable {
        /// In the order of time; never empty.
        var samples: [SeenSample]
        /// The newest sample, with its frames.
        var last: PollSample
    }

    // A poll that lasts a day has 23 samples at doubling intervals.
    private static let samplesMax = 64
    // More than there are rings; what is left over are polls whose ends were lost.
    private static let pollsMax = 2_048

    /// Polls with samples that have not ended so far.
    private var polls: [PollIdentity: OpenPoll] = [:]
    /// Polls that ended in the piece before, and in this one, and the samples of both.
    private var ended: [LongPoll] = []
    private var ending: [LongPoll] = []
    private var samplesOfEnded: [PollIdentity: [SeenSample]] = [:]

    /// Begins a piece, with the polls that ended in it; its samples come next.
    mutating func beginPiece(_ ends: [LongPoll]) {
        ending = ends
        for poll in ends where samplesOfEnded[poll.context.poll] == nil {
            samplesOfEnded[poll.context.poll] = polls.removeValue(forKey: poll.context.poll)?.samples ?? []
        }
    }

    mutating func add(_ sample: PollSample, stack: StackTrie.Node) {
        var bare = sample
        bare.frames = []
        let seen = SeenSample(sample: bare, stack: stack)
        let identity = sample.context.poll
        if let count = samplesOfEnded[identity]?.count {
            if count < Self.samplesMax { samplesOfEnded[identity]?.append(seen) }
            return
        }
        guard let known = polls[identity] else {
            if polls.count >= Self.pollsMax { forgetOldest() }
            polls[identity] = OpenPoll(samples: [seen], last: sample)
            return
        }
        if known.last.reading.at <= sample.reading.at { polls[identity]?.last = sample }
        if known.samples.count < Self.samplesMax { polls[identity]?.samples.append(seen) }
    }

    /// The polls that ended in the piece before: no sample can come for them any more.
    mutating func endPiece() -> [EndedPoll] {
        let before = ended
        ended = ending
        ending = []
        return before.map { poll in
            let samples = samplesOfEnded.removeValue(forKey: poll.context.poll) ?? []
            return EndedPoll(poll: poll, samples: Self.inOrder(samples))
        }
    }

    /// A poll that has samples and has not ended.
    subscript(identity: PollIdentity) -> OpenPoll? {
        polls[identity].map { OpenPoll(samples: Self.inOrder($0.samples), last: $0.last) }
    }

    private static func inOrder(_ samples: [SeenSample]) -> [SeenSample] {
        samples.sorted { $0.sample.reading.at < $1.sample.reading.at }
    }

    private mutating func forgetOldest() {
        let byAge = polls.sorted { $0.value.last.reading.at < $1.value.last.reading.at }
        for (identity, _) in byAge.prefix(Self.pollsMax / 2) { polls[identity] = nil }
    }
}
