// Made-up allocations for golden files: those of a service that makes too many, and of one that does not.

@testable import Analysis

enum MadeUpAllocations {
    private static let root = "/home/dev/shop/Sources/Shop"

    private static func estimate(_ value: Double, _ error: Double, _ samples: UInt64) -> Estimate {
        Estimate(value: value, standardError: error, samples: samples)
    }

    private static func place(_ function: String, _ file: String?, _ line: Int?) -> CodePlace {
        CodePlace(function: function, awaitPoint: nil, file: file.map { "\(root)/\($0)" }, line: line)
    }

    // MARK: A service with a hot allocator

    /// Of the service with stalls: a site that makes garbage, one that hands over, one that nothing is known of.
    static func ofShop(_ sites: [SiteReport]) -> AllocationReport {
        AllocationReport(
            process: AllocationCounts(allocations: 8_412_377, bytes: 6_120_441_208, frees: 8_290_016),
            processSeconds: 30,
            inPolls: AllocationCounts(allocations: 7_204_918, bytes: 5_511_900_400, frees: 6_911_204),
            sites: sites.compactMap(shop).sorted { $0.bytes.total > $1.bytes.total }, places: shopPlaces,
            stacks: shopStacks,
            types: [
                AllocationType(
                    name: "_ContiguousArrayStorage<Double>", bytes: estimate(3.61e9, 0.05e9, 6_890),
                    count: estimate(1_410_000, 31_000, 6_890)),
                AllocationType(
                    name: "Shop.Quote", bytes: estimate(1.22e9, 0.03e9, 2_330),
                    count: estimate(5_180_000, 110_000, 2_330)),
                AllocationType(
                    name: "__StringStorage", bytes: estimate(96e6, 7e6, 183), count: estimate(402_000, 33_000, 183)),
                AllocationType(
                    name: "Shop.Ledger", bytes: estimate(524_288, 524_000, 1), count: estimate(9_300, 9_300, 1)),
            ],
            objectSamples: 9_445, untypedSamples: 41,
            fate: AllocationFate(
                samePoll: estimate(0.714, 0.006, 10_512), sameTask: estimate(0.052, 0.002, 10_512),
                elsewhere: estimate(0.181, 0.004, 10_512), kept: estimate(0.053, 0.003, 10_512)),
            allocatorShare: estimate(0.236, 0.011, 15_004), timings: 15_004, timingsInterrupted: 7,
            heap: (1...30).map { second in
                HeapPoint(
                    seconds: Double(second), residentBytes: 431_000_000 + UInt64(second) * 6_000_000,
                    allocationsPerSecond: 280_000 + Double(second % 7) * 130, bytesPerSecond: 204e6, blocksKept: 4_078)
            },
            sampleBytes: 524_288, samples: 11_674, samplesUntracked: 12, recordsLost: 0, recordsDropped: 0)
    }

    private static func shop(_ site: SiteReport) -> AllocationSite? {
        let name = SiteName(place: site.place, task: site.task)
        func entry(
            _ blocks: CountSummary, _ bytes: CountSummary, frees: UInt64, share: Double, garbage: Estimate?,
            allocator: Estimate?
        ) -> AllocationSite {
            AllocationSite(
                site: name, kind: site.kind, executor: site.executor, polls: site.polls, allocations: blocks,
                bytes: bytes, frees: frees, share: share, garbage: garbage, allocatorShare: allocator)
        }
        switch site.place.function {
        case "RiskModel.score(_:)":
            return entry(
                CountSummary(total: 6_404_000, p50: 160_100, p99: 160_104, max: 160_104),
                CountSummary(total: 4_610_000_000, p50: 115_250_000, p99: 115_300_000, max: 115_300_064),
                frees: 6_400_311, share: 0.836, garbage: estimate(0.853, 0.004, 8_790),
                allocator: estimate(0.412, 0.019, 11_420))
        case "Ledger.post(_:)":
            return entry(
                CountSummary(total: 720_880, p50: 18_022, p99: 18_022, max: 18_022),
                CountSummary(total: 840_000_000, p50: 21_000_000, p99: 21_000_000, max: 21_000_000), frees: 412_000,
                share: 0.152, garbage: estimate(0.003, 0.002, 1_602), allocator: estimate(0.074, 0.021, 1_290))
        case "Health.check()":
            return entry(
                CountSummary(total: 80_000, p50: 40, p99: 40, max: 40),
                CountSummary(total: 60_800_000, p50: 30_400, p99: 30_400, max: 30_400), frees: 80_000, share: 0.011,
                garbage: estimate(1, 0.008, 118), allocator: estimate(0.03, 0.02, 14))
        case "Fairness.step()":
            return entry(
                CountSummary(total: 38, p50: 4, p99: 4, max: 4),
                CountSummary(total: 1_100_400, p50: 100_032, p99: 200_032, max: 200_032), frees: 2, share: 0.0002,
                garbage: nil, allocator: nil)
        default: return nil
        }
    }

    private static let shopPlaces = [
        AllocationPlace(
            place: place("Valuation.rows(_:)", "Valuation.swift", 77), module: "Shop",
            bytes: estimate(3.58e9, 0.05e9, 6_830), count: estimate(1_380_000, 30_000, 6_830),
            share: estimate(0.585, 0.0062, 1_000),
            garbage: estimate(0.998, 0.001, 6_830),
            types: [
                AllocationType(
                    name: "_ContiguousArrayStorage<Double>", bytes: estimate(3.5e9, 0.05e9, 6_680),
                    count: estimate(1_300_000, 30_000, 6_680))
            ]),
        AllocationPlace(
            place: place("closure 2 in RiskModel.score(_:)", "Risk.swift", 63), module: "Shop",
            bytes: estimate(1.21e9, 0.03e9, 2_310), count: estimate(5_130_000, 110_000, 2_310),
            share: estimate(0.198, 0.0047, 1_000),
            garbage: estimate(0.52, 0.012, 2_310),
            types: ["Shop.Quote", "__StringStorage", "async frames", "task"].map {
                AllocationType(name: $0, bytes: estimate(3e8, 1e7, 570), count: estimate(1e6, 1e5, 570))
            }),
        AllocationPlace(
            place: place("Ledger.append(_:)", "Ledger.swift", 91), module: "Shop",
            bytes: estimate(812e6, 21e6, 1_549), count: estimate(690_000, 18_400, 1_549),
            share: estimate(0.133, 0.0034, 1_000),
            garbage: estimate(0, 0.0006, 1_549), types: []),
        AllocationPlace(
            place: CodePlace(function: "ByteBufferAllocator.buffer(capacity:)", awaitPoint: nil, file: nil, line: nil),
            module: "NIOCore", bytes: estimate(504e6, 16e6, 961), count: estimate(31_000, 1_010, 961),
            share: estimate(0.082, 0.0026, 1_000),
            garbage: nil, types: []),
        AllocationPlace(
            place: place("Index.load()", "Index.swift", 8), module: "Shop", bytes: estimate(524_290, 524_280, 1),
            count: estimate(9_300, 9_300, 1), share: estimate(0.0001, 0.0001, 1_000), garbage: nil, types: []),
    ]

    private static func node(
        _ place: CodePlace, _ bytes: Double, _ count: Double, _ samples: UInt64, isFolded: Bool = false,
        _ children: [AllocationNode] = []
    ) -> AllocationNode {
        AllocationNode(
            place: place, module: "Shop", bytes: bytes, count: count, samples: samples, isFolded: isFolded,
            children: children)
    }

    private static let shopStacks = [
        node(
            place("RiskModel.score(_:)", "Risk.swift", 61), 4.79e9, 6_510_000, 9_140,
            [
                node(
                    place("Valuation.rows(_:)", "Valuation.swift", 77), 3.58e9, 1_380_000, 6_830,
                    [
                        node(
                            CodePlace(
                                function: "Array.append(_:)", awaitPoint: nil, file: nil, line: nil), 3.5e9,
                            1_300_000, 6_680, isFolded: true)
                    ]),
                node(place("closure 2 in RiskModel.score(_:)", "Risk.swift", 63), 1.21e9, 5_130_000, 2_310),
            ]),
        node(
            place("Ledger.post(_:)", "Ledger.swift", 40), 812e6, 690_000, 1_549,
            [node(place("Ledger.append(_:)", "Ledger.swift", 91), 812e6, 690_000, 1_549)]),
        node(
            CodePlace(function: "ServerChildChannel.read(context:)", awaitPoint: nil, file: nil, line: nil), 504e6,
            31_000, 961, isFolded: true),
        node(place("Index.load()", "Index.swift", 8), 524_290, 9_300, 1),
    ]

    // MARK: A service whose allocator is no matter

    /// Of the quotes: few samples.
    static func ofQuotes(_ sites: [SiteReport]) -> AllocationReport {
        AllocationReport(
            process: AllocationCounts(allocations: 812_004, bytes: 98_804_112, frees: 811_977), processSeconds: 30,
            inPolls: AllocationCounts(allocations: 322_000, bytes: 41_216_000, frees: 322_000),
            sites: sites.filter { $0.place.function.hasPrefix("QuoteController") && $0.kind == .task }.map { site in
                AllocationSite(
                    site: SiteName(place: site.place, task: site.task), kind: site.kind, executor: site.executor,
                    polls: site.polls, allocations: CountSummary(total: 322_000, p50: 11, p99: 14, max: 96),
                    bytes: CountSummary(total: 41_216_000, p50: 1_408, p99: 1_792, max: 12_288), frees: 322_000,
                    share: 1,
                    garbage: nil, allocatorShare: estimate(0.03, 0.004, 644))
            },
            places: [
                AllocationPlace(
                    place: place("Quote.encode(to:)", "Quote.swift", 30), module: "Quotes",
                    bytes: estimate(31e6, 5e6, 39), count: estimate(121_000, 20_000, 39),
                    share: estimate(0.76, 0.05, 1_000),
                    garbage: estimate(0.97, 0.03, 39), types: []),
                AllocationPlace(
                    place: place("Trace.note(_:)", "Trace.swift", 12), module: "Quotes",
                    bytes: estimate(1.57e6, 0.9e6, 3), count: estimate(6_000, 3_500, 3),
                    share: estimate(0.04, 0.024, 1_000), garbage: nil,
                    types: []),
            ],
            stacks: [], types: [], objectSamples: 0, untypedSamples: 0, fate: nil,
            allocatorShare: estimate(0.0124, 0.0011, 1_620), timings: 1_620, timingsInterrupted: 0,
            heap: [15.0, 30.0].map {
                HeapPoint(
                    seconds: $0, residentBytes: 41_900_000, allocationsPerSecond: 27_000, bytesPerSecond: 3.3e6,
                    blocksKept: 20)
            },
            sampleBytes: 524_288, samples: 51, samplesUntracked: 0, recordsLost: 0, recordsDropped: 0)
    }
}

extension AllocationReport {
    /// As it is of a service that counts only.
    mutating func withoutSamples(_ reason: String) {
        samplesMissing = reason
        (places, stacks, types, fate, allocatorShare) = ([], [], [], nil, nil)
        (sampleBytes, samples, objectSamples, untypedSamples, timings, timingsInterrupted) = (0, 0, 0, 0, 0, 0)
        for index in sites.indices { (sites[index].garbage, sites[index].allocatorShare) = (nil, nil) }
    }
}
