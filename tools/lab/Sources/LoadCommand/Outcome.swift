// What a run came to.

import LoadModel

struct Outcome: Sendable {
    /// One a route, in the plan's order.
    var tallies: [Tally]
    /// How long after they were due the generator got to its requests. Part of the latencies; when it is not
    /// small beside them, the generator and not the service was measured.
    var lateness: [Int64]
    var connections: Int

    func summary(of plan: Plan) -> Summary {
        Summary(
            zip(plan.routes, tallies).map { (name: $0.name, tally: $1) },
            duration: plan.measured.upperBound - plan.measured.lowerBound)
    }

    /// For standard error, beside the figures.
    func remarks(on plan: Plan) -> [String] {
        var remarks = ["\(connections) connections opened"]
        if let late = Quantiles(lateness).quantile(0.99) {
            remarks[0] += "; 99 % of requests were sent within \(late.inMilliseconds) of the schedule"
        }
        for (route, tally) in zip(plan.routes, tallies) {
            for failure in Failure.allCases {
                guard let count = tally.failures[failure] else { continue }
                remarks.append("\(route.name): \(count) \(failure.rawValue)")
            }
        }
        return remarks
    }

    func requireAnswers() throws(LoadError) {
        guard tallies.allSatisfy({ $0.answers == 0 }) else { return }
        throw LoadError(
            .noAnswers, "not one good answer",
            remedy: "check that the service runs and knows these routes; curl -i shows what it says")
    }
}
