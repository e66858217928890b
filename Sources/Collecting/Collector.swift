// Follows all sessions of a machine, and tells of them: figures, findings, reports, and recordings of what went wrong.

import Exporting
import Synchronization

/// What there is to say of one session.
public enum ReportAnswer: Sendable {
    case found(String)
    /// There is no such session; what there is.
    case unknown(String)
    /// It cannot be told now; why.
    case unavailable(String)
}

/// Follows every session of a machine from its own threads, until it is stopped. All methods can be called from any
/// thread; none of them waits for a service.
public final class Collector: Sendable {
    public let settings: CollectorSettings
    private let board: CollectorBoard
    private let analyst: Analyst
    private let bell = Bell()
    private let isRunning = Mutex(false)

    public init(settings: CollectorSettings) {
        self.settings = settings
        board = CollectorBoard()
        analyst = Analyst(debugDirectories: settings.debugDirectories)
    }

    /// Begins to follow. Problems with one session or folder are noted, and the others go on.
    public func start() {
        let isFirst = isRunning.withLock { running in
            defer { running = true }
            return !running
        }
        guard isFirst else { return }
        WorkThread.detach { [settings, board, analyst, bell] in
            CollectorLoop(settings: settings, board: board, analyst: analyst, bell: bell).run()
        }
    }

    /// Ends all that was begun: recordings that are being saved are completed. Returns when it is done.
    public func stop() {
        guard isRunning.withLock({ $0 }) else { return }
        board.askToStop()
        bell.ring()
        board.waitUntilStopped()
        analyst.end()
    }

    /// Whether it looks at the sessions as often as it should; why not.
    public func health() -> (isHealthy: Bool, sentence: String) {
        guard isRunning.withLock({ $0 }) else { return (false, "It does not follow yet.") }
        return board.health(at: CollectorClock.now)
    }

    /// All figures as they stand now.
    public func metrics() -> [MetricFamily] { board.metrics() }

    /// `{"schema":"pollscope.sessions/1","sessions":[…]}`
    public func sessionsJSON() -> String { board.sessionsJSON() }

    /// `{"schema":"pollscope.findings/1","services":[…]}`: of each session the last diagnosis.
    public func findingsJSON() -> String { board.findingsJSON() }

    /// What `pollscope report` says of a session's last seconds. Takes as long as the analysis does.
    /// - Parameters:
    ///   - session: a pid, or the name of a service that has one process here.
    ///   - isJSON: the report as JSON, else as text.
    public func report(of session: String, isJSON: Bool) async -> ReportAnswer {
        let processID: Int32
        switch board.process(called: session) {
        case .success(let found): processID = found
        case .failure(let problem): return .unknown(problem.sentence)
        }
        guard analyst.pending < Self.reportsMax else {
            return .unavailable("Other reports are being made. Ask again in some seconds.")
        }
        return await withCheckedContinuation { continuation in
            board.ask(
                .report(processID: processID) { [analyst] answer in
                    switch answer {
                    case .success(let bytes):
                        analyst.report(bytes, isJSON: isJSON) { continuation.resume(returning: $0) }
                    case .failure(let problem): continuation.resume(returning: .unknown(problem.sentence))
                    }
                })
            bell.ring()
        }
    }

    /// Reports and diagnoses that wait, at most: each takes the memory of a recording.
    private static let reportsMax = 4

    /// Saves the last seconds of every session, as a trigger would.
    public func saveRecordings() {
        board.ask(.save)
        bell.ring()
    }

    /// What a person who looks after the collector should know, a sentence each, oldest first; each is given once.
    public func takeNotices() -> [String] { board.takeNotices() }
}
