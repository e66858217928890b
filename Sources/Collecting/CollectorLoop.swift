// The thread that follows: finds sessions, looks at each when it is due, and hands on what takes longer.

import Analysis
import Glibc
import LiveView
import Recording
import Sessions
import Symbols

final class CollectorLoop {
    private let settings: CollectorSettings
    private let board: CollectorBoard
    private let analyst: Analyst
    private let bell: Bell
    private let shelf: RecordingShelf?
    private let modules: SharedModuleFiles
    private let ownPID = getpid()

    /// By path.
    private var sessions: [String: FollowedSession] = [:]
    /// Files that were looked at and are not followed, and when they are worth another look.
    private var passedOver: [String: Double] = [:]
    private var folderProblems: [String: String] = [:]
    private var waiting: [String] = []
    private var nextDiscovery = 0.0
    private var nextFold = 0.0
    private var nextShelf = 0.0

    private enum Pace {
        static let discovery = 1.0
        static let fold = 1.0
        static let shelf = 30.0
        /// Between two looks at a session that cannot be followed: one that is just being made can be soon.
        static let another = 3.0
        /// Longest sleep.
        static let pause = 0.1
    }

    /// More processes than that are not followed: each takes memory.
    private static let sessionsMax = 512
    /// Diagnoses that wait for their turn, each with its recording.
    private static let diagnosesMax = 2

    init(settings: CollectorSettings, board: CollectorBoard, analyst: Analyst, bell: Bell) {
        self.settings = settings
        self.board = board
        self.analyst = analyst
        self.bell = bell
        modules = SharedModuleFiles(debugDirectories: settings.debugDirectories)
        shelf = settings.recordings.map { RecordingShelf(folder: $0, bytesMax: settings.recordingsBytes) }
    }

    func run() {
        WorkThread.name("pollscope-watch")
        if let problem = shelf?.problem() { board.notice(problem) }
        while !board.isStopping {
            let begun = CollectorClock.now
            if begun >= nextDiscovery {
                nextDiscovery = begun + Pace.discovery
                discover(at: begun)
            }
            // One at a time: opening a program's debug information takes long enough for others' rings to fill.
            if let path = waiting.popLast() { follow(path, at: CollectorClock.now) }
            stepAll()
            answer()
            if begun >= nextFold {
                nextFold = begun + Pace.fold
                fold(at: begun)
            }
            board.withState { $0.heartbeat = CollectorClock.now }
            guard waiting.isEmpty else { continue }
            let next = min(nextDiscovery, nextFold, sessions.values.map(\.nextStep).min() ?? .infinity)
            let pause = min(Pace.pause, next - CollectorClock.now)
            if pause > 0 { bell.wait(seconds: pause) }
        }
        fold(at: CollectorClock.now)
        for session in sessions.values {
            if let trigger = session.takePending(at: CollectorClock.now) { save(session, trigger) }
        }
        for case .report(_, let body) in board.takeRequests() {
            body(.failure(CollectorProblem(sentence: "The collector is being stopped.")))
        }
        board.stopped()
    }

    // MARK: Finding sessions

    private var folders: [SessionFolder] {
        if let folders = settings.folders { return folders }
        var environment: [String: String] = [:]
        if let folder = getenv("POLLSCOPE_DIR") { environment["POLLSCOPE_DIR"] = String(cString: folder) }
        return SessionFolder.all(environment: environment)
    }

    private func discover(at now: Double) {
        var present: Set<String> = []
        for folder in folders {
            let problem = folder.problem
            if let problem, folderProblems[folder.path] != problem { board.notice(problem) }
            folderProblems[folder.path] = problem
            for name in folder.names() {
                let path = "\(folder.path)/\(name)"
                present.insert(path)
                guard sessions[path] == nil, now >= passedOver[path] ?? 0, !waiting.contains(path) else { continue }
                guard let found = folder.session(named: name), found.processID != ownPID else {
                    passedOver[path] = .infinity
                    continue
                }
                take(found, at: now)
            }
        }
        passedOver = passedOver.filter { present.contains($0.key) }
        board.withState { state in
            state.sessions = state.sessions.filter { present.contains($0.key) || $0.value.state == .followed }
        }
    }

    private func take(_ found: FoundSession, at now: Double) {
        switch found.state {
        case .alive:
            guard sessions.count + waiting.count < Self.sessionsMax else {
                passedOver[found.path] = now + Pace.another
                enter(
                    found, .refused,
                    "\(Self.sessionsMax) sessions are followed already. Run another collector for another folder.")
                return
            }
            waiting.append(found.path)
        case .dead:
            passedOver[found.path] = .infinity
            enter(found, .dead, "")
            saveLastMoments(of: found)
        case .stale(let why):
            // It may be that the session is just being made.
            let isFirstLook = passedOver[found.path] == nil && !found.isOver
            passedOver[found.path] = found.isOver ? .infinity : now + (isFirstLook ? 0 : Pace.another)
            if isFirstLook { return }
            enter(found, .stale, why)
        case .refused(let why):
            passedOver[found.path] = .infinity
            enter(found, .refused, why)
        }
    }

    private func enter(_ found: FoundSession, _ state: SessionEntry.State, _ reason: String) {
        let program = found.executable.split(separator: "/").last.map(String.init) ?? ""
        let entry = SessionEntry(
            processID: found.processID, service: program, program: program, path: found.path, state: state,
            reason: reason, since: CollectorClock.wall)
        let isNew = board.withState { state in
            let isNew = state.sessions[found.path]?.reason != reason
            state.sessions[found.path] = entry
            return isNew
        }
        if isNew, !reason.isEmpty { board.notice("Process \(found.processID) is not followed: \(reason)") }
    }

    private func follow(_ path: String, at now: Double) {
        let pid = path.split(separator: "/").last?.split(separator: "-").first.flatMap { Int32($0) } ?? 0
        do {
            let file = try SessionFile(path: path)
            let session = try FollowedSession(
                file, settings: settings, sharing: modules, now: now,
                // What was before the collector is nobody's increase.
                isWhole: Double(file.info.wallNanoseconds) * 1e-9 >= board.started)
            sessions[path] = session
            // A folder's sessions may all be found at once: they are diagnosed one after the other.
            session.nextDiagnosis =
                now + settings.diagnosisSeconds * (0.5 + 0.5 * Double(sessions.count % 16) / 16)
            let identity = session.identity
            board.withState { state in
                if serviceName(of: session, in: state) != identity.name { state.collector.servicesRefused &+= 1 }
                state.sessions[path] = SessionEntry(
                    processID: session.processID, service: identity.name, program: identity.program, path: path,
                    state: .followed, since: CollectorClock.wall)
            }
        } catch {
            passedOver[path] = now + Pace.another
            let reason = (error as? any CustomStringConvertible)?.description ?? "\(error)"
            let entry = SessionEntry(
                processID: pid, service: "", program: "", path: path, state: .stale, reason: reason,
                since: CollectorClock.wall)
            let isNew = board.withState { state in
                let isNew = state.sessions[path]?.reason != reason
                state.sessions[path] = entry
                return isNew
            }
            if isNew { board.notice("\(path) is not followed: \(reason)") }
        }
    }

    // MARK: Following

    private func stepAll() {
        for (path, session) in sessions {
            let begun = CollectorClock.now
            guard begun >= session.nextStep else { continue }
            let late = session.nextStep > 0 ? begun - session.nextStep : 0
            do {
                let events = try session.step(at: begun)
                let took = CollectorClock.now - begun
                board.withState { state in
                    state.collector.looks &+= 1
                    state.collector.lookSeconds.record(took)
                    state.collector.lagSeconds = max(late, state.collector.lagSeconds)
                }
                react(to: events, in: session, at: begun)
            } catch {
                board.notice("Process \(session.processID) is not followed any more: \(error.description)")
                session.fallSilent()
            }
            if session.ending != nil { end(session, path: path) }
        }
    }

    private func react(to events: [WatchEvent], in session: FollowedSession, at now: Double) {
        for event in events {
            if let reason = settings.triggers.reason(in: event) {
                ask(reason, of: session, at: now, isLast: event.isLast)
            }
            let name = session.identity.name
            switch event.what {
            case .episodeEnded(let end):
                change(session) { $0.add(end) }
            case .hang(let hang) where hang.seconds < 2 * WatchThresholds().hang.value:
                change(session) { $0.hangs &+= 1 }
            case .ended(let end, _):
                if case .gone(let signal) = end {
                    let how =
                        signal.map { $0 == 0 ? "exited without a word" : "was ended by signal \($0)" } ?? "is gone"
                    board.notice("\(name) (pid \(session.processID)) \(how).")
                }
            default: continue
            }
        }
        if let reason = settings.triggers.reason(longestSeconds: session.takeLongest()) {
            ask(reason, of: session, at: now)
        }
        if let trigger = session.takeDue(at: now) { save(session, trigger) }
    }

    private func change(_ session: FollowedSession, _ body: (inout ServiceFigures) -> Void) {
        board.withState { state in
            body(&state.services[serviceName(of: session, in: state), default: Self.figures(of: session)])
        }
    }

    /// A service's name, or what stands for those that there is no room for.
    private func serviceName(of session: FollowedSession, in state: CollectorBoard.State) -> String {
        let name = session.identity.name
        return state.services[name] != nil || state.services.count < NameLimits.services ? name : NameLimits.other
    }

    private static func figures(of session: FollowedSession) -> ServiceFigures {
        ServiceFigures(identity: session.identity, created: CollectorClock.wall)
    }

    private func end(_ session: FollowedSession, path: String) {
        sessions[path] = nil
        passedOver[path] = .infinity
        let ending = session.ending ?? .silent
        if let reason = settings.triggers.reason(ending: ending) {
            ask(reason, of: session, at: CollectorClock.now)
            if let trigger = session.takeDue(at: CollectorClock.now) { save(session, trigger) }
        }
        add(session, at: CollectorClock.now)
        change(session) { service in
            service.endings[ending, default: 0] &+= 1
            service.now[session.processID] = nil
            service.diagnoses[session.processID] = nil
        }
        board.withState { state in
            state.sessions[path]?.state = .dead
            if access(path, F_OK) != 0 { state.sessions[path] = nil }
        }
        analyst.forget(process: session.processID)
    }

    private func fold(at now: Double) {
        for (path, session) in sessions {
            add(session, at: now)
            if let limit = settings.triggers.requestP99Seconds, session.slowRequest(over: limit) != nil {
                ask(.requestP99, of: session, at: now)
            }
            board.withState { state in
                state.sessions[path]?.windowBytes = session.windowBytes
                state.sessions[path]?.windowSeconds = session.windowSeconds
            }
            if now >= session.nextDiagnosis { diagnose(session, at: now) }
        }
        if sessions.values.reduce(false, { $1.closeIdleFiles(at: now) || $0 }) { ProcessMemory.giveBack() }
        board.withState { $0.collector.lagSeconds = 0 }
        guard let shelf, now >= nextShelf else { return }
        nextShelf = now + Pace.shelf
        let bytes = shelf.bytes
        board.withState { state in
            state.collector.recordingsBytes = bytes
            state.collector.recordingsLimit = shelf.bytesMax
        }
    }

    /// Adds what a session counted to the sums of its service.
    private func add(_ session: FollowedSession, at now: Double) {
        let named = session.takeNamed(at: now)
        change(session) { $0.add(named, process: session.processID) }
        board.withState { $0.collector.records &+= named.records }
    }

    private func diagnose(_ session: FollowedSession, at now: Double) {
        guard analyst.pending < Self.diagnosesMax else { return }
        session.nextDiagnosis = now + diagnosisDistance
        guard let bytes = try? session.recording(asksForTasks: true) else { return }
        let (board, processID) = (board, session.processID)
        let key = board.withState { state in serviceName(of: session, in: state) }
        analyst.diagnose(bytes) { diagnosis, seconds in
            board.withState { state in
                state.collector.diagnosisSeconds = max(seconds, state.collector.diagnosisSeconds * 0.9)
                // It may have ended meanwhile.
                guard state.services[key]?.now[processID] != nil else { return }
                state.services[key]?.diagnoses[processID] = diagnosis
                let refused = max(0, (diagnosis?.findings.count ?? 0) - NameLimits.findings)
                state.services[key]?.findingsRefused &+= UInt64(refused)
            }
        }
    }

    /// Seconds between two diagnoses of a session: those of all sessions together take a small part of a core.
    private var diagnosisDistance: Double {
        let dearest = board.withState { $0.collector.diagnosisSeconds }
        return max(settings.diagnosisSeconds, dearest * Double(sessions.count) / Self.diagnosisShare)
    }

    /// Of a core.
    private static let diagnosisShare = 0.03

    // MARK: Recordings

    /// - Parameter isLast: of what goes on for a while, a recording that comes too soon is counted as skipped once.
    private func ask(
        _ trigger: RecordingTrigger, of session: FollowedSession, at now: Double, isLast: Bool = true
    ) {
        guard shelf != nil else { return }
        if session.ask(trigger, at: now) == .tooSoon, isLast {
            change(session) { $0.skipped[.distance, default: 0] &+= 1 }
        }
    }

    private func save(_ session: FollowedSession, _ trigger: RecordingTrigger) {
        guard let shelf else { return }
        let name = RecordingShelf.name(
            service: session.identity.name, processID: session.processID,
            stamp: CollectorClock.stamp(CollectorClock.wall), trigger: trigger)
        guard let bytes = try? session.recording(asksForTasks: true) else { return }
        let key = board.withState { state in serviceName(of: session, in: state) }
        let (board, service) = (board, Self.figures(of: session))
        analyst.run {
            let outcome = shelf.save(bytes, as: name)
            board.withState { state in
                switch outcome {
                case .saved: state.services[key, default: service].saved[trigger, default: 0] &+= 1
                case .skipped(let why, _): state.services[key, default: service].skipped[why, default: 0] &+= 1
                }
            }
            switch outcome {
            case .saved(let path): board.notice("Saved \(path). Read it: pollscope report \(path)")
            case .skipped(_, let why): board.notice("A recording was not saved: \(why)")
            }
        }
    }

    /// Of a process that was gone when its session was found: its rings hold its last moments.
    private func saveLastMoments(of found: FoundSession) {
        guard let shelf, settings.triggers.onCrash else { return }
        let service = found.executable.split(separator: "/").last.map(String.init) ?? "unknown"
        guard !shelf.hasCrash(ofProcess: found.processID, service: service) else { return }
        let (board, path) = (board, found.path)
        let name = RecordingShelf.name(
            service: service, processID: found.processID, stamp: CollectorClock.stamp(CollectorClock.wall),
            trigger: .crash)
        analyst.run {
            // What ended by itself, and was told to leave its session behind, has not crashed.
            guard let file = try? SessionFile(path: path), !file.hasEnded, let bytes = Self.lastMoments(path) else {
                return
            }
            switch shelf.save(bytes, as: name) {
            case .saved(let path): board.notice("Saved \(path). Read it: pollscope report \(path)")
            case .skipped(_, let why): board.notice("A recording was not saved: \(why)")
            }
        }
    }

    private static func lastMoments(_ path: String) -> [UInt8]? {
        guard let file = try? SessionFile(path: path) else { return nil }
        let sink = MemorySink()
        guard let recorder = try? Recorder(session: file, sink: sink, from: .oldest),
            (try? recorder.finish()) != nil
        else { return nil }
        return sink.bytes
    }

    // MARK: Requests

    private func answer() {
        for request in board.takeRequests() {
            switch request {
            case .save:
                for session in sessions.values { ask(.manual, of: session, at: CollectorClock.now) }
            case .report(let processID, let body): answer(processID, body)
            }
        }
    }

    private func answer(_ processID: Int32, _ body: @escaping @Sendable (Result<[UInt8], CollectorProblem>) -> Void) {
        if let session = sessions.values.first(where: { $0.processID == processID }) {
            do {
                return body(.success(try session.recording(asksForTasks: true)))
            } catch {
                return body(.failure(CollectorProblem(sentence: error.description)))
            }
        }
        let path = board.withState { state in
            state.sessions.first { $0.value.processID == processID && $0.value.state == .dead }?.key
        }
        guard let path else {
            return body(.failure(CollectorProblem(sentence: "Process \(processID) has just ended.")))
        }
        analyst.run {
            guard let bytes = Self.lastMoments(path) else {
                return body(.failure(CollectorProblem(sentence: "The session of process \(processID) cannot be read.")))
            }
            body(.success(bytes))
        }
    }
}

extension WatchEvent {
    /// Of an episode or a hang, that it is over.
    fileprivate var isLast: Bool {
        switch what {
        case .episodeBegan, .episodeGoesOn, .hang: false
        default: true
        }
    }
}
