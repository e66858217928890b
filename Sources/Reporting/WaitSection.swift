// How long jobs wait, executor by executor: those that keep them waiting, and the pool that runs most of them.

import Analysis

struct WaitSection {
    /// Executors that are neither the global pool nor the main actor, actors, and event loops: the worst of each.
    private static let shown = 2

    func append(_ model: ReportModel, to page: inout Page) {
        let limit = model.thresholds.longWait.value
        var others = 0
        // The runtime's own first: nearly everything runs on them.
        let own = model.executors.filter { $0.kind == .global || $0.kind == .main }
        let rest = model.executors.filter { $0.kind != .global && $0.kind != .main }
        for executor in own + rest where executor.waitHistogram.count > 0 {
            switch executor.kind {
            case .global, .main: append(executor, model, &page)
            case .actors:
                if model.actors.types.isEmpty, executor.waitSeconds.p99 >= limit { append(executor, model, &page) }
            case .serial, .task, .queue, .eventLoop, .other:
                guard executor.waitSeconds.p99 >= limit, others < Self.shown else { continue }
                append(executor, model, &page)
                others += 1
            }
        }
        let actors = model.actors.actors.filter { $0.held.waitSeconds.p99 >= limit }
            .sorted { $0.held.waitSeconds.totalSeconds > $1.held.waitSeconds.totalSeconds }
        for actor in actors.prefix(Self.shown) { append(actor, of: model, &page) }
        let loops = model.eventLoops.filter { $0.arrivalWaitSeconds.p99 >= limit }
            .sorted { $0.arrivalWaitSeconds.p99 > $1.arrivalWaitSeconds.p99 }
        for loop in loops.prefix(Self.shown) { append(loop, &page) }
    }

    private func append(_ executor: ExecutorReport, _ model: ReportModel, _ page: inout Page) {
        let wait = executor.waitSeconds
        page.section(
            "WAIT",
            "for the \(executor.name.printable): P50 \(Quantity.duration(wait.p50)), "
                + "P99 \(Quantity.duration(wait.p99)), longest \(Quantity.duration(wait.max))")
        guard wait.p99 >= model.thresholds.longWait.value else { return }
        // Sites on actors are kept by the actors' types.
        let sites = model.sites.filter {
            $0.kind != .turn
                && ($0.executor == executor.name || executor.kind == .actors && $0.executorKind == .actors)
        }
        guard let most = sites.max(by: { $0.waitSeconds.totalSeconds < $1.waitSeconds.totalSeconds }),
            most.waitSeconds.totalSeconds > 0
        else { return }
        page.place(most.place)
        page.sentence(
            "waited most: \(Quantity.duration(most.waitSeconds.totalSeconds)) of "
                + "\(Quantity.duration(wait.totalSeconds)) in all, P99 \(Quantity.duration(most.waitSeconds.p99))"
                + most.place.task(most.task), indent: 6)
    }

    private func append(_ actor: ActorReport, of model: ReportModel, _ page: inout Page) {
        let wait = actor.held.waitSeconds
        let instances = model.actors.types.first { $0.type == actor.type }?.instances ?? 1
        page.section(
            "WAIT",
            "for the actor \(actor.type.printable)\(instances > 1 ? " #\(actor.instance)" : ""): "
                + "P50 \(Quantity.duration(wait.p50)), P99 \(Quantity.duration(wait.p99)), longest "
                + "\(Quantity.duration(wait.max)); held \(Quantity.share(actor.utilisation)) of the time")
        guard let most = actor.sites.first else { return }
        page.place(most.site.place)
        page.sentence(
            "held it most: \(Quantity.share(most.heldShare)) of the time held" + most.site.place.task(most.site.task),
            indent: 6)
    }

    private func append(_ loop: EventLoopReport, _ page: inout Page) {
        let wait = loop.arrivalWaitSeconds
        page.section(
            "WAIT",
            "for the \(loop.name.printable), from a random moment on: P50 \(Quantity.duration(wait.p50)), "
                + "P99 \(Quantity.duration(wait.p99)), longest \(Quantity.duration(wait.max)); busy "
                + "\(Quantity.share(loop.busyShare)) of the time")
    }
}

extension CodePlace {
    /// `; task main()`, unless it says nothing new.
    func task(_ task: String) -> String {
        task.isEmpty || task == function ? "" : "; task \(task.printable.shortened(to: 60))"
    }
}
