// Services in a group: Pollscope's first. The group ends as it would without it.

import Logging
import Pollscope
import PollscopeLifecycle
import ServiceLifecycle

/// Works a little, and waits for the end.
private struct WorkingService: Service {
    func run() async throws {
        for _ in 0..<20 { await Pollscope.request("work") { await Task.yield() } }
        try await gracefulShutdown()
        await Pollscope.request("clean up") { await Task.yield() }
    }
}

/// Shuts the group down from within.
private struct EndingService: Service {
    let end: @Sendable () async -> Void
    func run() async throws {
        await end()
        try await gracefulShutdown()
    }
}

private func group(_ logger: Logger) -> ServiceGroup {
    ServiceGroup(services: [PollscopeService(logger: logger), WorkingService()], logger: logger)
}

@Sendable func lifecycle() async {
    var logger = Logger(label: "service") { StreamLogHandler.standardOutput(label: $0) }
    logger.logLevel = .warning
    let group = group(logger)
    let end = EndingService { await group.triggerGracefulShutdown() }
    await group.addServiceUnlessShutdown(end)
    do {
        try await group.run()
        print("the group ended")
    } catch {
        print("the group failed: \(error)")
    }
    expectRequests("work", "endpoint", count: 20)
    expectRequests("clean up", "endpoint", count: 1)
}

/// The task of the group is cancelled: nobody waits for ever.
@Sendable func lifecycleCancelled() async {
    var logger = Logger(label: "service") { StreamLogHandler.standardOutput(label: $0) }
    logger.logLevel = .error
    let service = PollscopeService(logger: logger)
    let task = Task { await service.run() }
    task.cancel()
    await task.value
    print("the service ended")
}
