// Sends what is due, when it is due, over as many connections as that takes.
//
// Everything happens on one event loop, without a task or a thread a request: the generator shares its
// machine with the service under load, and what it uses, the service has not. A request that is due takes a
// free connection; without one it waits in line while another is opened, up to the limit. Nothing here ever
// holds up the schedule.

import Foundation
import LoadModel
import NIOCore
import NIOHTTP1
import NIOPosix

final class Generator {
    private let plan: Plan
    private let heads: [HTTPRequestHead]
    private let loop: any EventLoop
    private let done: EventLoopPromise<Outcome>

    private var schedule: Schedule?
    private var start = NIODeadline.now()
    private var outcome: Outcome
    /// Sent, or waiting in line.
    private var unanswered = 0
    private var over = false

    private var line = CircularBuffer<Ask>()
    private var open: [ObjectIdentifier: Connection] = [:]
    /// The one used last is used next, which keeps the pool no larger than it must be.
    private var idle: [Connection] = []
    private var dialling = 0
    private var repeating: [RepeatedTask] = []

    static func run(_ plan: Plan, on loop: any EventLoop) -> EventLoopFuture<Outcome> {
        loop.flatSubmit {
            let generator = Generator(plan, on: loop)
            // Its timers and connections keep it alive for as long as it has something to do.
            generator.begin()
            return generator.done.futureResult
        }
    }

    private init(_ plan: Plan, on loop: any EventLoop) {
        self.plan = plan
        self.loop = loop
        done = loop.makePromise()
        heads = plan.routes.map { HTTPRequestHead($0, of: plan.target) }
        let tally = Tally(measured: plan.measured)
        outcome = Outcome(tallies: plan.routes.map { _ in tally }, lateness: [], connections: 0)
        if case .scheduled(let schedule) = plan.pace { self.schedule = schedule }
    }

    // MARK: The run

    /// Time begins with the first connection, so that a service that is not there is an error and not a
    /// figure.
    private func begin() {
        dial { [self] error in
            if let error {
                let unreachable = LoadError(
                    .unreachable, "no service answers at \(plan.target.url) (\(inWords(error)))",
                    remedy: "start it, or correct the port")
                done.fail(unreachable)
                return
            }
            start = .now()
            repeating = [
                every(Self.sweepInterval) { $0.sweep() },
                every(Self.progressInterval) { $0.reportProgress() },
            ]
            at(plan.measured.upperBound) { generator in
                generator.over = true
                generator.finishIfAnswered()
            }
            switch plan.pace {
            case .scheduled: sendDue()
            case .backToBack(let count): for _ in 0..<count { submit(Ask(route: 0, due: elapsed)) }
            }
        }
    }

    private func sendDue() {
        let now = elapsed
        while let arrival = schedule?.next, arrival.due <= now {
            _ = schedule?.removeNext()
            if plan.measured.contains(arrival.due) {
                outcome.lateness.append((now - arrival.due).nanoseconds)
            }
            submit(Ask(route: arrival.route, due: arrival.due))
        }
        if let next = schedule?.next { at(next.due) { $0.sendDue() } }
    }

    private func submit(_ ask: Ask) {
        unanswered += 1
        if let connection = idle.popLast() {
            connection.send(heads[ask.route], for: ask)
        } else {
            line.append(ask)
            growIfShort()
        }
    }

    private func settle(_ ask: Ask, _ failure: Failure?) {
        unanswered -= 1
        if let failure {
            outcome.tallies[ask.route].failed(failure, due: ask.due, at: elapsed)
        } else {
            outcome.tallies[ask.route].answered(due: ask.due, at: elapsed)
        }
        if case .backToBack = plan.pace, !over {
            if failure == nil {
                submit(Ask(route: ask.route, due: elapsed))
            } else {
                // A breath, or a service that refuses everything would be asked in a tight circle.
                at(elapsed + .milliseconds(10)) { generator in
                    guard !generator.over else { return }
                    generator.submit(Ask(route: ask.route, due: generator.elapsed))
                }
            }
        }
        finishIfAnswered()
    }

    private func finishIfAnswered() {
        guard over, unanswered == 0 else { return }
        for task in repeating { task.cancel() }
        repeating = []
        for connection in open.values { connection.close(.disconnected) }
        done.succeed(outcome)
    }

    // MARK: Connections

    private func growIfShort() {
        while dialling < line.count, open.count + dialling < plan.connections {
            dial { [self] error in
                if error != nil, let ask = line.popFirst() { settle(ask, .notConnected) }
            }
        }
    }

    private func dial(_ then: @escaping ((any Error)?) -> Void) {
        dialling += 1
        let owner = NIOLoopBound(self, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.nanoseconds(plan.timeout.nanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(Connection(owner: owner.value))
                }
            }
        bootstrap.connect(host: plan.target.address, port: plan.target.port)
            .flatMapThrowing { channel in
                NIOLoopBound(
                    try channel.pipeline.syncOperations.handler(type: Connection.self),
                    eventLoop: channel.eventLoop)
            }
            .assumeIsolated().whenComplete { [self] result in
                dialling -= 1
                switch result {
                case .success(let connection):
                    outcome.connections += 1
                    open[ObjectIdentifier(connection.value)] = connection.value
                    then(nil)
                    ready(connection.value)
                case .failure(let error):
                    then(error)
                }
            }
    }

    private func ready(_ connection: Connection) {
        if let ask = line.popFirst() {
            connection.send(heads[ask.route], for: ask)
        } else {
            idle.append(connection)
        }
    }

    // MARK: Time

    private static let sweepInterval = Duration.milliseconds(20)
    private static let progressInterval = Duration.seconds(5)

    private var elapsed: Duration {
        .nanoseconds((NIODeadline.now() - start).nanoseconds)
    }

    private func at(_ time: Duration, _ work: @escaping (Generator) -> Void) {
        loop.assumeIsolated().scheduleTask(deadline: start + .nanoseconds(time.nanoseconds)) { [self] in
            work(self)
        }
    }

    private func every(_ interval: Duration, _ work: @escaping (Generator) -> Void) -> RepeatedTask {
        let interval = TimeAmount.nanoseconds(interval.nanoseconds)
        let bound = NIOLoopBound((self, work), eventLoop: loop)
        return loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let (generator, work) = bound.value
            work(generator)
        }
    }

    /// Time-outs, by looking at all requests now and then: a timer a request would cost more than it tells.
    private func sweep() {
        let lost = elapsed - plan.timeout
        for connection in Array(open.values) {
            if let ask = connection.ask, ask.due <= lost { connection.close(.timedOut) }
        }
        while let ask = line.first, ask.due <= lost {
            line.removeFirst()
            settle(ask, .timedOut)
        }
    }

    private func reportProgress() {
        let answers = outcome.tallies.map(\.answers).reduce(0, +)
        let errors = outcome.tallies.map(\.errors).reduce(0, +)
        complain([
            "\(elapsed.components.seconds) s: \(answers) answers, \(unanswered) under way, \(errors) errors"
        ])
    }
}

extension Generator: ConnectionOwner {
    func connection(_ connection: Connection, ended ask: Ask, failure: Failure?, reusable: Bool) {
        // First the connection, then the request: in a closed loop the next one is sent from in there.
        if reusable { ready(connection) }
        settle(ask, failure)
    }

    func connectionClosed(_ connection: Connection) {
        open[ObjectIdentifier(connection)] = nil
        idle.removeAll { $0 === connection }
        growIfShort()
    }
}

extension HTTPRequestHead {
    fileprivate init(_ route: Route, of target: Target) {
        var headers: HTTPHeaders = ["Host": target.authority, "User-Agent": "load", "Accept": "*/*"]
        // Without a length, the body of these would be sent in chunks, though there is none.
        if ["POST", "PUT", "PATCH"].contains(route.method) {
            headers.add(name: "Content-Length", value: "0")
        }
        self.init(
            version: .http1_1, method: HTTPMethod(rawValue: route.method), uri: route.path, headers: headers)
    }
}

/// The kernel's words alone, where they are known: "Connection refused".
private func inWords(_ error: any Error) -> String {
    let attempt = (error as? NIOConnectionError)?.connectionErrors.first?.error
    return (attempt as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
}
