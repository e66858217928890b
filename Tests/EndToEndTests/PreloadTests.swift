// Zero code: services that know nothing of Pollscope are observed under `record --`, and nothing else is touched.

import Foundation
import Glibc
import TestSupport
import Testing

/// The program with known polls that does not link Pollscope.
enum PlainProgram {
    static let path = BuiltPrograms.path(of: "GroundTruthPlain")
    static let library = BuiltPrograms.path(of: "libPollscopePreload.so")

    /// Built as `mode` says; nil, and said aloud, where it has not been.
    static func path(_ mode: BuildMode) -> String? {
        guard mode == .release else { return path }
        if let path = BuiltPrograms.optimisedPath(of: "GroundTruthPlain") { return path }
        skip("no optimised GroundTruthPlain: run tools/test")
        return nil
    }

    /// The library, optimised, for a command that is not; what else there is.
    static func environment(_ mode: BuildMode) -> [String: String] {
        let library = BuiltPrograms.optimisedPath(of: "libPollscopePreload.so")
        return mode == .release ? library.map { ["POLLSCOPE_PRELOAD": $0] } ?? [:] : [:]
    }
}

extension Workplace {
    /// Puts a program into the folder. A process of its own writes it: a file that this one has open, a child of another
    /// test would have open, too, for a moment, and the system runs no program that somebody can write.
    func install(_ bytes: some Sequence<UInt8>, as name: String, mode: String = "755") throws -> String {
        try install(copyOf: folder.write(bytes, to: "\(name).part"), as: name, mode: mode)
    }

    func install(copyOf path: String, as name: String, mode: String = "755") throws -> String {
        let place = name.hasPrefix("/") ? name : folder.file(name)
        let ending = try run(["install", "-m", mode, path, place])
        try #require(ending.status == 0, "\(ending)")
        return place
    }
}

@Suite("Preloading", .serialized)
struct PreloadTests {
    /// Records a command; its report, lawful and whole. On one processor, where the main task goes on when the last poll of a
    /// child has ended, and not a moment before: a program that ends in the midst of polls has fewer of them.
    private func record(
        _ words: [String], in place: Workplace, with more: [String: String] = [:], status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (report: ReportJSON, ending: ChildProcess.Ending) {
        let recording = place.folder.file("recording")
        let pollscope = ["taskset", "-c", Processors.first, BuiltPrograms.path(of: "pollscope")]
        let ending = try place.run(pollscope + ["record", "-f", "-o", recording, "--"] + words, with: more)
        try #require(ending.status == status, "\(ending)", sourceLocation: sourceLocation)
        try place.expectLawful(recording, sourceLocation: sourceLocation)
        let report = try place.report(of: recording, sourceLocation: sourceLocation)
        report.expectWhole(sourceLocation: sourceLocation)
        #expect(place.sessionFiles == [], "what was kept for the recorder is removed", sourceLocation: sourceLocation)
        return (report, ending)
    }

    private func script(_ lines: String, in place: Workplace, named name: String = "run.sh") throws -> String {
        try place.install("#!/bin/sh\n\(lines)\n".utf8, as: name)
    }

    // MARK: Services

    @Test(
        "A service that knows nothing of Pollscope is observed exactly", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases,
        ["group 1", "group 5000", "yields 3 50", "yields 500 3", "sleeps 20"])
    func plainService(build: BuildMode, scenario: String) throws {
        guard let program = PlainProgram.path(build) else { return }
        let place = try Workplace()
        let (report, ending) = try record(
            [program] + scenario.split(separator: " ").map(String.init), in: place,
            with: PlainProgram.environment(build))
        #expect(report.losses.recordsLost == 0)
        #expect(report.losses.pollsUnrecorded == 0)
        #expect(report.losses.jobsRefused == 0)
        try Expectation(ending.output).expect(in: report)
    }

    @Test("Its allocations are counted by poll", .timeLimit(.minutes(1)))
    func allocations() throws {
        let place = try Workplace()
        let (report, ending) = try record([PlainProgram.path, "allocations", "50", "200"], in: place)
        try Expectation(ending.output).expect(in: report)
        let site = try #require(report.sites.first { $0.function.hasSuffix("in allocations(tasks:count:)") })
        let counts = try #require(site.allocations.value)
        #expect(counts.p50 == 200, "\(counts)")
        #expect(counts.bytes.p50 == 200 * 100, "\(counts)")
    }

    @Test("It behaves as it does by itself", arguments: ["group 50", "yields 10 10", "exit 3", "sleeps 3"])
    func sameResults(scenario: String) throws {
        let place = try Workplace()
        let words = [PlainProgram.path] + scenario.split(separator: " ").map(String.init)
        let alone = try place.run(words)
        let observed = try record(words, in: place, status: alone.status).ending
        #expect(observed.output == alone.output)
    }

    @Test("A script may run it, in its own place or as its child", arguments: ["exec ", ""])
    func scriptRunsIt(exec: String) throws {
        let place = try Workplace()
        let run = try script(
            """
            ls / >/dev/null; git --version >/dev/null; python3 -c 'print(1)' >/dev/null; perl -e 'print 2' >/dev/null
            \(exec)\(PlainProgram.path) group 300
            """, in: place)
        let (report, ending) = try record([run], in: place)
        try Expectation(ending.output).expect(in: report)
    }

    @Test("It may be found in PATH, through a link, or run by another program")
    func waysToNameIt() throws {
        let place = try Workplace()
        let folder = try place.folder.makeFolder("bin")
        #expect(symlink(PlainProgram.path, "\(folder)/service") == 0)
        let path = "\(folder):/usr/bin:/bin"
        for words in [["service"], ["\(folder)/service"], ["env", "A=1", "service"], ["nice", "-n", "1", "service"]] {
            let (report, ending) = try record(words + ["group", "40"], in: place, with: ["PATH": path])
            try Expectation(ending.output).expect(in: report)
        }
    }

    @Test("Of several Swift programs the first child is recorded, and rather the command's own process")
    func severalPrograms() throws {
        let place = try Workplace()
        let first = try script("\(PlainProgram.path) group 7; \(PlainProgram.path) group 9; exit 4", in: place)
        let both = try record([first], in: place, status: 4)
        #expect(both.report.polls { $0.function.hasSuffix("in group(children:)") && $0.awaitPoint == 0 } == 7)
        let own = try script("\(PlainProgram.path) group 7; exec \(PlainProgram.path) group 9", in: place)
        let last = try record([own], in: place)
        #expect(last.report.polls { $0.function.hasSuffix("in group(children:)") && $0.awaitPoint == 0 } == 9)
    }

    @Test("Of a process that runs one program after the other, the last is recorded")
    func becomesAnother() throws {
        let place = try Workplace()
        let (report, _) = try record([PlainProgram.path, "become", PlainProgram.path, "group", "21"], in: place)
        #expect(report.polls { $0.function.hasSuffix("in group(children:)") && $0.awaitPoint == 0 } == 21)
    }

    @Test("What is preloaded already comes behind, and works")
    func withAnotherLibrary() throws {
        let place = try Workplace()
        guard let allocator = OtherAllocatorTests.Allocator.jemalloc.path else { return }
        let (report, ending) = try record(
            [PlainProgram.path, "allocations", "50", "200"], in: place, with: ["LD_PRELOAD": allocator])
        try Expectation(ending.output).expect(in: report)
        let site = try #require(report.sites.first { $0.function.hasSuffix("in allocations(tasks:count:)") })
        #expect(site.allocations.value?.p50 == 200)
        let seen = try place.pollscope(
            "record", "-f", "-o", place.folder.file("none"), "--", "sh", "-c", "echo $LD_PRELOAD",
            with: ["LD_PRELOAD": allocator])
        #expect(seen.output == "\(PlainProgram.library):\(allocator)\n", "\(seen)")
    }

    // MARK: Services that link Pollscope

    @Test(
        "A service that links Pollscope is observed once, by its own probes", .timeLimit(.minutes(1)),
        arguments: BuildMode.allCases, ["group 200", "yields 5 20", "sleeps 4 4"])
    func linkedService(build: BuildMode, scenario: String) throws {
        guard let program = build.path else { return }
        let place = try Workplace()
        let words = scenario.split(separator: " ").map(String.init)
        let run = try script("exec \(program) \(scenario)", in: place)
        for command in [[program] + words, [run], ["env", program] + words] {
            let (report, ending) = try record(command, in: place)
            #expect(!ending.errors.contains("observed already"), "\(ending)")
            try Expectation(ending.output).expect(in: report)
        }
    }

    @Test(
        "Its allocations are counted once, linked dynamically or statically", .timeLimit(.minutes(1)),
        arguments: ["malloc", "class", "realloc", "string"])
    func linkedAllocations(work: String) throws {
        for program in [GroundTruth.path, StaticBuildTests.program].compactMap({ $0 }) {
            for library in [PlainProgram.library, BuiltPrograms.optimisedPath(of: "libPollscopePreload.so")] {
                guard let library else { continue }
                let (report, truth) = try AllocationTests.record(
                    program, "allocations \(work) 10 20", through: ["env", "LD_PRELOAD=\(library)"])
                try truth.expect(in: report)
            }
        }
    }

    @Test("One process has one session")
    func oneSession() throws {
        let place = try Workplace()
        for program in [GroundTruth.path, PlainProgram.path] {
            let service = try place.start([program, "forever"], with: ["LD_PRELOAD": PlainProgram.library])
            try service.waitForOutput("running")
            #expect(place.sessionFiles.filter { $0.hasPrefix("\(service.processID)-") }.count == 1)
            #expect(try place.state(of: service.processID) == "alive")
        }
    }

    // MARK: Programs that are no services

    /// Programs that a service or its scripts run, and what they print.
    private static let others = [
        ["sh", "-c", "echo $$ | wc -l"], ["ls", "/"], ["git", "--version"], ["perl", "-e", "print 2 + 2"],
        ["python3", "-c", "import json, os, threading; print(json.dumps([1, 2])); os.fork() or os._exit(0)"],
        ["bash", "-c", "for i in 1 2 3; do echo $i; done | sort -r"], ["/sbin/ldconfig", "--version"],
        ["awk", "BEGIN { print length(\"abc\") }"], ["sh", "-c", "exit 5"], ["sh", "-c", "kill -15 $$"],
    ]

    @Test("Programs that are no Swift programs run as they do by themselves", arguments: others)
    func unharmed(words: [String]) throws {
        let place = try Workplace()
        let alone = try place.run(words)
        let preloaded = try place.run(words, with: ["LD_PRELOAD": PlainProgram.library])
        #expect(preloaded.status == alone.status)
        #expect(preloaded.output == alone.output)
        #expect(preloaded.errors == alone.errors)
        #expect(place.sessionFiles == [], "nothing is left of them")
    }

    @Test("In them no thread is started and no folder made")
    func nothingIsDone() throws {
        let place = try Workplace()
        let folder = place.folder.file("not-made")
        let ending = try place.run(
            ["python3", "-c", "print(open('/proc/self/status').read().split('Threads:')[1].split()[0])"],
            with: ["LD_PRELOAD": PlainProgram.library, "POLLSCOPE_DIR": folder])
        #expect(ending.output == "1\n", "\(ending)")
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test("Nothing is done where Pollscope is off")
    func off() throws {
        let place = try Workplace()
        let folder = place.folder.file("not-made")
        let ending = try place.run(
            [PlainProgram.path, "group", "10"],
            with: ["LD_PRELOAD": PlainProgram.library, "POLLSCOPE": "off", "POLLSCOPE_DIR": folder])
        #expect(ending.status == 0, "\(ending)")
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test("A program that is no Swift program may load a Swift library later", .timeLimit(.minutes(2)))
    func swiftPlugin() throws {
        let place = try Workplace()
        let source = try place.folder.write(
            """
            import Dispatch
            @_cdecl("answer") public func answer() -> Int32 {
                let done = DispatchSemaphore(value: 0), queue = DispatchQueue(label: "plug-in"), group = DispatchGroup()
                queue.async { done.signal() }
                queue.async(flags: .barrier) { done.signal() }
                queue.async(group: group) { done.signal() }
                queue.asyncAfter(deadline: .now() + 0.001) { done.signal() }
                Task.detached {
                    try? await Task.sleep(for: .milliseconds(1))
                    await Task.yield()
                    done.signal()
                }
                for _ in 0..<5 { done.wait() }
                group.wait()
                return 42
            }
            """.utf8, to: "plugin.swift")
        let library = place.folder.file("libplugin.so")
        let built = try place.run(["swiftc", "-emit-library", "-parse-as-library", source, "-o", library])
        guard built.status == 0 else { return skip("no Swift library could be built: \(built)") }
        let ending = try place.run(
            ["python3", "-c", "import ctypes; print(ctypes.CDLL('\(library)').answer())"],
            with: ["LD_PRELOAD": PlainProgram.library])
        #expect(ending.status == 0 && ending.output == "42\n", "\(ending)")
    }

    @Test("The library needs the C library and nothing else", arguments: BuildMode.allCases)
    func needs(build: BuildMode) throws {
        let optimised = BuiltPrograms.optimisedPath(of: "libPollscopePreload.so")
        guard let library = build == .debug ? PlainProgram.library : optimised else {
            return skip("no optimised libPollscopePreload.so: run tools/test")
        }
        let place = try Workplace()
        let needed = try place.run(["readelf", "-dW", library]).output.split(separator: "\n")
            .filter { $0.contains("(NEEDED)") }
        #expect(needed.allSatisfy { $0.contains("[libc.so.6]") || $0.contains("[ld-linux") }, "\(needed)")
        let strong = try place.run(["nm", "-D", "--undefined-only", library]).output.split(separator: "\n")
            .filter { $0.contains(" U ") && ($0.contains("swift") || $0.contains("dispatch") || $0.contains("$s")) }
        #expect(strong.isEmpty, "\(strong)")
    }
}
