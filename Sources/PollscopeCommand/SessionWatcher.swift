// Looks at a session again and again for `pollscope watch`: at a glance mostly, closer when something may be going on.
//
// It only reads: the session file with pread, and /proc. A service that is stuck is not asked for anything.

import Analysis
import CPollscopeLayout
import Glibc
import LiveView
import Sessions
import Symbols

final class SessionWatcher {
    let info: SessionInfo
    let clock: WatchClock
    private let file: SessionFile
    private let follower: SessionFollower
    private let process: ProcessFiles
    private(set) var watch: ServiceWatch

    private var ringFill: RingFill
    private var takenEvidence: UInt64 = 0
    private var nextLook = ContinuousClock.now
    private var nextLife = ContinuousClock.now
    private var nextPools = ContinuousClock.now
    private var nextProgram = ContinuousClock.now
    private var programLooks = 0
    private let program: String?
    private var pause = Pace.glance

    /// How long to wait between looks, in microseconds.
    private enum Pace {
        // Long enough to cost nothing, short enough to see an episode well within 100 ms of its threshold.
        static let glance: UInt32 = 25_000
        /// Nothing has run since the glance before.
        static let idle: UInt32 = 40_000
        /// A poll is long, or an episode goes on.
        static let tense: UInt32 = 10_000
        /// Rings fill faster than they are read.
        static let fast: UInt32 = 1_000
        static let look = Duration.milliseconds(100)
        static let life = Duration.milliseconds(100)
        static let pools = Duration.milliseconds(50)
        static let program = Duration.seconds(1)
        static let mappings = 10
    }

    init(_ file: SessionFile, debugDirectories: [String]) {
        self.file = file
        info = file.info
        process = ProcessFiles(processID: info.processID)
        program = process.executable
        let first = file.calibration.first
        let anchor = pollscope_read_anchor(info.clock)
        let last = ClockAnchor(ticks: Ticks(anchor.ticks), monotonicNanoseconds: anchor.monotonic_ns)
        clock = WatchClock(
            calibration: Calibration(first: first, last: last, nominalHertz: file.calibration.nominalHertz),
            anchor: last.ticks, anchorWallNanoseconds: Self.wallNanoseconds(), utcOffsetSeconds: Self.utcOffset())
        let symbolizer = Symbolizer(
            modules: file.modules + file.modulesLoadedLater(), debugDirectories: debugDirectories)
        let names = LiveNames(
            info: info, name: symbolizer.name, nameCode: symbolizer.codeFrames(atReturnAddress:))
        watch = ServiceWatch(
            info: info, thresholds: WatchThresholds().following(info), clock: clock, names: names, now: last.ticks)
        // Opening the program's debug information takes its time: now, not when the first line is due.
        for stack in file.someStacks() { _ = symbolizer.name(stack) }
        follower = SessionFollower(file: file, from: .now)
        ringFill = RingFill(ringRecords: info.ringRecords, heads: file.glance(now: last.ticks).heads)
    }

    private static func wallNanoseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    private static func utcOffset() -> Int {
        var now = time(nil)
        var local = tm()
        localtime_r(&now, &local)
        return local.tm_gmtoff
    }

    var now: Ticks { Ticks(pollscope_read_anchor(info.clock).ticks) }

    /// Looks once.
    func step() -> [WatchEvent] {
        let moment = ContinuousClock.now
        let glance = file.glance(now: now)
        let isTense = watch.isTense(glance)
        var look = WatchLook(glance: glance, tasksNotBegun: file.tasksNotBegun(madeAfter:))
        if isTense || glance.hasEnded || moment >= nextLife {
            nextLife = moment + Pace.life
            look.life = process.life(of: info.processStart)
        }
        if moment >= nextProgram {
            nextProgram = moment + Pace.program
            look.silence = reasonOfSilence()
        }
        let isOver = glance.hasEnded || look.silence != nil || look.life?.isEnd ?? false
        let fill = ringFill.parts(glance.heads)
        if isTense || isOver || moment >= nextLook || fill.taken > 0.25 || glance.evidence != takenEvidence {
            nextLook = moment + Pace.look
            look.session = follower.look(now: glance.at)
            ringFill.take(glance.heads)
            takenEvidence = glance.evidence
        }
        if moment >= nextPools {
            nextPools = moment + Pace.pools
            look.pools = file.pools()
        }
        pause = pause(isTense: isTense, fill: fill, glance)
        ringFill.glance(glance.heads)
        return watch.take(look)
    }

    /// Why the session is not written any more though its process lives. A process can become another program. That the
    /// session is still mapped costs more to find out, and is seldom news.
    private func reasonOfSilence() -> String? {
        programLooks += 1
        let executable = process.executable
        guard executable != program && executable != nil || programLooks % Pace.mappings == 0 else { return nil }
        guard case .stale(let why) = file.state(isRunning: true) else { return nil }
        return why
    }

    private func pause(isTense: Bool, fill: (taken: Double, glanced: Double), _ glance: SessionGlance) -> UInt32 {
        if fill.glanced > 0.15 { return Pace.fast }
        if isTense { return Pace.tense }
        return fill.glanced == 0 && glance.running.isEmpty ? Pace.idle : Pace.glance
    }

    /// The last of what there is to tell.
    func ending() -> [WatchEvent] { watch.ending(at: now) }

    /// Waits until the next look is due.
    func wait() { usleep(pause) }
}
