// CPU time that the kernel gave to others, from its account of each thread.

import CPollscopeLayout
import Sessions
import Testing

@testable import Analysis

@Suite struct KernelWaitTests {
    private func thread(_ index: Int, cpu: Double, waited: Double) -> ThreadCPU {
        var thread = Made.cpu(index, name: "t\(index)", seconds: cpu)
        thread.runQueueNanoseconds = UInt64(waited * 1e9)
        return thread
    }

    /// Threads 0 and 1 polled; the others are the process's, too.
    private func kernelWait(_ looks: [[ThreadCPU]]) -> KernelWaitReport? {
        let statuses = looks.enumerated().map { number, threads in
            Made.status(at: Double(number), cpuSeconds: 1 + Double(number), threads: threads)
        }
        let facts = Made.facts(threads: 4, statuses: statuses)
        var analysis = PollAnalysis(calibration: facts.calibration, span: facts.span, spanOfCPU: facts.spanOfCPU)
        analysis.add(chunk: [
            MadeBatch(0, [Made.poll(2_000, 100_000_000)]), MadeBatch(1, [Made.poll(3_000, 100_000_000)]),
        ])
        return ReportModel(facts: facts, analysis: analysis, naming: Made.name).kernelWait
    }

    private func isClose(_ a: Double?, _ b: Double) -> Bool { a.map { abs($0 - b) < 1e-6 } ?? false }

    @Test func itIsToldOfThreadsOfThoseThatPolledAndOfTheProcess() throws {
        let report = try #require(
            kernelWait([
                [thread(0, cpu: 5, waited: 5), thread(1, cpu: 1, waited: 0), thread(2, cpu: 0, waited: 0)],
                [thread(0, cpu: 5.4, waited: 5.1), thread(1, cpu: 1.1, waited: 0.3), thread(2, cpu: 0.5, waited: 0.5)],
                [
                    thread(0, cpu: 5.5, waited: 5.9), thread(1, cpu: 1.3, waited: 0.4),
                    thread(2, cpu: 0.5, waited: 0.5),
                    thread(3, cpu: 0.1, waited: 0.2),
                ],
            ]))
        #expect(isClose(report.pollThreads.runQueueSeconds, 1.3))
        #expect(isClose(report.pollThreads.cpuSeconds, 0.8))
        #expect(isClose(report.pollThreads.share, 1.3 / 2.1))
        #expect(isClose(report.process.runQueueSeconds, 2.0))
        #expect(isClose(report.process.cpuSeconds, 1.4))
        #expect(report.threads.map(\.thread.name) == ["t0", "t1"])
        #expect(isClose(report.threads.first?.wait.share, 0.9 / 1.4))
        let worst = try #require(report.worst)
        #expect(isClose(worst.startSeconds, 1) && isClose(worst.endSeconds, 2))
        #expect(isClose(worst.wait.share, 0.9 / 1.2))
    }

    @Test func aKernelThatDoesNotCountIsNotAnIdleOne() {
        let looks = [[thread(0, cpu: 1, waited: 0)], [thread(0, cpu: 2, waited: 0)]]
        #expect(kernelWait(looks) == nil)
        #expect(kernelWait([[], []]) == nil)
        #expect(kernelWait([[thread(0, cpu: 1, waited: 1)]]) == nil, "of a single look there is no difference")
    }

    @Test func aThreadWithAnOldNumberIsANewOne() throws {
        let report = try #require(
            kernelWait([[thread(0, cpu: 5, waited: 5)], [thread(0, cpu: 0.2, waited: 0.1)]]))
        #expect(isClose(report.pollThreads.cpuSeconds, 0.2))
        #expect(isClose(report.pollThreads.runQueueSeconds, 0.1))
    }

    @Test func whoHardlyRanHasNoWorstTime() throws {
        let report = try #require(
            kernelWait([[thread(0, cpu: 1, waited: 1)], [thread(0, cpu: 1.001, waited: 1.01)]]))
        #expect(report.worst == nil)
        #expect(isClose(report.pollThreads.share, 0.01 / 0.011))
    }

    @Test func timesThatGoBackDoNoHarm() throws {
        var wild = thread(0, cpu: 1, waited: 0)
        (wild.cpuNanoseconds, wild.runQueueNanoseconds) = (.max, .max)
        let report = try #require(kernelWait([[wild], [thread(0, cpu: 1, waited: 0)], [wild], [wild]]))
        #expect(report.pollThreads.share.map { (0...1).contains($0) } == true)
    }
}
