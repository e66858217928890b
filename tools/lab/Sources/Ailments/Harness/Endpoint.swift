// What a service of the lab answers, and how often it is asked.

import LoadModel

struct Endpoint: Sendable {
    /// As in a router: `GET /quote`.
    var name: String
    var perSecond: Double
    var arrivals = ArrivalProcess.poisson
    /// Since the start; none come before.
    var after: Duration
    /// Of the tasks that answer it.
    var priority: TaskPriority?
    /// Where they prefer to run; nil: the runtime's own pool.
    var executor: (any TaskExecutor)?
    var answer: @Sendable () async throws -> Void

    init(
        _ name: String, perSecond: Double, arrivals: ArrivalProcess = .poisson, after: Duration = .zero,
        priority: TaskPriority? = nil, executor: (any TaskExecutor)? = nil,
        answer: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.perSecond = perSecond
        self.arrivals = arrivals
        self.after = after
        self.priority = priority
        self.executor = executor
        self.answer = answer
    }
}
