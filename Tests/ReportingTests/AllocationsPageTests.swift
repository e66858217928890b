import CPollscopeLayout
import Testing

@testable import Analysis
@testable import Reporting

@Suite struct AllocationsPageTests {
    private func section(_ model: ReportModel, width: Int = 80) -> String {
        let lines = TextReport(width: width).text(of: model).split(separator: "\n", omittingEmptySubsequences: false)
        let begin = lines.firstIndex { $0.hasPrefix("ALLOCATIONS") } ?? lines.endIndex
        return lines[begin...].prefix { !$0.hasPrefix("GLOBAL POOL") && !$0.hasPrefix("COVERAGE") }
            .joined(separator: "\n")
    }

    @Test(arguments: [60, 80, 140]) func looksLikeTheGoldenFile(width: Int) throws {
        try Golden.expect(
            TextReport(width: width).textOfAllocations(in: StalledService.model()),
            equals: "allocations-\(width).txt")
    }

    @Test func fewSamplesLookLikeTheGoldenFile() throws {
        try Golden.expect(
            TextReport().textOfAllocations(in: QuotesService.model()), equals: "allocations-few-samples-80.txt")
    }

    @Test func theSectionIsReadAtAGlance() {
        let lines = section(StalledService.model()).split(separator: "\n", omittingEmptySubsequences: false)
        // The last one is empty.
        #expect(lines.count <= 25)
    }

    @Test func whatWasNotCountedIsNotZero() throws {
        var model = StalledService.model()
        (model.allocations, model.allocationsMissing) = (nil, "Allocations were not counted: the reason.")
        let name = try #require(model.sites.first).place.function
        let texts = [
            section(model), TextReport().textOfAllocations(in: model),
            try #require(TextReport().text(of: model, sites: SitePattern(name))),
        ]
        for text in texts {
            #expect(text.contains("Allocations were not counted: the reason."))
            #expect(!text.contains("allocations a poll"))
        }
        model.allocationsMissing = nil
        #expect(section(model).contains(AllocationText.noData))
    }

    @Test func withoutSamplestheReasonIsToldAndNoLineIsNamed() {
        var model = StalledService.model()
        model.allocations?.withoutSamples("Where allocations are made is not known: the reason.")
        for text in [section(model), TextReport().textOfAllocations(in: model)] {
            #expect(text.contains("is not known: the reason."))
            #expect(text.contains("allocations a poll"))
            for absent in ["LINES BY BYTES", "garbage (", "The allocator's share", "TYPES BY", "STACKS BY"] {
                #expect(!text.contains(absent), "\(absent)")
            }
        }
    }

    @Test func thePartInPollsIsNotMoreThanAll() throws {
        var report = try #require(StalledService.model().allocations)
        func head(process: UInt64, inPolls: UInt64, duration: Double = 30) -> String {
            (report.process.allocations, report.process.bytes) = (process, process * 64)
            (report.inPolls.allocations, report.inPolls.bytes) = (inPolls, inPolls * 64)
            return AllocationText.head(report, duration: duration)
        }
        #expect(head(process: 3_000, inPolls: 1_500) == "100/s, 6.25 KiB/s; 50 % of both in polls")
        // A poll that began before the first look.
        #expect(head(process: 3_000, inPolls: 3_010) == "100/s, 6.25 KiB/s; 100 % of both in polls")
        // With a single look nothing is known of the process.
        #expect(head(process: 0, inPolls: 10) == "10 allocations of 640 B in the polls that were seen")
        #expect(head(process: 0, inPolls: 0) == "none were made")
        // Of a session that was read when its process had ended, the last polls are there.
        #expect(
            head(process: 3_000, inPolls: 10, duration: 2)
                == "100/s, 6.25 KiB/s since the session began; 10 allocations of 640 B in the polls that were seen")
    }

    @Test func theAllocatorIsLeftAloneUpToTheThreshold() throws {
        let report = try #require(StalledService.model().allocations)
        func sentence(_ share: Double, _ error: Double, timings: UInt64 = 900) -> String {
            var changed = report
            changed.allocatorShare = Estimate(value: share, standardError: error, samples: timings)
            return AllocationText.allocator(changed, ReportThresholds())
        }
        #expect(sentence(0.12, 0.01) == "12 ± 1 % of CPU goes into the allocator: worth tuning.")
        #expect(sentence(0.02, 0.001) == "The allocator takes 2.0 ± 0.1 % of CPU, which is below 10 %: leave it alone.")
        // Too little to say how much, enough to say that it does not matter.
        #expect(sentence(0.01, 0.01) == "The allocator takes < 4 % of CPU, which is below 10 %: leave it alone.")
        #expect(sentence(0.05, 0.04) == "The allocator takes < 17 % of CPU: too few calls were timed to say more.")
        // Between the two, neither word.
        #expect(sentence(0.09, 0.02) == "The allocator takes 9 ± 2 % of CPU, about as much as is worth tuning (10 %).")
        #expect(sentence(0.11, 0.02) == "The allocator takes 11 ± 2 % of CPU, about as much as is worth tuning (10 %).")
        #expect(
            sentence(0.5, 0.5, timings: 3)
                == "The allocator's share of CPU is not known: too few of its calls were timed (15,004).")
    }

    @Test func fewSamplesOfOneLineLeaveDoubt() {
        func share(samples: Int) -> String? {
            var all = SampledSum()
            for _ in 0..<samples { all.add(SampledSum(sampleOf: 16, mean: 1 << 19)) }
            return all.share(of: all).flatMap(EstimateText.share)
        }
        #expect(share(samples: 2) == nil)
        #expect(share(samples: 30) == "> 90 %")
        #expect(share(samples: 3_000) == "> 99 %")
    }

    @Test func memoryGrowsOnlyWhereItDoes() throws {
        var report = try #require(StalledService.model().allocations)
        func sentence(_ megabytes: [UInt64]) -> String? {
            report.heap = megabytes.enumerated().map {
                HeapPoint(
                    seconds: Double($0.offset + 1), residentBytes: $0.element << 20, allocationsPerSecond: 1,
                    bytesPerSecond: 1, blocksKept: 10)
            }
            return AllocationText.memory(report)
        }
        #expect(
            sentence([100, 110, 120])
                == "Resident memory grew from 100 MiB to 120 MiB, by 10.0 MiB/s; 20 more blocks allocated than freed.")
        #expect(sentence([100, 130, 104]) == "Resident memory stayed at 104 MiB.")
        #expect(sentence([100, 90]) == "Resident memory shrank from 100 MiB to 90.0 MiB.")
        #expect(sentence([0, 100, 0]) == nil)
        #expect(sentence([]) == nil)
    }

    @Test func longRecordingsHaveFewRows() {
        let heap = (1...1_001).map {
            HeapPoint(
                seconds: Double($0), residentBytes: UInt64($0), allocationsPerSecond: $0 <= 51 ? 2 : 3,
                bytesPerSecond: 4, blocksKept: -1)
        }
        let rows = HeapTable.merged(heap)
        #expect(rows.count == 20)
        #expect(rows.last?.seconds == 1_001)
        #expect(rows.last?.residentBytes == 1_001)
        #expect(rows.first?.allocationsPerSecond == 2)
        #expect(rows.reduce(0) { $0 + $1.blocksKept } == -1_001)
        #expect(HeapTable.merged(Array(heap.prefix(20))).count == 20)
    }

    /// A file can say anything, and generic types have names that are wider than a terminal.
    @Test(arguments: [60, 80, 140]) func anyFiguresAndNamesFit(width: Int) throws {
        var model = StalledService.model()
        var report = try #require(model.allocations)
        let name = String(repeating: "Wide<Nested", count: 12) + ".call(_:)"
        let (most, mostBytes) = (UInt64(UInt32.max), UInt64(POLLSCOPE_ALLOCATED_BYTES_MAX))  // of a poll
        let counts = AllocationCounts(allocations: .max, bytes: .max, frees: .max)
        (report.process, report.inPolls) = (counts, counts)
        for index in report.sites.indices {
            report.sites[index].allocations = CountSummary(total: .max, p50: most, p99: most, max: most)
            report.sites[index].bytes = CountSummary(total: .max, p50: mostBytes, p99: mostBytes, max: mostBytes)
            report.sites[index].frees = .max
        }
        for index in report.places.indices {
            report.places[index].place.function = name
            report.places[index].place.file = index == 0 ? "/src/\(name).swift" : nil
            report.places[index].module = name
            report.places[index].types = report.types
        }
        for index in report.types.indices { report.types[index].name = name }
        report.heap = [
            HeapPoint(
                seconds: 1e19, residentBytes: .max, allocationsPerSecond: 1e300, bytesPerSecond: .infinity,
                blocksKept: .min),
            HeapPoint(
                seconds: .nan, residentBytes: 1, allocationsPerSecond: .nan, bytesPerSecond: -1, blocksKept: .max),
        ]
        (report.samples, report.recordsLost, report.recordsDropped) = (.max, .max, .max)
        for value in [0, 1e-300, 0.5, 1, 1e300, .infinity, .nan, -1] as [Double] {
            for error in [0, 1e-300, 0.4, 1e300, .infinity, .nan] as [Double] {
                let estimate = Estimate(value: value, standardError: error, samples: 3)
                report.allocatorShare = estimate
                report.fate = AllocationFate(
                    samePoll: estimate, sameTask: estimate, elsewhere: estimate, kept: estimate)
                for index in report.places.indices {
                    (report.places[index].bytes, report.places[index].count) = (estimate, estimate)
                    report.places[index].garbage = estimate
                    report.places[index].share = estimate
                }
                for index in report.types.indices {
                    (report.types[index].bytes, report.types[index].count) = (estimate, estimate)
                }
                for index in report.sites.indices {
                    (report.sites[index].garbage, report.sites[index].allocatorShare) = (estimate, estimate)
                    report.sites[index].share = min(1, value)
                }
                model.allocations = report
                let text = TextReport(width: width)
                let page = try #require(text.text(of: model, sites: SitePattern("shop")))
                for text in [text.text(of: model), text.textOfAllocations(in: model), page] {
                    for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
                }
            }
        }
    }

    @Test func namesOfTypesCannotMoveTheCursor() {
        var model = StalledService.model()
        model.allocations?.types[0].name = "evil\u{1B}[2J"
        model.allocations?.places[0].types[0].name = "evil\u{1B}[2J"
        model.allocations?.samplesMissing = "evil\u{1B}[2J"
        #expect(!TextReport().textOfAllocations(in: model).contains("\u{1B}"))
        #expect(!TextReport().text(of: model).contains("\u{1B}"))
    }
}
