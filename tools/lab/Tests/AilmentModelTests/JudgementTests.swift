// What is found is judged by what is planted: kind, function, file and line of the first finding, and no other.

import AilmentModel
import Foundation
import Testing

@Suite struct JudgementTests {
    private let expectation = Expectation(
        name: "cpu-loop", kind: "long-poll", functions: ["RiskModel.score(_:)"], file: "Risk.swift")
    private let planted = ["Risk.swift": PlantedLines(ranges: [10...20, 40...50])]

    private func finding(
        _ kind: String = "long-poll", _ severity: String = "critical", function: String? = "RiskModel.score(_:)",
        file: String? = "Risk.swift", line: Int? = 45
    ) -> ReportedFinding {
        ReportedFinding(kind: kind, severity: severity, site: .init(function: function, file: file, line: line))
    }

    @Test func theRightFindingIsOk() {
        #expect(expectation.judge([finding()], planted: planted) == .ok)
        #expect(
            expectation.judge([finding(file: "/src/Sources/Service/Risk.swift", line: 10)], planted: planted) == .ok)
    }

    @Test func informationDoesNotCount() {
        #expect(expectation.judge([finding("starvation", "info"), finding()], planted: planted) == .ok)
        #expect(expectation.judge([finding("long-poll", "info")], planted: planted) == .missed)
    }

    @Test func nothingFoundIsMissed() {
        #expect(expectation.judge([], planted: planted) == .missed)
    }

    @Test func everyDifferenceIsWrong() {
        let different = [
            finding("blocking-call"), finding(function: "Quotes.price(of:)"), finding(function: nil),
            finding(file: "Quotes.swift"), finding(file: nil), finding(line: 30), finding(line: nil),
            ReportedFinding(kind: "long-poll", severity: "warning"),
        ]
        for finding in different {
            #expect(expectation.judge([finding], planted: planted).word == "WRONG", "\(finding)")
        }
    }

    @Test func theFirstFindingCounts() {
        let judgement = expectation.judge([finding("starvation"), finding()], planted: planted)
        #expect(judgement.word == "WRONG")
    }

    @Test func otherFindingsHaveToBeAllowed() {
        let found = [finding(), finding("thread-churn", "warning")]
        #expect(expectation.judge(found, planted: planted).word == "WRONG")
        var lenient = expectation
        lenient.alsoAllowed = [.init(kind: "thread-churn", because: "the pool grows while it is blocked")]
        #expect(lenient.judge(found, planted: planted) == .ok)
        // What is allowed is not enough by itself.
        #expect(lenient.judge([finding("thread-churn")], planted: planted).word == "WRONG")
    }

    @Test func whatTheSurroundingsBringDoesNotCountUnlessItIsPlanted() {
        let contention = finding("kernel-contention")
        #expect(expectation.judge([contention, finding()], planted: planted, ignoring: ["kernel-contention"]) == .ok)
        #expect(expectation.judge([contention], planted: planted, ignoring: ["kernel-contention"]) == .missed)
        let stolen = Expectation(name: "stolen-cpu", kind: "kernel-contention")
        #expect(stolen.judge([contention], planted: [:], ignoring: ["kernel-contention"]) == .ok)
    }

    @Test func theSameKindElsewhereIsAnotherFinding() {
        #expect(expectation.judge([finding(), finding(line: 99)], planted: planted).word == "WRONG")
    }

    @Test func aHealthyServiceHasNoSeriousFinding() {
        let healthy = Expectation(name: "healthy-idle", kind: Expectation.healthy)
        #expect(healthy.judge([], planted: [:]) == .ok)
        #expect(healthy.judge([finding("pool-too-large", "info")], planted: [:]) == .ok)
        #expect(healthy.judge([finding("pool-too-large", "warning")], planted: [:]) == .falseAlarm)
    }

    @Test func bothOfTwoAilmentsAreToBeFoundInEitherOrder() {
        let two = Expectation(name: "two", kinds: ["long-poll", "blocking-call"])
        #expect(two.judge([finding(), finding("blocking-call")], planted: [:]) == .ok)
        #expect(two.judge([finding("blocking-call"), finding()], planted: [:]) == .ok)
        #expect(two.judge([finding()], planted: [:]).word == "WRONG")
    }

    @Test func aKindWithoutALineIsJudgedByItsSubject() {
        let pool = Expectation(name: "pool", kind: "pool-too-small", subject: "invoices")
        var found = ReportedFinding(kind: "pool-too-small", severity: "warning", subject: "pool \"invoices\"")
        #expect(pool.judge([found], planted: [:]) == .ok)
        found.subject = "pool \"sessions\""
        #expect(pool.judge([found], planted: [:]).word == "WRONG")
    }
}
