// What there was to do over time, and what the kernel gave to others, for programs.

import Analysis

extension JSONReport {
    func value(of load: LoadReport) -> JSONValue {
        .object([
            ("tasks", load.tasks.map(value(of:)) ?? .null),
            ("pendingPeak", .integer(load.pendingPeak)),
            ("pendingPeakSeconds", .number(load.pendingPeakSeconds)),
            ("pendingMean", .optional(load.pendingMean)),
            ("firstPolls", .integer(load.firstPolls)),
            ("startStretchSeconds", .number(load.startStretchSeconds)),
            ("starts", .array(load.starts.map(value(of:)))),
            ("census", load.census.map(value(of:)) ?? .null),
            ("timeline", .array(load.timeline.map(value(of:)))),
        ])
    }

    private func value(of tasks: TaskLoad) -> JSONValue {
        .object([
            ("livePeak", .integer(tasks.livePeak)),
            ("livePeakSeconds", .number(tasks.livePeakSeconds)),
            ("liveMean", .optional(tasks.liveMean)),
            ("liveAtEnd", .integer(tasks.liveAtEnd)),
            ("created", .integer(tasks.created)),
            ("ended", .integer(tasks.ended)),
            ("createdPerSecond", .optional(tasks.createdPerSecond)),
            ("createdPerSecondPeak", .optional(tasks.createdPerSecondPeak)),
        ])
    }

    private func value(of start: TaskStartSite) -> JSONValue {
        .object(
            members(of: start.site.place) + [
                ("task", .string(start.site.task)),
                ("tasks", .integer(start.tasks)),
                ("madePeak", .integer(start.madePeak)),
                ("madePeakSeconds", .number(start.madePeakSeconds)),
                ("waitingPeak", .integer(start.waitingPeak)),
                ("waitingPeakSeconds", .number(start.waitingPeakSeconds)),
            ])
    }

    private func value(of census: TaskCensusReport) -> JSONValue {
        .object([
            ("atSeconds", .number(census.atSeconds)),
            ("live", .integer(census.live)),
            ("tracked", .integer(census.tracked)),
            (
                "groups",
                .array(
                    census.groups.map { group in
                        .object([
                            ("tasks", .integer(group.tasks)),
                            ("code", group.code.map { .object(members(of: $0)) } ?? .null),
                            ("maker", group.maker.map { .object(members(of: $0)) } ?? .null),
                        ])
                    })
            ),
        ])
    }

    private func value(of stretch: LoadStretch) -> JSONValue {
        .object([
            ("startSeconds", .number(stretch.startSeconds)), ("endSeconds", .number(stretch.endSeconds)),
            ("livePeak", .integer(stretch.livePeak)), ("pendingPeak", .integer(stretch.pendingPeak)),
            ("created", .integer(stretch.created)), ("ended", .integer(stretch.ended)),
        ])
    }

    func value(of report: KernelWaitReport) -> JSONValue {
        .object([
            ("process", .object(members(of: report.process))),
            ("pollThreads", .object(members(of: report.pollThreads))),
            (
                "threads",
                .array(
                    report.threads.map { .object([("thread", value(of: $0.thread))] + members(of: $0.wait)) })
            ),
            (
                "worst",
                report.worst.map { worst in
                    .object(
                        [
                            ("startSeconds", .number(worst.startSeconds)), ("endSeconds", .number(worst.endSeconds)),
                        ] + members(of: worst.wait))
                } ?? .null
            ),
        ])
    }

    private func members(of wait: KernelWait) -> [(key: String, value: JSONValue)] {
        [
            ("runQueueSeconds", .number(wait.runQueueSeconds)), ("cpuSeconds", .number(wait.cpuSeconds)),
            ("share", .optional(wait.share)),
        ]
    }
}
