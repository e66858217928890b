// What the collector's threads share: the loop that follows writes it, whoever asks reads it.

import Analysis
import Exporting
import Glibc
import Sessions
import Synchronization

/// A sentence for whoever asked.
struct CollectorProblem: Error {
    var sentence: String
}

/// What the loop is asked for.
enum CollectorRequest: Sendable {
    /// Save the last seconds of all sessions.
    case save
    /// The last seconds of one process.
    case report(processID: Int32, @Sendable (Result<[UInt8], CollectorProblem>) -> Void)
}

/// A session that is there, whether or not it is followed.
struct SessionEntry {
    enum State: String {
        case followed, dead, stale, refused
    }

    var processID: Int32
    var service: String
    var program: String
    var path: String
    var state: State
    /// Why it is not followed; empty: it is, or was.
    var reason = ""
    /// Seconds since 1970.
    var since: Double
    var windowBytes = 0
    var windowSeconds = 0.0
}

/// Figures of the collector itself.
struct CollectorFigures {
    var looks: UInt64 = 0
    var lookSeconds = Histogram()
    var lagSeconds = 0.0
    var records: UInt64 = 0
    var servicesRefused: UInt64 = 0
    /// CPU time of the dearest of the last diagnoses.
    var diagnosisSeconds = 0.0
    var recordingsBytes: UInt64 = 0
    var recordingsLimit: UInt64 = 0
}

final class CollectorBoard: Sendable {
    struct State {
        var services: [String: ServiceFigures] = [:]
        /// By path.
        var sessions: [String: SessionEntry] = [:]
        var collector = CollectorFigures()
        var requests: [CollectorRequest] = []
        var notices: [String] = []
        var isStopping = false
        var isOver = false
        /// When the loop last came round, on the collector's clock.
        var heartbeat = CollectorClock.now
    }

    let started = CollectorClock.wall
    private let state = Mutex(State())

    func withState<Value: Sendable>(_ body: (inout State) -> Value) -> Value { state.withLock { body(&$0) } }

    // MARK: To the loop

    func ask(_ request: CollectorRequest) { state.withLock { $0.requests.append(request) } }

    func takeRequests() -> [CollectorRequest] {
        state.withLock { state in
            defer { state.requests.removeAll() }
            return state.requests
        }
    }

    func askToStop() { state.withLock { $0.isStopping = true } }
    var isStopping: Bool { state.withLock { $0.isStopping } }
    func stopped() { state.withLock { $0.isOver = true } }

    func waitUntilStopped() {
        let end = CollectorClock.now + 10
        while !state.withLock({ $0.isOver }), CollectorClock.now < end { WorkThread.pause() }
    }

    // MARK: To people

    private static let noticesMax = 1_000

    func notice(_ sentence: String) {
        state.withLock { state in
            if state.notices.count < Self.noticesMax { state.notices.append(sentence) }
        }
    }

    func takeNotices() -> [String] {
        state.withLock { state in
            defer { state.notices.removeAll() }
            return state.notices
        }
    }

    /// Of a loop that comes round ten times a second, so long without a round is no accident.
    private static let silenceSeconds = 10.0

    func health(at now: Double) -> (isHealthy: Bool, sentence: String) {
        state.withLock { state in
            let silence = now - state.heartbeat
            guard silence < Self.silenceSeconds else {
                return (false, "It has not looked at the sessions for \(Int(silence)) s.")
            }
            let followed = state.sessions.values.count { $0.state == .followed }
            return (true, "It follows \(followed == 1 ? "1 session" : "\(followed) sessions").")
        }
    }

    /// From a pid, or a service's name, to a process.
    func process(called name: String) -> Result<Int32, CollectorProblem> {
        state.withLock { state in
            let all = state.sessions.values
            if let pid = Int32(name) {
                if all.contains(where: { $0.processID == pid && ($0.state == .followed || $0.state == .dead) }) {
                    return .success(pid)
                }
                if let other = all.first(where: { $0.processID == pid }) {
                    return .failure(CollectorProblem(sentence: "Process \(pid) is not followed: \(other.reason)"))
                }
                return .failure(
                    CollectorProblem(sentence: "There is no session of process \(pid). /sessions lists what there is."))
            }
            let ofService = all.filter { $0.service == name }
            let alive = ofService.filter { $0.state == .followed }
            let candidates = alive.isEmpty ? ofService.filter { $0.state == .dead } : alive
            if candidates.count == 1 { return .success(candidates[0].processID) }
            guard !candidates.isEmpty else {
                return .failure(
                    CollectorProblem(
                        sentence: "There is no session of a service called \(name). /sessions lists what there is."))
            }
            let pids = candidates.map(\.processID).sorted().map(String.init).joined(separator: ", ")
            return .failure(
                CollectorProblem(
                    sentence: "\(candidates.count) processes of \(name) have sessions: \(pids). Ask for one of them."))
        }
    }
}

extension WorkThread {
    /// While something else is about to end.
    static func pause() { usleep(2_000) }
}
