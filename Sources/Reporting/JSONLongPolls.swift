// Long polls, blocking calls and what is known of unfinished polls, for programs.

import Analysis

extension JSONReport {
    func value(of site: LongPollSite) -> JSONValue {
        .object(
            members(of: site.site.place) + [
                ("task", .string(site.site.task)),
                ("kind", .string(site.kind.name)),
                ("executor", .string(site.executor)),
                ("polls", .integer(site.polls)),
                ("pollSeconds", value(of: site.pollSeconds)),
                ("split", value(of: site.split)),
                ("samples", .integer(site.samples)),
                ("sampledSeconds", .number(site.sampledSeconds)),
                ("minorFaults", .integer(site.minorFaults)),
                ("majorFaults", .integer(site.majorFaults)),
                ("calls", .array(site.calls.map(value(of:)))),
                ("stacks", .array(site.stacks.map(value(of:)))),
            ])
    }

    private func value(of split: TimeSplit) -> JSONValue {
        .object([
            ("onCPUSeconds", .number(split.onCPUSeconds)),
            ("blockedSeconds", .number(split.blockedSeconds)),
            ("kernelWaitSeconds", .number(split.kernelWaitSeconds)),
            ("otherSeconds", .number(split.otherSeconds)),
            ("estimatedSeconds", .number(split.estimatedSeconds)),
        ])
    }

    private func value(of node: SampleNode) -> JSONValue {
        .object([
            ("function", .string(node.place.function)),
            ("module", .string(node.module)),
            ("file", .optional(node.place.file)),
            ("line", .optional(node.place.line)),
            ("seconds", .number(node.seconds)),
            ("samples", .integer(node.samples)),
            ("state", .string(node.state.rawValue)),
            ("call", .optional(node.call)),
            ("systemCall", .optional(node.systemCall)),
            ("isFolded", .bool(node.isFolded)),
            ("isInLoop", node.isInLoop.map { .bool($0) } ?? .null),
            ("children", .array(node.children.map(value(of:)))),
        ])
    }

    func value(of site: BlockingSite) -> JSONValue {
        .object([
            ("call", .string(site.call)),
            ("family", .string(site.family)),
            ("via", .optional(site.via)),
            ("object", .optional(site.object?.text)),
            ("objectKind", .optional(site.object?.kind)),
            ("objects", .count(site.objects)),
            ("hasMoreObjects", .bool(site.hasMoreObjects)),
            ("function", .string(site.place.function)),
            ("file", .optional(site.place.file)),
            ("line", .optional(site.place.line)),
            ("site", .object(members(of: site.site.place) + [("task", .string(site.site.task))])),
            ("count", .integer(site.count)),
            ("errors", .integer(site.errors)),
            ("seconds", value(of: site.seconds)),
        ])
    }

    func value(ofUnfinished poll: PollReport) -> JSONValue {
        .object(
            members(of: poll) + [
                ("lastSample", poll.lastSample.map(value(of:)) ?? .null),
                ("split", poll.split.map(value(of:)) ?? .null),
            ])
    }

    private func value(of sample: LastSample) -> JSONValue {
        .object([
            ("secondsIntoPoll", .number(sample.secondsIntoPoll)),
            ("state", .string(sample.state.rawValue)),
            ("call", .optional(sample.call)),
            ("callSeconds", .optional(sample.callSeconds)),
            ("systemCall", .optional(sample.systemCall)),
            ("stack", .array(sample.stack.map(value(of:)))),
            ("isStackCut", .bool(sample.isStackCut)),
            ("isStackApproximate", .bool(sample.isStackApproximate)),
        ])
    }
}
