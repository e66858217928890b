// Executors, actors and event loops of the report for programs, as far as tests look at them.

extension ReportJSON {
    public struct Executor: Decodable, Sendable {
        public var name: String
        public var kind: String
        public var polls: Int
        public var width: Int
        public var threads: Int
        public var utilisation: Double
        public var unknownWaits: Int
        public var pollSeconds: Durations
        public var waitSeconds: Durations
    }

    public struct ActorSite: Decodable, Sendable {
        public var function: String
        public var line: Int?
        public var task: String
        public var holds: Int
        public var heldSeconds, heldShare, waitSeconds, waitShare: Double
    }

    public struct Actor: Decodable, Sendable {
        public var type: String
        public var instance: Int
        public var actorID: Int
        public var utilisation: Double
        public var holds, atOnce, queued: Int
        public var holdSeconds, waitSeconds: Durations
        public var sites: [ActorSite]
    }

    public struct ActorType: Decodable, Sendable {
        public var type: String
        public var instances: Int
        public var holds, atOnce, queued: Int
        public var holdSeconds, waitSeconds: Durations
    }

    public struct ArrivalWait: Decodable, Sendable {
        public var mean, p50, p95, p99, p999, max: Double
    }

    public struct EventLoop: Decodable, Sendable {
        public var name: String
        public var turns, jobs, longTurns: Int
        public var busyShare: Double
        public var turnSeconds, readySecondsAtMost: Durations
        public var arrivalWaitSeconds: ArrivalWait
    }

    public struct Threads: Decodable, Sendable {
        public var created: Int
        public var createdPerSecond: Double?
    }

    public struct Probe: Decodable, Sendable {
        public var name, state, reason: String
    }

    public struct Coverage: Decodable, Sendable {
        public var signal: String
        public var cpuShareAtMost, processCPUSeconds, runtimeThreadsCPUShare: Double?
        public var unseenThreads: [UnseenThread]
        public var probes: [Probe]
    }

    public struct UnseenThread: Decodable, Sendable {
        public var name: String
        public var tid: Int
        public var cpuSeconds: Double
    }
}
