// The program: a collector, the server in front of it, and what the system asks of both, from start to stop.

import Collecting
import Dispatch
import Exporting
import Foundation
import Glibc
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import RemoteWriting
import ServiceLifecycle
import UnixSignals

public struct CollectorServer: Sendable {
    /// What could be asked for at a time. Prometheus takes one connection; who needs more than these waits in the
    /// kernel's queue until one is closed.
    static let connectionsMax = 64

    let plan: ServePlan
    let source: any CollectorSource
    let log: NoticeLog
    var limits = ConnectionLimits()
    /// Called with the port when it listens, for tests.
    var whenListening: @Sendable (Int) -> Void = { _ in }
    /// Returns when it is to stop without a signal, for tests.
    var untilStopped: (@Sendable () async -> Void)?

    public init(_ plan: ServePlan, source: any CollectorSource, log: NoticeLog) {
        self.plan = plan
        self.source = source
        self.log = log
    }

    /// Runs until SIGTERM or SIGINT. What was begun is ended when it returns.
    public func run() async throws(ServeError) {
        let manager = ServiceManager(environment: ProcessInfo.processInfo.environment)
        try plan.makeFolders()
        try SocketFile.clear(plan.settings.listen)
        let writer = try remoteWriter()

        let token = CurrentToken(plan.token)
        let identity = plan.identity.map(CurrentIdentity.init)
        let scrapes = ScrapeDesk { [source] in source.metrics() + (writer?.metrics() ?? []) }
        let pages = Pages(source: source, token: token, scrapes: scrapes)
        var services: [any Service] = [
            Attendant(source: source, writer: writer, manager: manager, log: log),
            Signals(
                plan: plan, source: source, token: token, identity: identity, log: log),
        ]
        if let writer { services.append(Sender(writer: writer, scrapes: scrapes)) }
        do {
            services.append(try application(pages, identity, manager))
        } catch {
            throw ServeError(.unavailable, "TLS cannot be set up: \("\(error)".printable)")
        }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: log.logger)
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        let group = ServiceGroup(configuration: configuration)
        let stopping = untilStopped.map { untilStopped in
            Task {
                await untilStopped()
                await group.triggerGracefulShutdown()
            }
        }
        defer { stopping?.cancel() }
        var failure: (any Error)?
        do { try await group.run() } catch { failure = error }

        manager?.tell("STOPPING=1")
        await blocking { source.stop() }
        for notice in source.takeNotices() { log.say(notice) }
        SocketFile.remove(plan.settings.listen)
        if let failure { throw explained(failure) }
    }

    private func remoteWriter() throws(ServeError) -> RemoteWriter? {
        guard let settings = plan.remoteWriting else { return nil }
        do {
            return try RemoteWriter(settings)
        } catch {
            let origin = plan.settings.origins[.remoteWriteURL] ?? .option
            throw origin.error(.remoteWriteURL, "\(error)".printable)
        }
    }

    private func application(
        _ pages: Pages, _ identity: CurrentIdentity?, _ manager: ServiceManager?
    ) throws -> some Service {
        let limits = limits
        let plain = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionDeadlines(limits: limits)],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)))
        let builder = try identity.map { try .tls(plain, tlsConfiguration: $0.configuration) } ?? plain
        let address: BindAddress =
            switch plan.settings.listen.place {
            case .port(let host, let port): .hostname(host, port: port)
            case .socket(let path): .unixDomainSocket(path: path)
            }
        return Application(
            responder: pages, server: builder,
            configuration: ApplicationConfiguration(
                address: address, backlog: 128,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionsMax, logger: log.logger)),
            onServerRunning: { channel in await begin(at: channel.localAddress?.port, manager) },
            logger: log.logger)
    }

    /// It listens: now, and not before, is the time to follow sessions, since another collector may be there already.
    private func begin(at port: Int?, _ manager: ServiceManager?) async {
        SocketFile.open(plan.settings.listen)
        await blocking { source.start() }
        var address = plan.settings.listen
        if case .port(let host, _) = address.place { address.place = .port(host: host, port ?? 0) }
        let scheme = plan.identity == nil ? "http" : "https"
        if case .socket = address.place {
            log.say("Listens on \(address).")
        } else {
            log.say("Listens on \(scheme)://\(address)/metrics.")
        }
        manager?.tell("READY=1\nSTATUS=Listens on \(address)")
        whenListening(port ?? 0)
    }

    /// Why it does not listen, and what to do.
    private func explained(_ failure: any Error) -> ServeError {
        let place = plan.settings.listen
        if let failure = failure as? ServiceGroupError {
            return ServeError(.unavailable, "A part of the collector ended on its own: \("\(failure)".printable)")
        }
        guard case .port(let host, let port) = place.place else {
            return ServeError(.unavailable, "The socket \(place) cannot be made: \(reason(of: failure)).")
        }
        switch (failure as? IOError)?.errnoCode {
        case EADDRINUSE:
            return ServeError(
                .unavailable,
                "Port \(port) of \(host) is in use: another collector runs, or another program listens there. End it "
                    + "(ss -ltnp 'sport = :\(port)' shows it), or give another with --listen.")
        case EACCES, EPERM:
            return ServeError(
                .unavailable, "Port \(port) may not be listened on by this user: give one above 1023 with --listen.")
        case EADDRNOTAVAIL:
            return ServeError(
                .unavailable, "\(host) is no address of this machine: give one that `ip address` shows with --listen.")
        default:
            return ServeError(.unavailable, "\(place) cannot be listened on: \(reason(of: failure)).")
        }
    }

    private func reason(of failure: any Error) -> String {
        (failure as? IOError).map { systemReason($0.errnoCode) } ?? "\(failure)".printable
    }
}

/// Does what may block on a thread that may.
func blocking(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
        DispatchQueue(label: "pollscope.blocking").async {
            body()
            continuation.resume()
        }
    }
}

/// Sends the figures to a store until the collector stops.
private struct Sender: Service {
    let writer: RemoteWriter
    let scrapes: ScrapeDesk

    func run() async {
        await cancelWhenGracefulShutdown { await writer.run { [scrapes] in scrapes.allFamilies } }
        // Whatever made it end early: the others go on.
        try? await gracefulShutdown()
    }
}
