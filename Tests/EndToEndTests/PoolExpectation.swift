// What a program with known pools says that must be found of them.

import Analysis
import Foundation
import Testing

struct PoolExpectation: Sendable {
    var figures: [(pool: String, figure: String, number: Int, isExact: Bool)] = []
    /// `wait` or `hold`, pool, figure, seconds.
    var durations: [(kind: String, pool: String, figure: String, seconds: ClosedRange<Double>)] = []
    var refused: UInt64 = 0

    init(_ output: String) throws {
        for line in output.split(separator: "\n") {
            let word = String(line.prefix { $0 != " " })
            let fields = line.dropFirst(word.count + 1).components(separatedBy: " | ")
            switch word {
            case "pool", "pool-most":
                figures.append((fields[0], fields[1], try #require(Int(fields[2])), word == "pool"))
            case "pool-wait", "pool-hold":
                durations.append((word, fields[0], fields[1], try Expectation.seconds(fields[1...])))
            case "count" where fields[0] == "poolsRefused": refused = try #require(UInt64(fields[1]))
            default: continue
            }
        }
    }

    func expect(in model: ReportModel, sourceLocation: SourceLocation = #_sourceLocation) {
        for (name, figure, number, isExact) in figures {
            guard let pool = model.pools.first(where: { $0.name == name }) else {
                Issue.record("no pool \(name) in \(model.pools.map(\.name))", sourceLocation: sourceLocation)
                continue
            }
            let found = pool.figure(figure) ?? -1
            #expect(
                isExact ? found == number : (1...number).contains(found), "\(figure) of \(name): \(pool)",
                sourceLocation: sourceLocation)
        }
        for (kind, name, figure, seconds) in durations {
            let pool = model.pools.first { $0.name == name }
            let found = (kind == "pool-wait" ? pool?.waitSeconds : pool?.holdSeconds)?.figure(figure) ?? -1
            #expect(
                Expectation.withGrain(seconds, isQuantile: figure.hasPrefix("p")).contains(found),
                "\(kind), \(figure) of \(name): \(seconds) s expected, \(found) found", sourceLocation: sourceLocation)
        }
        #expect(model.poolsRefused == refused, sourceLocation: sourceLocation)
    }
}

extension PoolReport {
    func figure(_ name: String) -> Int? {
        switch name {
        case "capacity": capacity ?? 0
        case "isOpen": isOpen ? 1 : 0
        case "asked": Int(asked)
        case "acquired": Int(acquired)
        case "failed": Int(failed)
        case "timedOut": Int(timedOut)
        case "cancelled": Int(cancelled)
        case "released": Int(released)
        case "releasedTwice": Int(releasedTwice)
        case "dropped": Int(dropped)
        case "askedAfterClose": Int(askedAfterClose)
        case "connectionsOpened": Int(connectionsOpened)
        case "connectionsClosed": Int(connectionsClosed)
        case "inUse": Int(inUse)
        case "waiting": Int(waiting)
        case "inUsePeak": inUsePeak
        case "waitingPeak": waitingPeak
        default: nil
        }
    }
}
