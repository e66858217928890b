// What is asked for, in options and in files that anybody may have written: understood, or one clear sentence.

import Testing

@testable import Checking

@Suite("Limits are understood, or refused in a sentence")
struct SettingsTests {
    private func settings(_ file: String) throws -> CheckSettings {
        try CheckSettings(file: Array(file.utf8), name: "limits.yml")
    }

    private func error(_ body: () throws -> Void) -> CheckError? {
        do {
            try body()
            return nil
        } catch {
            return error as? CheckError
        }
    }

    @Test("A file says what options say")
    func file() throws {
        let settings = try settings(
            """
            # for the nightly run
            fail-on: warning
            max-wait-p99: 5ms
            max-request-p99:
              all: 100ms
              GET /quote: 50ms   # the fast one
              "GET /a&b #1": 0.5 s
            max-errors: 0.1%
            min-coverage: 50 %
            min-requests: 1000
            allow:
              - long-poll:RiskModel.score
              - long-poll: score
              - pool-too-large
            """)
        #expect(settings.failOn == .warning)
        #expect(
            settings.limits.map(\.title) == [
                "max-wait-p99 5ms", "max-request-p99 100ms", "max-request-p99 GET /quote=50ms",
                "max-request-p99 GET /a&b #1=0.5 s", "max-errors 0.1%", "min-coverage 50 %", "min-requests 1000",
            ])
        #expect(settings.limits.map(\.value) == [0.005, 0.1, 0.05, 0.5, 0.001, 0.5, 1000])
        #expect(settings.limits[2].origin == .file("limits.yml", line: 6))
        #expect(settings.allowances.map(\.text) == ["long-poll:RiskModel.score", "long-poll:score", "pool-too-large"])
        #expect(try self.settings("allow: [hang]").allowances.map(\.text) == ["hang"])
        #expect(try self.settings("allow: hang").allowances.map(\.text) == ["hang"])
        #expect(try self.settings("\u{FEFF}max-lost: 0\r\n").limits.map(\.value) == [0])
    }

    @Test(
        "What a file gets wrong is said with its line",
        arguments: [
            (
                "max-wait-p99: 5ms\nmax-wat-p99: 5ms",
                "limits.yml:2: There is no limit called \"max-wat-p99\". The nearest: max-wait-p99"
            ),
            ("<<: 5ms", "limits.yml:1: There is no limit called \"<<\"."),
            (
                "max-wait-p99: 5",
                "limits.yml:1: max-wait-p99: \"5\" is not what it takes: a time above zero with its unit, like 5ms (ns, us, ms, s, m, h)."
            ),
            ("max-wait-p99: 5%", "\"5%\" is not what it takes"),
            ("max-wait-p99: -5ms", "\"-5ms\" is not what it takes"),
            ("max-wait-p99: 0ms", "\"0ms\" is not what it takes"), ("max-wait-p99: infs", "is not what it takes"),
            ("max-wait-p99: 1e9ms", "is not what it takes"), ("max-wait-p99: 0x5s", "is not what it takes"),
            ("max-wait-p99: 99999999999999999999s", "is not what it takes"),
            ("max-wait-p99:", "\"\" is not what it takes"), ("max-wait-p99: ~", "\"~\" is not what it takes"),
            ("max-wait-p99: {}", "limits.yml:1: max-wait-p99: It has no value: it takes a time"),
            ("max-wait-p99: [5ms]", "limits.yml:1: max-wait-p99: It takes one value: a time"),
            ("max-wait-p99:\n  global pool: [5ms]", "limits.yml:2: max-wait-p99: Below it are lines like"),
            ("max-wait-p99:\n  [a, b]: 5ms", "limits.yml:2: max-wait-p99: Below it are lines like"),
            ("max-wait-p99:\n  global pool: 5", "limits.yml:2: max-wait-p99: \"5\" is not what it takes"),
            ("max-wait-p99:\n  \"\": 5ms", "limits.yml:2: max-wait-p99: A name is missing"),
            ("max-errors: 0.1", "max-errors: \"0.1\" is not what it takes: a share from 0% to 100%, like 0.1%."),
            ("max-errors: 101%", "\"101%\" is not what it takes"), ("min-coverage: -1%", "is not what it takes"),
            ("max-lost: 1.5", "max-lost: \"1.5\" is not what it takes: a whole number, like 1000."),
            ("max-lost: -1", "is not what it takes"), ("min-polls: 99999999999999999999", "is not what it takes"),
            ("max-lost:\n  x: 5", "limits.yml:2: max-lost: It is of the whole recording, and takes no name"),
            ("fail-on: error", "limits.yml:1: fail-on: It takes one of critical, warning, info, none."),
            ("fail-on: [info]", "limits.yml:1: fail-on: It takes one of"),
            (
                "\nallow:\n  - long-pol",
                "limits.yml:3: allow: There is no kind of finding called \"long-pol\". The nearest: long-poll"
            ),
            ("allow: no-signal", "allow: A recording without signal is never accepted"),
            ("allow: 'hang:'", "allow: Behind \"hang:\" a part of a function's name is missing."),
            ("allow:\n  - [hang]", "limits.yml:2: allow: It takes a list of KIND or KIND:PART-OF-A-NAME"),
            ("max-lost: 0\nmax-poll: 1s\nmax-lost: 1", "\"max-lost\" is there twice. Keep one."),
            ("max-lost: 0\n'max-lost': 1", "is"), ("max-poll:\n  all: 1s\n  all: 2s", "is there twice"),
            ("", "limits.yml: It sets nothing. Keys: fail-on, allow, max-wait-p99"), ("# nothing", "It sets nothing"),
            ("5ms", "limits.yml:1: A file of limits is made of lines like \"max-wait-p99: 5ms\"."),
            ("- max-lost: 1", "limits.yml:1: A file of limits is made of lines"),
            ("? [a]\n: 5ms", "A key is one word"),
            ("max-lost: 0\n---\nmax-lost: 1", "limits.yml:2: This cannot be read as YAML: found another document."),
            ("max-lost: [", "This cannot be read as YAML"), ("max-lost: \"", "This cannot be read as YAML"),
            ("\tmax-lost: 0", "This cannot be read as YAML"),
            ("max-lost: *x", "This cannot be read as YAML: found undefined alias."),
            ("max-lost: &x 0", "limits.yml:1: Anchors (&name) are not taken"),
            ("a: [&x 1]\n", "Anchors (&name)"), ("max-lost: 0\u{0}", "cannot be read as YAML"),
            ("max-lost: 0\u{7}", "cannot be read as YAML"),
            (String(repeating: "[", count: 5000), "This cannot be read as YAML"),
            (String(repeating: "- ", count: 5000), "This cannot be read as YAML"),
            (String(repeating: "{a: ", count: 3000), "This cannot be read as YAML"),
            (String(repeating: "#", count: 70_000), "limits.yml: This is no file of limits: it is larger than 64 KiB."),
        ])
    func wrongFiles(text: String, says: String) throws {
        let error = try #require(error { _ = try settings(text) }, "\(text.prefix(80))")
        #expect(error.code == .badData)
        #expect(error.message.contains(says), "\(error.message)")
        #expect(error.message.hasPrefix("limits.yml:"))
        #expect(!error.message.contains("\n"))
    }

    @Test("A file in another encoding")
    func encoding() throws {
        let error = try #require(
            error { _ = try CheckSettings(file: Array("max-lost: 0\n# caf".utf8) + [0xE9, 0x0A], name: "l.yml") })
        #expect(error.message == "l.yml:2: This is not UTF-8. Save the file in that encoding.")
    }

    @Test("Aliases that stand for each other keep nobody busy", .timeLimit(.minutes(1)))
    func manyAliases() throws {
        var text = "a0: &a0 [x]\n"
        for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(error { _ = try settings(text + "? *a60\n: 1\n") } != nil)
    }

    @Test("Any bytes are understood, or refused in a line", .timeLimit(.minutes(1)))
    func wildFiles() throws {
        let whole = Array("fail-on: info\nmax-poll:\n  all: 1s\n  'x': 2s\nallow: [hang, 'long-poll:f']\n".utf8)
        var state: UInt64 = 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for cut in 0...whole.count { _ = error { _ = try CheckSettings(file: Array(whole[..<cut]), name: "l.yml") } }
        for _ in 0..<5_000 {
            var bytes = whole
            for _ in 0...next(4) {
                bytes[next(bytes.count)] =
                    next(3) == 0 ? UInt8(next(256)) : Array("[]{}:-?&*!|>'\"%@`#,\n \t".utf8)[next(22)]
            }
            let error = error { _ = try CheckSettings(file: bytes, name: "l.yml") }
            #expect(error.map { $0.message.hasPrefix("l.yml:") && !$0.message.contains("\n") } ?? true)
        }
    }

    @Test(
        "What options get wrong",
        arguments: [
            (.maxWaitP99, ["5"], "--max-wait-p99: \"5\" is not what it takes: a time above zero with its unit"),
            (.maxWaitP99, ["global pool="], "\"\" is not what it takes"), (.maxWaitP99, ["=5ms"], "A name is missing"),
            (.maxLost, ["x=5"], "It is of the whole recording"), (.minSamples, ["x"], "a whole number"),
            (.maxPoll, ["1s", "2s"], "--max-poll: It is given twice. Keep one."),
            (.maxPoll, ["1s", "all=2s"], "It is given twice. Keep one."),
            (.maxPoll, ["a=1s", "a=2s"], "It is given twice for \"a\". Keep one."),
        ] as [(Measure, [String], String)])
    func wrongOptions(measure: Measure, words: [String], says: String) throws {
        let error = try #require(error { _ = try CheckSettings(failOn: nil, limits: [(measure, words)], allow: []) })
        #expect(error.code == .usage)
        #expect(error.message.contains(says), "\(error.message)")
    }

    @Test("The value is what follows the last =")
    func names() throws {
        let settings = try CheckSettings(
            failOn: nil, limits: [(.maxRequestP99, ["GET /q?a=1=5ms", "all=1s"])], allow: [])
        #expect(settings.limits.map(\.name) == ["GET /q?a=1", nil])
    }

    // MARK: Together

    @Test("Options win over the file, and that is said")
    func precedence() throws {
        let file = try settings("fail-on: info\nmax-poll: 1s\nmax-poll-p99:\n  global pool: 5ms\nallow: [hang]")
        let options = try CheckSettings(
            failOn: .warning, limits: [(.maxPoll, ["2s"]), (.maxPollP99, ["1s"])], allow: ["hang"])
        let plan = try CheckPlan(options: options, file: file)
        #expect(plan.failOn == .warning)
        #expect(
            plan.limits.map(\.title) == [
                "max-poll-p99 1s", "max-poll-p99 global pool=5ms", "max-poll 2s", "min-polls 100", "min-samples 100",
            ])
        #expect(
            plan.notes == [
                "--max-poll 2s is used, not 1s (limits.yml:2).", "--fail-on warning is used, not info of the file.",
            ])
        #expect(plan.allowances.count == 1)
    }

    @Test("Limits that contradict each other")
    func contradictions() throws {
        let file = try settings("max-poll: 5ms\nmax-poll-p99: 10ms")
        let both = try #require(error { _ = try CheckPlan(options: CheckSettings(), file: file) })
        #expect(both.code == .badData)
        #expect(
            both.message
                == "limits.yml:1: max-poll: 5ms is below max-poll-p99 10ms (limits.yml:2), and no P99 is above the longest. "
                + "Raise the one, or lower the other.")
        let option = try CheckSettings(failOn: nil, limits: [(.maxPoll, ["a=1ms"])], allow: [])
        let mixed = try #require(
            error { _ = try CheckPlan(options: option, file: settings("max-poll-p99:\n  a: 10ms")) })
        #expect(mixed.code == .usage)
        #expect(mixed.message.hasPrefix("--max-poll: 1ms is below max-poll-p99 a=10ms (limits.yml:2)"))
        #expect(try CheckPlan(options: option, file: settings("max-poll-p99: 10ms")).limits.count == 4)
    }
}
