// `pollscope doctor`: what works here, and how to get the rest.

import ArgumentParser
import CPollscopeLayout
import Glibc
import Sessions

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what works on this machine, or in one process, and how to get the rest.")

    @Argument(help: "A pid, a program's name or a session file. Default: the machine.")
    var session: String?

    func run() throws {
        let folders = SessionFolder.all(environment: Console.sessionEnvironment)
        guard let session else {
            Console.output(Checkup.machine(folders: folders).map(\.line).joined(separator: "\n"))
            return
        }
        try Failure.wrap {
            let file = try SessionQuery(session).find(in: folders)
            Console.output(Checkup.session(file).map(\.line).joined(separator: "\n"))
        }
    }
}

/// One thing that works, works in part, or does not, and what to do about it.
struct Checkup {
    enum Verdict: String {
        case good = "ok  "
        case partial = "note"
        case bad = "no  "
    }

    var verdict: Verdict
    var what: String
    var remedy = ""

    var line: String { "\(verdict.rawValue)  \(what)" + (remedy.isEmpty ? "" : "\n      \(remedy)") }

    // MARK: A machine

    static func machine(folders: [SessionFolder]) -> [Checkup] {
        folders.map(folder) + [clock, space(in: folders.first?.path ?? "/dev/shm"), symbols, preloading]
    }

    private static func folder(_ folder: SessionFolder) -> Checkup {
        var status = stat()
        guard lstat(folder.path, &status) == 0 else {
            return Checkup(
                verdict: .good,
                what: "Sessions: \(folder.path) does not exist yet; the first observed process makes it.")
        }
        if status.st_mode & S_IFMT != S_IFDIR || status.st_mode & 0o077 != 0 {
            return Checkup(
                verdict: .bad, what: "Sessions: \(folder.path) is not a folder that only its owner can enter.",
                remedy: "Remove it, or: chmod 700 \(folder.path)")
        }
        let sessions = folder.sessions()
        let alive = sessions.filter { $0.state == .alive }.count
        return Checkup(
            verdict: .good, what: "Sessions: \(folder.path) holds \(sessions.count), \(alive) of them alive.")
    }

    private static var clock: Checkup {
        #if arch(x86_64)
            let sources = ProcessFiles.contents("/sys/devices/system/clocksource/clocksource0/available_clocksource")
            let text = sources.map { String(decoding: $0, as: UTF8.self) } ?? ""
            guard text.isEmpty || text.contains("tsc") else {
                return Checkup(
                    verdict: .partial,
                    what: "Clock: the kernel does not trust the processor's counter; CLOCK_MONOTONIC is used.",
                    remedy: "Nothing to do: a poll costs a few dozen nanoseconds more.")
            }
            return Checkup(verdict: .good, what: "Clock: the processor's counter, as far as the kernel says.")
        #else
            return Checkup(verdict: .good, what: "Clock: the architecture's counter.")
        #endif
    }

    private static func space(in path: String) -> Checkup {
        var space = statvfs()
        let place = access(path, F_OK) == 0 ? path : "/dev/shm"
        guard statvfs(place, &space) == 0 else {
            return Checkup(
                verdict: .bad, what: "Room: \(place) cannot be looked at: \(String(cString: strerror(errno))).",
                remedy: "Set POLLSCOPE_DIR, for the services and for this command, to a folder in a tmpfs.")
        }
        let megabytes = (UInt64(space.f_bavail) * UInt64(space.f_frsize)) >> 20
        let enough: UInt64 = 16  // the fixed parts of a few sessions, and rings for a pool
        return megabytes >= enough
            ? Checkup(
                verdict: .good, what: "Room: \(megabytes) MiB free in \(place); a service takes 5 MiB and 1 a thread.")
            : Checkup(
                verdict: .bad, what: "Room: only \(megabytes) MiB free in \(place).",
                remedy: "Give a container more (--shm-size), or set POLLSCOPE_DIR.")
    }

    private static var symbols: Checkup {
        let folder = "/usr/lib/debug/.build-id"
        return access(folder, F_OK) == 0
            ? Checkup(verdict: .good, what: "Names: from the programs' own debug information and from \(folder).")
            : Checkup(
                verdict: .good,
                what: "Names: from the programs' own debug information; no separate debug files are installed.")
    }

    private static var preloading: Checkup {
        do {
            guard let library = try PreloadLibrary.find() else {
                return Checkup(
                    verdict: .bad,
                    what: "Preloading: \(PreloadLibrary.name) is not beside this command; services that do not link "
                        + "Pollscope cannot be observed.",
                    remedy: "Build it: \(PreloadLibrary.build); or set POLLSCOPE_PRELOAD to its path.")
            }
            return Checkup(
                verdict: .good, what: "Preloading: \(library.path), for `pollscope record -- COMMAND`.")
        } catch {
            return Checkup(verdict: .bad, what: "Preloading: \(error.message)")
        }
    }

    // MARK: A session

    static func session(_ file: SessionFile) -> [Checkup] {
        let info = file.info
        var checks = [
            Checkup(
                verdict: .good,
                what: "\(info.executable) (pid \(info.processID)), \(file.isAlive ? "running" : "ended"); "
                    + info.runtimeVersion)
        ]
        for probe in info.probes {
            let isRefused = probe.state == UInt16(POLLSCOPE_PROBE_REFUSED.rawValue)
            checks.append(
                Checkup(
                    verdict: probe.isOn ? .good : isRefused ? .bad : .partial,
                    what: "Probe \(probe.name): \(probe.isOn ? "on" : isRefused ? "refused" : "off by choice")",
                    remedy: probe.reason))
        }
        for note in info.notes { checks.append(Checkup(verdict: .partial, what: "Setting: \(note)")) }
        let counters = SessionFollower(file: file, from: .now).counters()
        if counters.pollsUnrecorded > 0 {
            let reason =
                counters.ringRefusalErrno == 0
                ? "all rings were in use" : String(cString: strerror(Int32(counters.ringRefusalErrno)))
            checks.append(
                Checkup(
                    verdict: .bad, what: "\(counters.pollsUnrecorded) polls ran on threads without a ring: \(reason).",
                    remedy: "Make room in the session folder's file system, or raise POLLSCOPE_RINGS."))
        }
        if counters.jobsRefused > 0 {
            checks.append(
                Checkup(
                    verdict: .partial,
                    what: "\(counters.jobsRefused) jobs were left alone: something else uses their reserved words."))
        }
        if counters.stacksRefused > 0 {
            checks.append(
                Checkup(
                    verdict: .partial,
                    what: "\(counters.stacksRefused) async stacks were not captured: the table is full."))
        }
        return checks + allocations(counters) + requests(counters)
    }

    private static func requests(_ counters: SessionCounters) -> [Checkup] {
        let losses: [(count: UInt64, what: String, remedy: String)] = [
            (
                counters.eventsUnrecorded, "events of requests and pools were on threads that got no room for them",
                "Make room in the session folder's file system, or raise POLLSCOPE_RINGS."
            ),
            (
                counters.requestNamesRefused, "requests have no name: the table of names is full",
                "Name requests by route (GET /users/{id}), not by what was asked for."
            ),
            (
                counters.poolsRefused, "pools are not observed: the table of pools is full",
                "Make a pool known once, not each time that it is used."
            ),
        ]
        return losses.filter { $0.count > 0 }.map {
            Checkup(verdict: .partial, what: "\($0.count) \($0.what).", remedy: $0.remedy)
        }
    }

    private static func allocations(_ counters: SessionCounters) -> [Checkup] {
        let losses: [(count: UInt64, what: String)] = [
            (counters.allocationRecordsDropped, "records of single allocations were not written: two threads met"),
            (counters.allocationsUntracked, "sampled allocations are not followed to their free: the table is full"),
            (counters.typesRefused, "sampled objects have no type's name: the table of types is full"),
        ]
        return losses.filter { $0.count > 0 }.map {
            Checkup(
                verdict: .partial, what: "\($0.count) \($0.what).",
                remedy: "Counts are exact all the same. A larger POLLSCOPE_ALLOC_SAMPLE takes fewer samples.")
        }
    }
}
