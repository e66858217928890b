// All figures as metrics: names by the conventions of Prometheus, base units, labels of a bounded number of values.

import Analysis
import Exporting
import Glibc
import Sessions

extension CollectorBoard {
    func metrics() -> [MetricFamily] {
        let (services, sessions, collector) = withState { ($0.services, $0.sessions, $0.collector) }
        var book = MetricBook()
        for (name, service) in services.sorted(by: { $0.key < $1.key }) { book.add(service, called: name) }
        book.add(
            collector, sessions: sessions.values.map(\.state), services: services.values.map(\.refused), since: started)
        return book.families
    }
}

/// Families in the order in which they were first written to.
private struct MetricBook {
    private(set) var families: [MetricFamily] = []
    private var places: [String: Int] = [:]

    private mutating func add(
        _ name: String, _ kind: MetricFamily.Kind, unit: String? = nil, _ help: String, _ sample: MetricSample
    ) {
        let place: Int
        if let known = places[name] {
            place = known
        } else {
            place = families.count
            places[name] = place
            families.append(MetricFamily(name, kind, unit: unit, help: help))
        }
        families[place].samples.append(sample)
    }

    mutating func counter(
        _ name: String, unit: String? = nil, _ help: String, _ labels: [MetricLabel], _ value: Double,
        since: Double? = nil
    ) {
        add(name, .counter, unit: unit, help, MetricSample(labels, .number(value), created: since))
    }

    mutating func gauge(
        _ name: String, unit: String? = nil, _ help: String, _ labels: [MetricLabel], _ value: Double
    ) {
        add(name, .gauge, unit: unit, help, MetricSample(labels, .number(value)))
    }

    mutating func histogram(
        _ name: String, _ help: String, _ labels: [MetricLabel], _ value: Histogram,
        exemplars: [Int: MetricExemplar] = [:], since: Double? = nil
    ) {
        let ordered = exemplars.sorted { $0.key < $1.key }.map(\.value)
        add(
            name, .histogram, unit: "seconds", help,
            MetricSample(labels, .histogram(value, exemplars: ordered), created: since))
    }
}

// MARK: A service

extension MetricBook {
    mutating func add(_ service: ServiceFigures, called name: String) {
        let of = [MetricLabel("service", name)]
        addProcesses(service, of)
        addExecutors(service, of)
        addStarvation(service, of)
        addSites(service, of)
        addCalls(service, of)
        addRequests(service, of)
        addPools(service, of)
        addDiagnoses(service, of)
        addRecordings(service, of)
    }

    private mutating func addProcesses(_ service: ServiceFigures, _ of: [MetricLabel]) {
        let identity = service.identity
        gauge(
            "pollscope_service_info", "What is known of a service.",
            of + [
                MetricLabel("namespace", identity.namespace), MetricLabel("version", identity.version),
                MetricLabel("environment", identity.environment), MetricLabel("program", identity.program),
            ], 1)
        gauge(
            "pollscope_sessions", "Processes of the service that are followed.", of + [MetricLabel("state", "alive")],
            Double(service.now.count))
        for ending in SessionEnding.allCases {
            counter(
                "pollscope_sessions_ended", "Processes that ended, by how.", of + [MetricLabel("how", ending.rawValue)],
                Double(service.endings[ending] ?? 0), since: service.created)
        }
        let process = service.process
        let since = service.created
        counter(
            "pollscope_process_cpu_seconds", unit: "seconds", "CPU time of the processes.", of, process.cpuSeconds,
            since: since)
        let now = service.now.values
        gauge(
            "pollscope_process_resident_bytes", unit: "bytes", "Resident memory of the processes.", of,
            now.reduce(0) { $0 + Double($1.residentBytes) })
        counter(
            "pollscope_threads_created", "Threads that were started.", of, Double(process.threadsCreated), since: since)
        counter("pollscope_tasks_created", "Tasks that were made.", of, Double(process.tasksCreated), since: since)
        gauge("pollscope_tasks_live", "Tasks that have not ended.", of, now.reduce(0) { $0 + Double($1.tasksLive) })
        counter("pollscope_allocations", "Blocks that were asked for.", of, Double(process.allocations), since: since)
        counter(
            "pollscope_allocated_bytes", unit: "bytes", "Bytes that were asked for.", of,
            Double(process.allocatedBytes),
            since: since)
        counter("pollscope_frees", "Blocks that were given back.", of, Double(process.frees), since: since)
        counter(
            "pollscope_hangs", "Polls that went on for a second and more.", of, Double(service.hangs), since: since)
        gauge(
            "pollscope_hanging_polls", "Polls that have run for a second and more.", of,
            now.reduce(0) { $0 + Double($1.hangingPolls) })
        for (kind, lost) in [
            ("poll", service.losses.polls), ("evidence", service.losses.evidence), ("event", service.losses.events),
            ("allocation", service.losses.allocations),
        ] {
            counter(
                "pollscope_records_lost", "Records that were overwritten before they were read.",
                of + [MetricLabel("kind", kind)], Double(lost), since: since)
        }
    }

    private mutating func addExecutors(_ service: ServiceFigures, _ of: [MetricLabel]) {
        let since = service.created
        for (name, figures) in service.executors.sorted(by: { $0.key < $1.key }) {
            let labels = of + [MetricLabel("executor", name)]
            histogram(
                "pollscope_poll_duration_seconds", "How long polls ran.", labels, figures.duration, since: since)
            histogram(
                "pollscope_queue_wait_seconds", "How long jobs waited for their executor, where it is known.", labels,
                figures.wait, since: since)
            counter(
                "pollscope_poll_blocked_seconds", unit: "seconds", "Time of polls in blocking calls.", labels,
                figures.blockedSeconds, since: since)
            for (severity, count) in [("warning", figures.longPolls), ("critical", figures.criticalPolls)] {
                counter(
                    "pollscope_long_polls",
                    "Polls over the limit of a long poll (warning), and those over 100 ms (critical).",
                    labels + [MetricLabel("severity", severity)], Double(count), since: since)
            }
        }
        var busy: [String: Int] = [:]
        for process in service.now.values { busy.merge(process.busyThreads, uniquingKeysWith: +) }
        for name in Set(service.executors.keys).union(busy.keys).sorted() {
            gauge(
                "pollscope_executor_busy_threads", "Polls that were running at the last look.",
                of + [MetricLabel("executor", name)], Double(busy[name] ?? 0))
        }
    }

    private mutating func addStarvation(_ service: ServiceFigures, _ of: [MetricLabel]) {
        let since = service.created
        let starving = service.now.values.reduce(into: Set<String>()) { $0.formUnion($1.starving) }
        // Of executors that have not starved there are zeros: the first episode is an increase, too.
        for name in Set(service.executors.keys).union(service.starvation.keys).union(starving).sorted() {
            let labels = of + [MetricLabel("executor", name)]
            let figures = service.starvation[name] ?? StarvationFigures()
            gauge(
                "pollscope_starving", "Whether all threads are busy while jobs wait over the limit.", labels,
                starving.contains(name) ? 1 : 0)
            counter(
                "pollscope_starvation_episodes", "Episodes of starvation that have ended.", labels,
                Double(figures.episodes), since: since)
            counter(
                "pollscope_starvation_seconds", unit: "seconds", "Length of these episodes.", labels, figures.seconds,
                since: since)
            counter(
                "pollscope_starvation_victims", "Jobs that waited in them.", labels, Double(figures.victims),
                since: since)
            counter(
                "pollscope_starvation_wait_seconds", unit: "seconds", "How long these jobs waited, all together.",
                labels,
                figures.waitSeconds, since: since)
        }
        for (label, seconds) in service.blamed.sorted(by: { $0.key < $1.key }) {
            counter(
                "pollscope_starvation_blamed_seconds", unit: "seconds",
                "The part of that wait that was charged to the code which had the threads.", of + label.labels, seconds,
                since: since)
        }
    }

    private mutating func addSites(_ service: ServiceFigures, _ of: [MetricLabel]) {
        let since = service.created
        for (label, figures) in service.sites.sorted(by: { $0.key < $1.key }) {
            let labels = of + label.labels
            counter(
                "pollscope_site_polls", "Polls that resumed at a place in the code.", labels, Double(figures.polls),
                since: since)
            counter(
                "pollscope_site_poll_seconds", unit: "seconds", "Time of threads in these polls.", labels,
                figures.seconds, since: since)
            counter(
                "pollscope_site_blocked_seconds", unit: "seconds", "Of that, in blocking calls.", labels,
                figures.blockedSeconds, since: since)
            counter(
                "pollscope_site_queue_wait_seconds", unit: "seconds", "How long their jobs had waited.", labels,
                figures.waitSeconds, since: since)
            counter(
                "pollscope_site_long_polls", "Of these polls, long ones.", labels, Double(figures.longPolls),
                since: since)
            counter(
                "pollscope_site_allocations", "Blocks that they asked for.", labels, Double(figures.allocations),
                since: since)
            counter(
                "pollscope_site_allocated_bytes", unit: "bytes", "Bytes that they asked for.", labels,
                Double(figures.allocatedBytes), since: since)
        }
    }

    private mutating func addCalls(_ service: ServiceFigures, _ of: [MetricLabel]) {
        let since = service.created
        for (name, figures) in service.calls.sorted(by: { $0.key < $1.key }) {
            let labels = of + [MetricLabel("call", name)]
            counter(
                "pollscope_blocking_calls",
                "Calls that blocked a thread of an executor longer than the service's limit.",
                labels, Double(figures.calls), since: since)
            counter(
                "pollscope_blocking_seconds", unit: "seconds", "Time in these calls.", labels, figures.seconds,
                since: since)
            counter(
                "pollscope_long_blocking_calls", "Of these, as long as a long poll.", labels, Double(figures.longCalls),
                since: since)
        }
    }

    private mutating func addRequests(_ service: ServiceFigures, _ of: [MetricLabel]) {
        for (label, figures) in service.requests.sorted(by: {
            ($0.key.request, $0.key.outcome) < ($1.key.request, $1.key.outcome)
        }) {
            histogram(
                "pollscope_request_duration_seconds", "How long requests took.",
                of + [MetricLabel("request", label.request), MetricLabel("outcome", label.outcome)], figures.seconds,
                exemplars: figures.exemplars, since: service.created)
        }
        gauge(
            "pollscope_requests_open", "Requests that have begun and not ended.", of,
            service.now.values.reduce(0) { $0 + Double($1.requestsOpen) })
    }

    private mutating func addPools(_ service: ServiceFigures, _ of: [MetricLabel]) {
        let since = service.created
        var pools: [String: PoolGauges] = [:]
        for process in service.now.values {
            for (name, gauges) in process.pools { pools[name, default: PoolGauges()].add(gauges) }
        }
        for (name, gauges) in pools.sorted(by: { $0.key < $1.key }) {
            let labels = of + [MetricLabel("pool", name)]
            gauge("pollscope_pool_capacity", "What a pool can lend; 0: not known.", labels, Double(gauges.capacity))
            gauge("pollscope_pool_in_use", "What is lent.", labels, Double(gauges.inUse))
            gauge("pollscope_pool_waiting", "Who waits for it.", labels, Double(gauges.waiting))
        }
        for (name, figures) in service.pools.sorted(by: { $0.key < $1.key }) {
            let labels = of + [MetricLabel("pool", name)]
            histogram(
                "pollscope_pool_wait_seconds", "How long askers waited for a pool.", labels, figures.waits.seconds,
                since: since)
            counter("pollscope_pool_timeouts", "Askers who gave up.", labels, Double(figures.timeouts), since: since)
            counter("pollscope_pool_failures", "Askers who got none.", labels, Double(figures.failures), since: since)
        }
    }

    private mutating func addRecordings(_ service: ServiceFigures, _ of: [MetricLabel]) {
        for trigger in RecordingTrigger.allCases {
            counter(
                "pollscope_recordings_saved", "Recordings of the last seconds that were saved, by why.",
                of + [MetricLabel("trigger", trigger.rawValue)], Double(service.saved[trigger] ?? 0),
                since: service.created)
        }
        for reason in RecordingSkip.allCases {
            counter(
                "pollscope_recordings_skipped", "Triggers that gave no recording, by why.",
                of + [MetricLabel("reason", reason.rawValue)], Double(service.skipped[reason] ?? 0),
                since: service.created)
        }
    }
}

// MARK: Diagnoses

extension MetricBook {
    private mutating func addDiagnoses(_ service: ServiceFigures, _ of: [MetricLabel]) {
        let diagnoses = service.diagnoses.values.sorted { $0.processID < $1.processID }
        guard let latest = diagnoses.map(\.at).max() else { return }
        gauge(
            "pollscope_diagnosis_timestamp_seconds", unit: "seconds", "When the last diagnosis was made.", of, latest)
        // Of several processes the one that was seen least.
        if let coverage = diagnoses.compactMap(\.coverage).min() {
            gauge(
                "pollscope_observed_cpu_ratio", "Part of the processes' CPU time that polls account for, at most.", of,
                coverage)
        }
        for answer in Set(diagnoses.map(\.verdict.answer.rawValue)).sorted() {
            gauge(
                "pollscope_verdict", "What the last diagnoses say of whether tuning is worth it.",
                of + [MetricLabel("verdict", answer)], 1)
        }
        addFindings(diagnoses, of)
        addTails(diagnoses, of)
    }

    private mutating func addFindings(_ diagnoses: [SessionDiagnosis], _ of: [MetricLabel]) {
        var seen: Set<[MetricLabel]> = []
        for finding in diagnoses.flatMap(\.findings) {
            guard seen.count < NameLimits.findings else { break }
            let place = finding.site.map { PlaceLabel($0.code) } ?? PlaceLabel(function: finding.subject, location: "")
            let labels =
                of + [
                    MetricLabel("kind", finding.kind.rawValue), MetricLabel("severity", finding.severity.rawValue),
                    MetricLabel("function", place.function), MetricLabel("location", place.location),
                ]
            // Of several processes the first, whose finding is as good as any.
            guard seen.insert(labels).inserted else { continue }
            gauge("pollscope_finding", "What the last diagnosis found.", labels, 1)
            if let seconds = finding.impact.tailSeconds {
                gauge(
                    "pollscope_finding_tail_seconds", unit: "seconds", "What a finding adds to the P99.", labels,
                    seconds)
            }
            if let share = finding.impact.waitShare {
                gauge(
                    "pollscope_finding_wait_share", "The part of all queue wait that a finding explains.", labels, share
                )
            }
        }
    }

    private mutating func addTails(_ diagnoses: [SessionDiagnosis], _ of: [MetricLabel]) {
        var slowest: [String: SessionDiagnosis.Tail] = [:]
        for tail in diagnoses.flatMap(\.tails) {
            if let other = slowest[tail.request], other.p99Seconds >= tail.p99Seconds { continue }
            guard slowest[tail.request] != nil || slowest.count < NameLimits.requests else { continue }
            slowest[tail.request] = tail
        }
        for (request, tail) in slowest.sorted(by: { $0.key < $1.key }) {
            let labels = of + [MetricLabel("request", request)]
            gauge(
                "pollscope_request_p99_seconds", unit: "seconds",
                "The P99 of requests in the last diagnosis, exact; of several processes the slowest's.", labels,
                tail.p99Seconds)
            for (part, seconds) in tail.parts {
                gauge(
                    "pollscope_request_tail_seconds", unit: "seconds",
                    "Where the time of the slowest requests went in the last diagnosis, a request.",
                    labels + [MetricLabel("part", part)], seconds)
            }
        }
    }
}

// MARK: The collector itself

extension MetricBook {
    mutating func add(
        _ figures: CollectorFigures, sessions: [SessionEntry.State], services: [[(kind: String, count: UInt64)]],
        since: Double
    ) {
        gauge("pollscope_collector_start_time_seconds", unit: "seconds", "When it began.", [], since)
        counter(
            "pollscope_collector_cpu_seconds", unit: "seconds", "CPU time of the collector.", [],
            CollectorClock.cpuSeconds)
        gauge(
            "pollscope_collector_resident_bytes", unit: "bytes", "Resident memory of the collector.", [],
            Double(ProcessFiles.own.residentBytes ?? 0))
        for state in [SessionEntry.State.followed, .refused, .stale] {
            gauge(
                "pollscope_collector_sessions", "Sessions in the folders, by what is done with them.",
                [MetricLabel("state", state.rawValue)], Double(sessions.count { $0 == state }))
        }
        counter("pollscope_collector_looks", "Looks at sessions.", [], Double(figures.looks), since: since)
        histogram(
            "pollscope_collector_look_seconds", "How long a look at a session took.", [], figures.lookSeconds,
            since: since)
        gauge(
            "pollscope_collector_lag_seconds", unit: "seconds",
            "How late the latest look of the last second was, at most.", [], figures.lagSeconds)
        counter(
            "pollscope_collector_records", "Records that were read.", [], Double(figures.records), since: since)
        var refused: [String: UInt64] = ["service": figures.servicesRefused]
        for (kind, count) in services.joined() { refused[kind, default: 0] &+= count }
        for (kind, count) in refused.sorted(by: { $0.key < $1.key }) {
            counter(
                "pollscope_collector_names_refused", "How often a name got no series of its own.",
                [MetricLabel("kind", kind)], Double(count), since: since)
        }
        gauge(
            "pollscope_collector_recordings_bytes", unit: "bytes", "What saved recordings take.", [],
            Double(figures.recordingsBytes))
        gauge(
            "pollscope_collector_recordings_limit_bytes", unit: "bytes", "What they may take.", [],
            Double(figures.recordingsLimit))
    }
}

extension SiteLabel: Comparable {
    static func < (a: SiteLabel, b: SiteLabel) -> Bool {
        (a.executor, a.place.function, a.place.location) < (b.executor, b.place.function, b.place.location)
    }

    fileprivate var labels: [MetricLabel] {
        [
            MetricLabel("executor", executor), MetricLabel("function", place.function),
            MetricLabel("location", place.location),
        ]
    }
}
