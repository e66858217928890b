// Requests and pools of the report for programs, as far as tests look at them.

extension ReportJSON {
    public struct Anatomy: Decodable, Sendable {
        public var onCPUSeconds, blockedSeconds, executorWaitSeconds, actorWaitSeconds, poolWaitSeconds: Double
        public var timerLatenessSeconds, kernelWaitSeconds, outsideSeconds: Double

        public var totalSeconds: Double {
            onCPUSeconds + blockedSeconds + executorWaitSeconds + actorWaitSeconds + poolWaitSeconds
                + timerLatenessSeconds + kernelWaitSeconds + outsideSeconds
        }
    }

    public struct Cohort: Decodable, Sendable {
        public var kind: String
        public var count: Int
        public var meanSeconds: Double
        public var anatomy: Anatomy
    }

    public struct Trace: Decodable, Sendable {
        public var traceID, spanID: String
    }

    public struct Holder: Decodable, Sendable {
        public var site: Place
        public var seconds: Double
    }

    public struct Segment: Decodable, Sendable {
        public var part: String
        public var offsetSeconds, durationSeconds: Double
        public var site: Place?
        public var detail: String
        public var holders: [Holder]
        public var count: Int
    }

    public struct Exemplar: Decodable, Sendable {
        public var startSeconds, durationSeconds: Double
        public var outcome: String
        public var taskID: Int
        public var trace: Trace?
        public var anatomy: Anatomy
        public var segments: [Segment]
    }

    public struct Request: Decodable, Sendable {
        public var name, kind: String
        public var count, errors, cancelled, timedOut: Int
        public var perSecond: Double
        public var durationSeconds: Durations
        public var cohorts: [Cohort]
        public var exemplars: [Exemplar]

        public func cohort(_ kind: String) -> Cohort? { cohorts.first { $0.kind == kind } }
    }

    public struct OpenRequest: Decodable, Sendable {
        public var name: String
        public var ageSeconds: Double
        public var taskID: Int
    }

    public struct RequestTotals: Decodable, Sendable {
        public var begun, ended, openCount, endsWithoutBegin, endedTwice, endedElsewhere, namesRefused: Int
        public var withoutAnatomy, recordsLost, recordsUnrecorded: Int
        public var open: [OpenRequest]
    }

    public struct PoolReplay: Decodable, Sendable {
        public var size: Int
        public var waitP50Seconds, waitP99Seconds, waitMaxSeconds: Double
    }

    public struct PoolAdvice: Decodable, Sendable {
        public var verdict: String
        public var size: Int
        public var isAtLeast: Bool
        public var littlesLaw: Double
        public var wantedPeak: Int
        public var holdGrowth: Double?
        public var sizes: [PoolReplay]
    }

    public struct Pool: Decodable, Sendable {
        public var name: String
        public var capacity: Int?
        public var isOpen: Bool
        public var asked, acquired, failed, timedOut, cancelled, released, releasedTwice, dropped, askedAfterClose: Int
        public var connectionsOpened, connectionsClosed, inUse, waiting, inUsePeak, waitingPeak: Int
        public var perSecond, inUseMean, waitingMean: Double
        public var waitSeconds, failedWaitSeconds, holdSeconds: Durations
        public var advice: PoolAdvice?
        public var adviceMissing: String?
    }
}
