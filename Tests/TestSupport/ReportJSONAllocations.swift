// Allocations in the report for programs, as far as tests look at them.

extension ReportJSON {
    /// What was measured, or why it was not.
    public struct Measured<Value: Decodable & Sendable>: Decodable, Sendable {
        public var value: Value?
        /// A sentence.
        public var missing: String?

        private enum Key: String, CodingKey { case measured, missing }

        public init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Key.self)
            let isMeasured = try members.decode(Bool.self, forKey: .measured)
            value = isMeasured ? try Value(from: decoder) : nil
            missing = isMeasured ? nil : try members.decode(String.self, forKey: .missing)
        }
    }

    public struct Estimate: Decodable, Sendable {
        public var value, standardError: Double
        public var samples: Int
    }

    public struct Counts: Decodable, Sendable {
        public var total, p50, p99, max: Int
    }

    public struct AllocationCounts: Decodable, Sendable {
        public var allocations, bytes, frees: Int
    }

    public struct SiteAllocations: Decodable, Sendable {
        public var total, p50, p99, max: Int
        public var bytes: Counts
        public var frees: Int
        public var share: Double
        public var garbage: Estimate?
        public var allocatorShare: Estimate?
    }

    public struct AllocationFate: Decodable, Sendable {
        public var samePoll, sameTask, elsewhere, kept: Estimate
    }

    public struct AllocationType: Decodable, Sendable {
        public var name: String
        public var bytes, count: Estimate
    }

    public struct AllocationPlace: Decodable, Sendable {
        public var function: String
        public var module: String
        public var file: String?
        public var line: Int?
        public var bytes, count, share: Estimate
        public var garbage: Estimate?
        public var types: [AllocationType]
    }

    /// A line of the merged tree of stacks.
    public struct AllocationNode: Decodable, Sendable {
        public var function: String
        public var module: String
        public var file: String?
        public var line: Int?
        public var bytes, count: Double
        public var samples: Int
        public var isFolded: Bool
        public var children: [AllocationNode]

        /// This line and all below it.
        public var all: [AllocationNode] { [self] + children.flatMap(\.all) }
    }

    public struct HeapPoint: Decodable, Sendable {
        public var endSeconds: Double
        public var residentBytes: Int
        public var allocationsPerSecond, bytesPerSecond: Double
        public var blocksKept: Int
    }

    public struct Allocations: Decodable, Sendable {
        public var process, inPolls: AllocationCounts
        public var processSeconds: Double
        public var allocatorShare: Estimate?
        public var fate: AllocationFate?
        public var places: [AllocationPlace]
        public var types: [AllocationType]
        public var objectSamples, untypedSamples: Int
        public var stacks: [AllocationNode]
        public var heap: [HeapPoint]
        public var timings, timingsInterrupted: Int
        public var sampleBytes, samples, samplesUntracked, recordsLost, recordsDropped: Int
        /// A sentence; nil: samples were taken.
        public var samplesMissing: String?
    }
}
