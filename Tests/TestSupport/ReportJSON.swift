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
    }

    public struct Executor: Decodable, Sendable {
        public var name: String
        public var polls: Int
        public var width: Int
    }

    public struct Place: Decodable, Sendable {
        public var function: String
        public var awaitPoint: Int?
        public var line: Int?
    }

    public struct Poll: Decodable, Sendable {
        public var durationSeconds: Double
        public var site: Place
    }

    public struct Losses: Decodable, Sendable {
        public var recordsLost, pollsUnrecorded, jobsRefused, pollsWithoutStack: Int
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
    public var polls: Int
    public var executors: [Executor]
    public var sites: [Site]
    public var unfinished: [Poll]
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
