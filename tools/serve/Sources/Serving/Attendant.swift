// Looks after the collector while it runs: says what it notices, and tells systemd that it lives.

import RemoteWriting
import ServiceLifecycle

struct Attendant: Service {
    let source: any CollectorSource
    let writer: RemoteWriter?
    let manager: ServiceManager?
    let log: NoticeLog

    func run() async throws {
        // Twice as often as systemd wants to hear: a tick can be late.
        let interval = manager?.watchdog.map { min($0 / 2, .seconds(1)) } ?? .seconds(1)
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                for notice in source.takeNotices() + (writer?.takeNotices() ?? []) { log.say(notice) }
                if let manager, manager.watchdog != nil, source.health().isHealthy { manager.tell("WATCHDOG=1") }
                try await Task.sleep(for: interval)
            }
        }
    }
}
