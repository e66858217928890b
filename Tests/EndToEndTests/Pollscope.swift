// The command and the program with known polls, as the tests run them: with sessions in a folder of the test's own.

import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// A place to run in: a folder, a session folder inside, and an environment that says so.
final class Workplace {
    let folder: TestFolder
    let sessions: String
    var environment: [String: String]

    init() throws {
        folder = try TestFolder()
        sessions = try folder.makeFolder("sessions")
        environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("POLLSCOPE") }
        environment["POLLSCOPE_DIR"] = sessions
        environment["COLUMNS"] = nil
    }

    /// Names of the files that processes have left in the session folder.
    var sessionFiles: [String] { folder.entries(of: "sessions") }

    func start(_ words: [String], with more: [String: String] = [:], output: String? = nil) throws -> ChildProcess {
        try ChildProcess(
            words, environment: environment.merging(more) { $1 }, in: folder, output: output)
    }

    func run(
        _ words: [String], with more: [String: String] = [:], output: String? = nil,
        within limit: Duration = .seconds(60)
    ) throws -> ChildProcess.Ending {
        try start(words, with: more, output: output).waitForEnd(within: limit)
    }

    /// Runs `pollscope` with some arguments.
    func pollscope(_ arguments: String..., with more: [String: String] = [:]) throws -> ChildProcess.Ending {
        try run([BuiltPrograms.path(of: "pollscope")] + arguments, with: more)
    }

    func startPollscope(_ arguments: String..., with more: [String: String] = [:]) throws -> ChildProcess {
        try start([BuiltPrograms.path(of: "pollscope")] + arguments, with: more)
    }

    /// The report of a recording or a session, held against its schema.
    func report(of source: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> ReportJSON {
        let ending = try pollscope("report", "--format", "json", source)
        try #require(ending.status == 0, "\(ending)", sourceLocation: sourceLocation)
        let violations = try ReportSchema.shared.violations(in: Data(ending.output.utf8))
        #expect(violations.isEmpty, sourceLocation: sourceLocation)
        return try ReportJSON(ending.output)
    }

    /// Every law holds over a recording or a session.
    func expectLawful(_ source: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let ending = try pollscope("verify", source)
        #expect(ending.status == 0, "\(ending)", sourceLocation: sourceLocation)
        #expect(ending.output.contains("All laws hold."), sourceLocation: sourceLocation)
    }
}

enum ReportSchema {
    static var shared: JSONSchema {
        get throws {
            let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
            return try JSONSchema(
                Data(contentsOf: package.appending(path: "Sources/Reporting/Schema/pollscope.report.1.schema.json")))
        }
    }
}

/// The program with known polls.
enum GroundTruth {
    static let path = BuiltPrograms.path(of: "GroundTruth")
}

/// How the program was built.
enum BuildMode: String, CaseIterable, Sendable {
    case debug, release

    /// Where it is; nil, and said aloud, where it has not been built.
    var path: String? {
        switch self {
        case .debug: return GroundTruth.path
        case .release:
            if let path = BuiltPrograms.optimisedPath(of: "GroundTruth") { return path }
            skip("no optimised GroundTruth: run tools/test, or swift build -c release --product GroundTruth")
            return nil
        }
    }
}

/// A test cannot be run here: a failure where all tests must run, else said aloud.
func skip(_ reason: String, sourceLocation: SourceLocation = #_sourceLocation) {
    if BuiltPrograms.everythingMustRun {
        Issue.record("\(reason)", sourceLocation: sourceLocation)
    } else if saidReasons.withLock({ $0.insert(reason).inserted }) {
        FileHandle.standardError.write(Data("SKIPPED: \(reason)\n".utf8))
    }
}

private let saidReasons = Mutex<Set<String>>([])
