// The report for programs, as far as tests look at it.

import Foundation

public struct ReportJSON: Decodable, Sendable {
    public struct Durations: Decodable, Sendable {
        public var total, p50, p95, p99, p999, max: Double
    }

    public struct Site: Decodable, Sendable {
        public var function: String
        public var awaitPoint: Int?
        public var file: String?
        public var line: Int?
        public var task: String
        public var kind: String
        public var executor: String
        public var polls: Int
        public var pollSeconds: Durations
        public var waitSeconds: Durations
        public var blockedSeconds: Double
        public var longPolls: Int
        public var share: Double
        public var unknownWaits: Int
        public var allocations: Measured<SiteAllocations>
    }

    public struct Split: Decodable, Sendable {
        public var onCPUSeconds, blockedSeconds, kernelWaitSeconds, otherSeconds, estimatedSeconds: Double

        public var totalSeconds: Double { onCPUSeconds + blockedSeconds + kernelWaitSeconds + otherSeconds }
    }

    /// A line of the tree of what long polls did.
    public struct Node: Decodable, Sendable {
        public var function: String
        public var module: String
        public var file: String?
        public var line: Int?
        public var seconds: Double
        public var samples: Int
        public var state: String
        public var call: String?
        public var systemCall: String?
        public var isInLoop: Bool?
        public var children: [Node]

        /// This line and all below it.
        public var all: [Node] { [self] + children.flatMap(\.all) }
    }

    public struct LongPoll: Decodable, Sendable {
        public var function: String
        public var awaitPoint: Int?
        public var file: String?
        public var line: Int?
        public var task: String
        public var kind: String
        public var executor: String
        public var polls: Int
        public var pollSeconds: Durations
        public var split: Split
        public var samples: Int
        public var sampledSeconds: Double
        public var minorFaults: Int
        public var majorFaults: Int
        public var calls: [Call]
        public var stacks: [Node]
    }

    public struct Call: Decodable, Sendable {
        public var call: String
        public var family: String
        public var via: String?
        public var object: String?
        public var objectKind: String?
        public var objects: Int
        public var function: String
        public var file: String?
        public var line: Int?
        public var site: Place
        public var count: Int
        public var errors: Int
        public var seconds: Durations
    }

    public struct Frame: Decodable, Sendable {
        public var function: String
        public var file: String?
        public var line: Int?
        public var module: String
        public var isRuntime: Bool
        public var isInlined: Bool
    }

    public struct LastSample: Decodable, Sendable {
        public var secondsIntoPoll: Double
        public var state: String
        public var call: String?
        public var callSeconds: Double?
        public var systemCall: String?
        public var stack: [Frame]
        public var isStackCut: Bool
        public var isStackApproximate: Bool
    }

    public struct Place: Decodable, Sendable {
        public var function: String
        public var awaitPoint: Int?
        public var file: String?
        public var line: Int?
        public var task: String?
    }

    public struct Poll: Decodable, Sendable {
        public var durationSeconds: Double
        public var site: Place
        /// Of unfinished polls.
        public var lastSample: LastSample?
        public var split: Split?
    }

    public struct Losses: Decodable, Sendable {
        public var recordsLost, pollsUnrecorded, jobsRefused, pollsWithoutStack, evidenceLost, samplesLost: Int
        public var worksUnobserved, executorsRefused, tasksUntracked: Int
    }

    public struct Overhead: Decodable, Sendable {
        public var samples, samplesWithoutStack: Int
        public var handlerSecondsMax: Double
    }

    public struct Session: Decodable, Sendable {
        public var pid: Int
        public var durationSeconds: Double
    }

    public struct Problem: Decodable, Sendable {
        public var kind, sentence, remedy: String
    }

    public var schema: String
    public var session: Session
    public var losses: Losses
    public var overhead: Overhead
    public var polls: Int
    public var coverage: Coverage
    public var executors: [Executor]
    public var actors: [Actor]
    public var actorTypes: [ActorType]
    public var eventLoops: [EventLoop]
    public var threads: Threads
    public var sites: [Site]
    public var longPolls: [LongPoll]
    public var blocking: [Call]
    public var allocations: Measured<Allocations>
    public var unfinished: [Poll]
    public var requests: [Request]
    public var requestTotals: RequestTotals
    public var pools: [Pool]
    public var poolsRefused: Int
    public var stuckTasks: [StuckTasks]
    public var stuckTasksLook: StuckTasksLook?
    public var load: Load
    public var kernelWait: KernelWait?
    public var verdict: Verdict
    public var findings: [Finding]
    public var notEnough: [Sentence]
    public var problems: [Problem]

    public init(_ text: String) throws {
        self = try JSONDecoder().decode(ReportJSON.self, from: Data(text.utf8))
    }

    /// Polls of the entries that `isIncluded`.
    public func polls(where isIncluded: (Site) -> Bool) -> Int {
        sites.filter(isIncluded).reduce(0) { $0 + $1.polls }
    }

    /// One line an entry, for the messages of tests.
    public var table: String {
        sites.map { site in
            "\(site.kind) | \(site.function) | \(site.awaitPoint ?? -1) | \(site.line ?? -1) | \(site.polls) | "
                + "\(site.executor) | task \(site.task)"
        }.joined(separator: "\n")
    }
}
