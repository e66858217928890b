// Who made whom wait, in the report for programs.

import Analysis

extension JSONReport {
    func value(of blame: ExecutorBlame) -> JSONValue {
        .object([
            ("executor", .string(blame.name)),
            ("kind", .string(blame.kind.rawValue)),
            ("width", .count(blame.width)),
            ("waitSeconds", .number(blame.waitSeconds)),
            ("schedulerSeconds", .number(blame.schedulerSeconds)),
            ("episodes", .integer(blame.episodes)),
            ("episodeSeconds", .number(blame.episodeSeconds)),
            ("episodeWaitSeconds", .number(blame.episodeWaitSeconds)),
            (
                "culprits",
                .array(
                    blame.culprits.map {
                        .object([
                            ("site", value(of: $0.site)), ("kind", .string($0.kind.name)),
                            ("executor", .string($0.executor)), ("seconds", .number($0.seconds)),
                            ("share", .number($0.share)), ("blockedSeconds", .number($0.blockedSeconds)),
                            ("kernelWaitSeconds", .number($0.kernelWaitSeconds)),
                        ])
                    })
            ),
        ])
    }

    func value(of episode: Episode) -> JSONValue {
        .object([
            ("executor", .string(episode.executor)),
            ("startSeconds", .number(episode.startSeconds)),
            ("durationSeconds", .number(episode.durationSeconds)),
            ("peakDepth", .count(episode.peakDepth)),
            ("oldestSeconds", .number(episode.oldestSeconds)),
            ("victims", .integer(episode.victims)),
            ("waitSeconds", .number(episode.waitSeconds)),
            ("cause", .string(episode.cause.rawValue)),
            (
                "culprits",
                .array(
                    episode.culprits.map {
                        .object([("site", value(of: $0.site)), ("share", .number($0.share))])
                    })
            ),
        ])
    }

    func value(of tail: TailReport) -> JSONValue {
        .object([
            ("request", .string(tail.request)),
            ("requests", .count(tail.requests)),
            ("meanSeconds", .number(tail.meanSeconds)),
            ("own", .array(tail.own.map(value(of:)))),
            ("culprits", .array(tail.culprits.map(value(of:)))),
            ("schedulerSeconds", .number(tail.schedulerSeconds)),
        ])
    }

    private func value(of place: TailPlace) -> JSONValue {
        .object([
            ("site", value(of: place.site)), ("part", .string(place.part.rawValue)),
            ("seconds", .number(place.seconds)),
        ])
    }
}
