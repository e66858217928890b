// Findings and the verdict of the report for programs, as far as tests look at them.

extension ReportJSON {
    public struct Verdict: Decodable, Sendable {
        public var answer, sentence: String
        public var leaveAlone: [String]
    }

    public struct Impact: Decodable, Sendable {
        public var waitSeconds, waitShare, tailSeconds, cpuShare: Double?
        public var request: String?
    }

    public struct FindingSite: Decodable, Sendable {
        public var function: String
        public var awaitPoint: Int?
        public var file: String?
        public var line: Int?
        public var task: String
        public var poll: Place?
    }

    public struct Evidence: Decodable, Sendable {
        public var name: String
        public var value: Double
        public var text: String
    }

    public struct Victim: Decodable, Sendable {
        public var name: String
        public var seconds: Double
    }

    /// What follows from a finding, or what could not be looked for.
    public struct Sentence: Decodable, Sendable {
        public var kind, sentence: String
    }

    public struct Finding: Decodable, Sendable {
        public var kind, severity, subject, headline, context: String
        public var site: FindingSite?
        public var effects, advice: [String]
        public var impact: Impact
        public var evidence: [Evidence]
        public var victims: [Victim]
        public var symptoms: [Sentence]
    }
}
