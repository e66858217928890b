import Testing

@testable import Analysis
@testable import Reporting

@Suite struct TextReportTests {
    @Test(arguments: [80, 140]) func looksLikeTheGoldenFile(width: Int) throws {
        try Golden.expect(TextReport(width: width).text(of: QuotesService.model()), equals: "quotes-\(width).txt")
    }

    @Test(arguments: [60, 80, 140]) func aStalledServiceLooksLikeTheGoldenFile(width: Int) throws {
        try Golden.expect(TextReport(width: width).text(of: StalledService.model()), equals: "stalls-\(width).txt")
    }

    @Test(arguments: [60, 80, 140]) func aBusyServiceLooksLikeTheGoldenFile(width: Int) throws {
        try Golden.expect(TextReport(width: width).text(of: BusyService.model()), equals: "busy-\(width).txt")
    }

    @Test(arguments: [60, 72, 80, 100, 120, 200]) func fitsItsWidth(width: Int) throws {
        let all = SitePattern("shop")
        let texts = [
            TextReport(width: width).text(of: QuotesService.model()),
            TextReport(width: width).text(of: StalledService.model()),
            TextReport(width: width).text(of: BusyService.model()),
            try #require(TextReport(width: width).text(of: StalledService.model(sites: all), sites: all)),
            TextReport(width: width).textOfAllocations(in: QuotesService.model()),
            TextReport(width: width).textOfAllocations(in: StalledService.model()),
        ]
        for line in texts.flatMap({ $0.split(separator: "\n") }) { #expect(line.count <= width, "\(line)") }
        for text in texts { #expect(!text.contains("\u{1B}")) }
    }

    @Test func inkChangesNoWord() {
        let model = QuotesService.model()
        var coloured = TextReport(ink: .terminal).text(of: model)
        #expect(coloured.contains("\u{1B}[1m"))
        for escape in ["\u{1B}[0m", "\u{1B}[1m", "\u{1B}[1;31m", "\u{1B}[2m"] {
            coloured = coloured.split(separator: escape, omittingEmptySubsequences: false).joined()
        }
        #expect(coloured == TextReport().text(of: model))
    }

    @Test func theFirstScreenNamesTheCause() {
        let screen = TextReport().text(of: QuotesService.model()).split(
            separator: "\n", omittingEmptySubsequences: false
        ).prefix(24).joined(separator: "\n")
        for fact in ["RiskModel.score(_:), await 2", "Risk.swift:48", "WAIT", "P99", "at most", " lost", "cost"] {
            #expect(screen.contains(fact), "\(fact)")
        }
    }

    @Test func theReasonIsThatOfTheLargestPart() throws {
        func why(_ change: (inout LongPollSite) -> Void) throws -> String {
            var site = try #require(StalledService.model().longPolls.first)
            change(&site)
            return PollSplitText.why(site)
        }
        func split(cpu: Double = 0, blocked: Double = 0, wait: Double = 0, other: Double = 0) -> TimeSplit {
            TimeSplit(
                onCPUSeconds: cpu, blockedSeconds: blocked, kernelWaitSeconds: wait, otherSeconds: other,
                estimatedSeconds: 0)
        }
        let code = "Curve.value(at:) (Sources/Shop/Curve.swift:22), calling exp"
        #expect(try why { $0.split = split(cpu: 3, blocked: 1) } == "75 % on CPU, most in \(code)")
        #expect(
            try why { $0.split = split(cpu: 1, wait: 3) } == "75 % ready to run, while the kernel ran other threads")
        #expect(
            try why { $0.split = split(cpu: 1, other: 3) }
                == "75 % asleep while pages were read from a disk, most in \(code)")
        // Without samples there is no place to name, unless the calls' records have one.
        #expect(try why { ($0.split, $0.stacks) = (split(cpu: 1), []) } == "100 % on CPU; no sample tells where")
        let calls = StalledService.model().blocking
        #expect(
            try why { ($0.split, $0.stacks, $0.calls) = (split(blocked: 1), [], calls) }
                == "100 % blocked in fsync, called by Ledger.append(_:) (Sources/Shop/Ledger.swift:91)")
        #expect(try why { $0.split = split() } == "")
    }

    @Test func noSignalComesFirst() throws {
        let facts = QuotesService.facts()
        var silent = facts
        silent.unfinished = []
        var empty = ReportModel(
            facts: silent, analysis: PollAnalysis(calibration: facts.calibration, span: facts.span),
            naming: QuotesService.name)
        (empty.allocations, empty.allocationsMissing) = (nil, "Allocations were not counted: POLLSCOPE_ALLOC says so.")
        let text = TextReport().text(of: empty)
        #expect(text.hasPrefix("No signal: not one poll was seen"))
        try Golden.expect(text, equals: "no-signal-80.txt")
    }

    @Test func damageAndLossComeBeforeTheFigures() {
        var model = QuotesService.model()
        model.problems.append(
            ReportProblem(kind: .damagedRecording, sentence: "The recording is damaged: cut.", remedy: "Record again."))
        let lines = TextReport().text(of: model).split(separator: "\n", omittingEmptySubsequences: false)
        let head = lines.prefix { !$0.isEmpty }
        #expect(head.contains("The recording is damaged: cut."))
        #expect(head.contains("  Record again."))
    }

    @Test(arguments: [60, 80]) func anyDurationsFit(width: Int) {
        var model = QuotesService.model()
        for seconds in [0, 1e-12, 1e-9, 3e3, 1e9, 1e19] {
            model.executors[0].pollHistogram.record(seconds)
            model.executors[0].pollSeconds.max = seconds
            let text = TextReport(width: width).text(of: model)
            for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
        }
        model.unfinished = Array(repeating: model.unfinished[0], count: 2_000)
        #expect(TextReport().text(of: model).split(separator: "\n").count < 200)
    }

    /// Generic functions have names without a space that are wider than a terminal.
    @Test(arguments: [60, 80, 140]) func anyNamesFit(width: Int) throws {
        let name = String(repeating: "Wide<Nested", count: 12) + ".call(_:)"
        var model = StalledService.model()
        func widen(_ nodes: inout [SampleNode]) {
            for index in nodes.indices {
                nodes[index].place.function = name
                nodes[index].place.file = "/src/" + name + ".swift"
                widen(&nodes[index].children)
            }
        }
        let place = model.sites[0].place
        for index in model.blocking.indices {
            model.blocking[index].place.function = name
            model.blocking[index].via = name
            model.blocking[index].object?.text = "/" + name
        }
        for index in model.longPolls.indices {
            widen(&model.longPolls[index].stacks)
            model.longPolls[index].site.task = name
        }
        for index in model.unfinished.indices {
            model.unfinished[index].lastSample?.stack[0].place.function = name
            model.unfinished[index].site.place.function = name
            model.unfinished[index].site.task = name
        }
        let report = TextReport(width: width)
        let page = try #require(report.text(of: model, sites: SitePattern(place.function)))
        let all = try #require(report.text(of: model, sites: SitePattern("Wide")))
        for text in [report.text(of: model), page, all] {
            for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
        }
    }

    @Test func namesCannotMoveTheCursor() {
        var model = QuotesService.model()
        model.sites[0].place.function = "evil\u{1B}[2J()\u{202E}"
        model.slowest[0].thread.name = "\u{7}bell\n"
        let text = TextReport().text(of: model)
        #expect(!text.contains("\u{1B}"))
        #expect(!text.contains("\u{7}"))
        #expect(!text.contains("\u{202E}"))
        #expect(text.contains("evil\u{FFFD}[2J()"))
    }
}

@Suite struct QuantityTests {
    @Test(
        arguments: [
            (0, "0 s"), (3e-10, "< 1 ns"), (1e-9, "1.00 ns"), (0.9996e-6, "1.00 µs"), (41.24e-3, "41.2 ms"),
            (0.12, "120 ms"),
            (0.99949, "999 ms"), (0.9996, "1.00 s"), (999.4, "999 s"), (1_000, "16.7 min"), (59_000, "983 min"),
            (60_000, "16.7 h"),
            (1e8, "27,778 h"), (1e19, "> 100 y"), (-0.25, "−250 ms"), (.infinity, "?"),
        ] as [(Double, String)]) func durations(seconds: Double, text: String)
    {
        #expect(Quantity.duration(seconds) == text)
    }

    @Test(
        arguments: [
            (0, "0"), (999, "999"), (412_806, "412,806"), (9_999_999, "9,999,999"), (50_000_000, "50.0 M"),
            (999_600_000, "1.00 G"), (.max, "18,446,744,074 G"),
        ] as [(UInt64, String)]) func counts(count: UInt64, text: String)
    {
        #expect(Quantity.count(count) == text)
    }

    @Test(
        arguments: [
            (0, "0 %"), (1e-6, "< 0.01 %"), (0.0031, "0.31 %"), (0.012, "1.2 %"), (0.0996, "10 %"), (0.983, "98 %"),
            (1, "100 %"),
        ] as [(Double, String)]) func shares(share: Double, text: String)
    {
        #expect(Quantity.share(share) == text)
    }

    @Test func shortening() {
        #expect("abcdefghij".shortened(to: 10) == "abcdefghij")
        #expect("abcdefghij".shortened(to: 6) == "abc…ij")
        #expect("abcdefghij".shortened(to: 1) == "…")
        #expect("/a/quotes/Risk.swift".pathShortened(to: 17) == "quotes/Risk.swift")
        #expect("/a/quotes/Risk.swift".pathShortened(to: 16) == "Risk.swift")
        #expect("/a/quotes/Risk.swift".pathShortened(to: 5).count == 5)
        #expect("one two three".wrapped(to: 7) == ["one two", "three"])
    }
}
