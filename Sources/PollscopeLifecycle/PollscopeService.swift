// Observation as one of a service's services: the first to start and the last to stop.

import Logging
import Pollscope
import ServiceLifecycle

/// Starts observing this process when it is made, and goes on until it ends.
///
/// Make it before anything else, and put it first in the group, which stops its services in reverse order:
/// ```swift
/// let pollscope = PollscopeService(logger: logger)
/// …
/// let group = ServiceGroup(services: [pollscope, database, server], logger: logger)
/// ```
/// It never takes the group down: it throws nothing, ends only with the group, and where this process cannot be observed,
/// the log says once why not and what can be done about it.
public struct PollscopeService: Service, CustomStringConvertible {
    /// What the group's log calls it.
    public let description = "Pollscope"

    /// Starts observing.
    /// - Parameter logger: Is told, once, if that cannot be.
    public init(logger: Logger = Logger(label: "pollscope")) {
        do {
            try Pollscope.start()
        } catch {
            guard error.code != .alreadyStarted else { return }
            logger.warning(
                "Pollscope does not observe this process: \(error.message)", metadata: ["remedy": "\(error.remedy)"])
        }
    }

    /// Waits until the group shuts down, or its task is cancelled.
    public func run() async {
        try? await gracefulShutdown()
    }
}
