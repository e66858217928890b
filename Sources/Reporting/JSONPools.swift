// Pools, for programs.

import Analysis

extension JSONReport {
    func value(of pool: PoolReport) -> JSONValue {
        .object([
            ("name", .string(pool.name)),
            ("capacity", .optional(pool.capacity)),
            ("isOpen", .bool(pool.isOpen)),
            ("asked", .integer(pool.asked)),
            ("acquired", .integer(pool.acquired)),
            ("failed", .integer(pool.failed)),
            ("timedOut", .integer(pool.timedOut)),
            ("cancelled", .integer(pool.cancelled)),
            ("released", .integer(pool.released)),
            ("releasedTwice", .integer(pool.releasedTwice)),
            ("dropped", .integer(pool.dropped)),
            ("askedAfterClose", .integer(pool.askedAfterClose)),
            ("connectionsOpened", .integer(pool.connectionsOpened)),
            ("connectionsClosed", .integer(pool.connectionsClosed)),
            ("inUse", .integer(pool.inUse)),
            ("waiting", .integer(pool.waiting)),
            ("perSecond", .number(pool.perSecond)),
            ("waitSeconds", value(of: pool.waitSeconds)),
            ("failedWaitSeconds", value(of: pool.failedWaitSeconds)),
            ("holdSeconds", value(of: pool.holdSeconds)),
            ("inUseMean", .number(pool.inUseMean)),
            ("inUsePeak", .count(pool.inUsePeak)),
            ("waitingMean", .number(pool.waitingMean)),
            ("waitingPeak", .count(pool.waitingPeak)),
            ("timeline", .array(pool.timeline.map(value(of:)))),
            ("holdByUse", .array(pool.holdByUse.map(value(of:)))),
            ("advice", pool.advice.map(value(of:)) ?? .null),
            ("adviceMissing", .optional(pool.adviceMissing)),
        ])
    }

    private func value(of moment: PoolMoment) -> JSONValue {
        .object([
            ("startSeconds", .number(moment.startSeconds)), ("inUse", .number(moment.inUse)),
            ("waiting", .number(moment.waiting)),
        ])
    }

    private func value(of use: PoolUse) -> JSONValue {
        .object([
            ("inUseLeast", .count(use.inUse.lowerBound)), ("inUseMost", .count(use.inUse.upperBound)),
            ("holds", .integer(use.holds)), ("medianHoldSeconds", .number(use.medianHoldSeconds)),
        ])
    }

    private func value(of advice: PoolAdvice) -> JSONValue {
        .object([
            ("verdict", .string(advice.verdict.rawValue)),
            ("size", .count(advice.size)),
            ("isAtLeast", .bool(advice.isAtLeast)),
            ("targetSeconds", .number(advice.targetSeconds)),
            ("littlesLaw", .number(advice.littlesLaw)),
            ("wantedPeak", .count(advice.wantedPeak)),
            ("holdGrowth", .optional(advice.holdGrowth)),
            ("stretchSeconds", .optional(advice.stretchSeconds)),
            (
                "sizes",
                .array(
                    advice.sizes.map {
                        .object([
                            ("size", .count($0.size)), ("waitP50Seconds", .number($0.waitP50)),
                            ("waitP99Seconds", .number($0.waitP99)), ("waitMaxSeconds", .number($0.waitMax)),
                        ])
                    })
            ),
        ])
    }
}
