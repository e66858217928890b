// What a diagnosis consists of: findings as values, with their words.

import Analysis

/// How bad a finding is, in the order of `<`.
public enum Severity: String, Sendable, Hashable, Comparable, CaseIterable {
    /// Worth knowing; nobody waits for it.
    case info
    /// Somebody waits, or will soon.
    case warning
    /// It is what the tail is made of, or part of the service stands still.
    case critical

    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }
}

/// What kind of ailment a finding is: one rule each.
public enum FindingKind: String, Sendable, Hashable, CaseIterable {
    case starvation
    case longPoll = "long-poll"
    case blockingCall = "blocking-call"
    case lockContention = "lock-contention"
    case allocationHotspot = "allocation-hotspot"
    case overYielding = "over-yielding"
    case poolTooSmall = "pool-too-small"
    case poolTooLarge = "pool-too-large"
    case actorContention = "actor-contention"
    case mainActorOverload = "main-actor-overload"
    case eventLoopBlocked = "event-loop-blocked"
    case blockingPoolSaturated = "blocking-pool-saturated"
    case threadChurn = "thread-churn"
    case taskExplosion = "task-explosion"
    case kernelContention = "kernel-contention"
    case hang
    case timerLateness = "timer-lateness"
    case noSignal = "no-signal"
}

/// The code at fault.
public struct FindingSite: Sendable, Hashable {
    /// The function to change, at the line to change: inside a long poll the innermost function of the user's that nearly
    /// all of the time was spent in or below; of a call, its caller.
    public var code: CodePlace
    /// Where the poll resumed that ran it; `nil`: in none.
    public var poll: SiteName?

    public init(code: CodePlace, poll: SiteName? = nil) {
        self.code = code
        self.poll = poll
    }
}

/// What a finding costs, as far as it is known.
public struct FindingImpact: Sendable, Hashable {
    /// Time that jobs waited because of it, all together.
    public var waitSeconds: Double?
    /// Part of all waiting for its executor.
    public var waitShare: Double?
    /// How much longer the slowest 1 % of the requests of `request` take by it, in the mean.
    public var tailSeconds: Double?
    public var request: String?
    /// Part of the process's CPU time.
    public var cpuShare: Double?

    public init(
        waitSeconds: Double? = nil, waitShare: Double? = nil, tailSeconds: Double? = nil, request: String? = nil,
        cpuShare: Double? = nil
    ) {
        self.waitSeconds = waitSeconds
        self.waitShare = waitShare
        self.tailSeconds = tailSeconds
        self.request = request
        self.cpuShare = cpuShare
    }
}

/// A figure that a sceptic can check.
public struct FindingEvidence: Sendable, Hashable {
    /// What was measured, as a key: `polls`, `pollSecondsP99`, `callCount`. Its unit is in it where it is no count.
    public var name: String
    public var value: Double
    /// The same in words.
    public var text: String

    public init(_ name: String, _ value: Double, _ text: String) {
        self.name = name
        self.value = value
        self.text = text
    }
}

/// Who waited.
public struct FindingVictim: Sendable, Hashable {
    /// Name of a request, or the function of a site.
    public var name: String
    /// Time that they waited because of the finding, all together.
    public var seconds: Double

    public init(name: String, seconds: Double) {
        self.name = name
        self.seconds = seconds
    }
}

/// What follows from the same cause, and so is no finding of its own.
public struct FindingSymptom: Sendable, Hashable {
    public var kind: FindingKind
    public var sentence: String

    public init(kind: FindingKind, sentence: String) {
        self.kind = kind
        self.sentence = sentence
    }
}

/// A diagnosis: what is wrong, who does it, whom it hurts, and what to change.
public struct Finding: Sendable, Hashable {
    public var kind: FindingKind
    public var severity: Severity
    /// `nil`: it is no line's fault.
    public var site: FindingSite?
    /// What it is about where that is no code: an executor, a pool, an actor; empty: nothing.
    public var subject: String
    /// What is wrong, in one line, without a full stop: "RiskModel.score(_:) computes 40 ms without suspending".
    public var headline: String
    /// Where, in words: await point, task, through which library. Empty: the site says it all.
    public var context: String
    /// What it costs whom, most first; a phrase each.
    public var effects: [String]
    public var impact: FindingImpact
    public var evidence: [FindingEvidence]
    /// Most time first.
    public var victims: [FindingVictim]
    public var symptoms: [FindingSymptom]
    /// What to do, the best first; a phrase each, with code that can be typed.
    public var advice: [String]

    public init(
        _ kind: FindingKind, _ severity: Severity, site: FindingSite? = nil, subject: String = "", headline: String,
        context: String = "", effects: [String] = [], impact: FindingImpact = FindingImpact(),
        evidence: [FindingEvidence] = [], victims: [FindingVictim] = [], symptoms: [FindingSymptom] = [],
        advice: [String]
    ) {
        self.kind = kind
        self.severity = severity
        self.site = site
        self.subject = subject
        self.headline = headline
        self.context = context
        self.effects = effects
        self.impact = impact
        self.evidence = evidence
        self.victims = victims
        self.symptoms = symptoms
        self.advice = advice
    }
}

/// Whether tuning is worth it.
public struct Verdict: Sendable, Hashable {
    public enum Answer: String, Sendable, Hashable {
        /// Somebody waits, and there are enough of them.
        case worthIt = "worth-it"
        /// Nothing is wrong.
        case healthy
        /// What is wrong hurts too few, or too little.
        case notWorthIt = "not-worth-it"
        /// Too little was seen to say.
        case unknown
    }

    public var answer: Answer
    /// With the figures that it rests on.
    public var sentence: String
    /// What was looked at and is fine, a phrase each: "pool \"ledger\" (3 of 10 used)".
    public var leaveAlone: [String]

    public init(_ answer: Answer, sentence: String, leaveAlone: [String] = []) {
        self.answer = answer
        self.sentence = sentence
        self.leaveAlone = leaveAlone
    }
}

/// A rule that could not say anything.
public struct NotEnough: Sendable, Hashable {
    public var kind: FindingKind
    /// What it lacks, and how much would do.
    public var sentence: String

    public init(kind: FindingKind, sentence: String) {
        self.kind = kind
        self.sentence = sentence
    }
}

/// All that the rules have to say of one recording.
public struct Diagnosis: Sendable {
    /// Worst first.
    public var findings: [Finding]
    public var verdict: Verdict
    public var notEnough: [NotEnough]

    public init(findings: [Finding], verdict: Verdict, notEnough: [NotEnough] = []) {
        self.findings = findings
        self.verdict = verdict
        self.notEnough = notEnough
    }
}
