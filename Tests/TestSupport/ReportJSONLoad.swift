// What there was to do over time, tasks that stood still and the kernel's account, as tests read them.

extension ReportJSON {
    public struct StuckTasksLook: Decodable, Sendable {
        public var answer: String
        public var atSeconds, leastSeconds: Double
        public var live, stuck, kept: Int
    }

    public struct StuckTasks: Decodable, Sendable {
        public struct Wait: Decodable, Sendable {
            public var kind: String
            public var what: String?
        }

        public struct Task: Decodable, Sendable {
            public var taskID: Int
            public var name: String?
            public var isCancelled: Bool
            public var stuckSeconds, ageSeconds: Double
        }

        public var wait: Wait
        public var site: Place
        public var count: Int
        public var cancelled: Int
        public var oldestSeconds, medianSeconds: Double
        public var resumed: Int
        public var code, maker: Place?
        public var tasks: [Task]
        public var stack: [Frame]
    }

    public struct Load: Decodable, Sendable {
        public struct Tasks: Decodable, Sendable {
            public var livePeak, liveAtEnd, created, ended: Int
            public var livePeakSeconds: Double
            public var liveMean, createdPerSecond, createdPerSecondPeak: Double?
        }

        public struct Start: Decodable, Sendable {
            public var function: String
            public var line: Int?
            public var tasks, madePeak, waitingPeak: Int
            public var madePeakSeconds, waitingPeakSeconds: Double
        }

        public struct Census: Decodable, Sendable {
            public struct Group: Decodable, Sendable {
                public var tasks: Int
                public var code, maker: Place?
            }

            public var live, tracked: Int
            public var groups: [Group]
        }

        public struct Stretch: Decodable, Sendable {
            public var startSeconds, endSeconds: Double
            public var livePeak, pendingPeak, created, ended: Int
        }

        public var tasks: Tasks?
        public var pendingPeak, firstPolls: Int
        public var pendingMean: Double?
        public var startStretchSeconds: Double
        public var starts: [Start]
        public var census: Census?
        public var timeline: [Stretch]
    }

    public struct KernelWait: Decodable, Sendable {
        public struct Times: Decodable, Sendable {
            public var runQueueSeconds, cpuSeconds: Double
            public var share: Double?
        }

        public var process, pollThreads: Times
    }
}
