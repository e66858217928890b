// Random schedules: the paths that the analysis finds are those that a simulation made, however the recording was cut
// into chunks.

import Testing

@testable import Analysis

@Suite("Simulated requests")
struct RequestSimulationTests {
    @Test("paths are those that were made", arguments: 0..<200)
    func paths(seed: Int) {
        var simulation = SimulatedRequests(seed: UInt64(seed))
        for request in 0..<6 { simulation.request(at: 20 + Double(request * 37)) }
        var random = SplitMix(state: UInt64(seed) + 1_000)
        let flushes = (0..<Int(random.next() % 8)).map { _ in
            Double(random.next() % UInt64(simulation.end + 1))
        }.sorted()
        let results = simulation.made.results(flushes: flushes)
        #expect(results.counts.withoutAnatomy == 0)
        #expect(results.counts.unbalanced == 0)
        for (name, expected) in simulation.expected {
            let kind: RequestKind = results.figures(of: name) != nil ? .endpoint : .part
            let found = results.anatomy(of: name, kind)
            var known: [AnatomyPart: Double] = [:]
            for part in AnatomyPart.allCases where expected[part.index] > 0 { known[part] = expected[part.index] }
            #expect(found == known, "request \(name) of seed \(seed), flushed at \(flushes)")
        }
    }
}
