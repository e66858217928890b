// One slow request, moment by moment: a line for each stretch of its time.
//
//      0 ms  ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓    61.2 ms  executor wait   global pool
//              held by RiskModel.score(_:), await 2, 58.0 ms
//   61.2 ms                    █    1.1 ms  on CPU          QuoteHandler.get(_:), await 1 (Quote.swift:31)

import Analysis

struct RequestTimeline {
    /// The segments with most time are shown; the rest are put together where they stand.
    private static let segments = 24
    private static let holders = 3

    func append(_ exemplar: RequestExemplar, number: Int, to page: inout Page) {
        let outcome: String =
            switch exemplar.outcome {
            case .ok: ""
            case .error: ", error"
            case .cancelled: ", cancelled"
            case .timedOut: ", timed out"
            }
        let task = exemplar.task > 0 ? ", task \(exemplar.task)" : ""
        let trace = exemplar.trace.map { ", trace \($0.traceText)" } ?? ""
        let facts =
            "\(Quantity.duration(exemplar.durationSeconds)) at \(Quantity.duration(exemplar.startSeconds))"
            + outcome + task + trace
        for (line, text) in facts.wrapped(to: page.width - 5).enumerated() {
            page.line(line == 0 ? "\(number)".rightAligned(2) + "  " + text : "     " + text)
        }
        let scale = QuantityScale(for: exemplar.durationSeconds)
        for segment in Self.shortened(exemplar.segments) { append(segment, of: exemplar, scale, to: &page) }
    }

    private func append(
        _ segment: RequestSegment, of exemplar: RequestExemplar, _ scale: QuantityScale, to page: inout Page
    ) {
        let figure = 7
        let track = page.width >= 80 ? 20 : 12
        let part = segment.part.name + (segment.count > 1 ? " ×\(Quantity.shortCount(UInt64(segment.count)))" : "")
        let line =
            scale.text(segment.offsetSeconds).rightAligned(figure) + "  " + bar(segment, of: exemplar, track) + " "
            + scale.text(segment.durationSeconds).rightAligned(figure) + " \(scale.unit)  "
        let room = page.width - line.count
        let what = text(of: segment, width: max(20, page.width - 12))
        let beside = part.leftAligned(14) + (what.isEmpty ? "" : " " + what)
        if beside.count <= room {
            page.line(line + beside)
        } else {
            page.line(line + part.shortened(to: max(1, room)))
            for text in what.wrapped(to: page.width - 12) {
                page.line(String(repeating: " ", count: 12) + text.shortened(to: page.width - 12))
            }
        }
        let holders = segment.holders.prefix(Self.holders).map {
            "\($0.site.place.text(width: page.width - 32)) \(Quantity.duration($0.seconds))"
        }
        guard !holders.isEmpty else { return }
        let more = segment.holders.count > Self.holders ? " and \(segment.holders.count - Self.holders) more" : ""
        page.sentence("threads held by \(holders.joined(separator: ", "))\(more)", indent: 12, mark: page.ink.faint)
    }

    /// Where the segment lies in the request.
    private func bar(_ segment: RequestSegment, of exemplar: RequestExemplar, _ width: Int) -> String {
        guard exemplar.durationSeconds > 0 else { return String(repeating: " ", count: width) }
        func column(_ seconds: Double) -> Int {
            let position = seconds / exemplar.durationSeconds * Double(width)
            return position.isFinite ? Int(min(max(0, position.rounded()), Double(width))) : 0
        }
        // However short it is, it has a mark.
        let begin = min(column(segment.offsetSeconds), width - 1)
        let end = max(begin + 1, column(segment.offsetSeconds + segment.durationSeconds))
        return String(repeating: " ", count: begin) + String(repeating: segment.part.block, count: end - begin)
            + String(repeating: " ", count: width - end)
    }

    /// Where it ran and on what, or what it waited for.
    private func text(of segment: RequestSegment, width: Int) -> String {
        var texts: [String] = []
        if !segment.detail.isEmpty { texts.append(segment.detail.printable.shortened(to: min(40, width))) }
        if let site = segment.site {
            let location = site.place.location(width: min(30, width / 2))
            texts.append(site.place.text(width: width) + (location.isEmpty ? "" : " (\(location))"))
        }
        if let thread = segment.thread { texts.append("on \(thread.text)") }
        return texts.joined(separator: ", ")
    }

    /// Neighbours among what took least become one each, of the part that has most of it.
    private static func shortened(_ segments: [RequestSegment]) -> [RequestSegment] {
        guard segments.count > Self.segments else { return segments }
        let longest = Set(
            segments.enumerated().sorted {
                ($1.element.durationSeconds, $0.offset) < ($0.element.durationSeconds, $1.offset)
            }
            .prefix(Self.segments / 2).map(\.offset))
        var result: [RequestSegment] = []
        var gathered: [RequestSegment] = []
        func flush() {
            guard var merged = gathered.max(by: { $0.durationSeconds < $1.durationSeconds }), let first = gathered.first
            else { return }
            if gathered.count > 1 {
                merged.offsetSeconds = first.offsetSeconds
                merged.durationSeconds = gathered.reduce(0) { $0 + $1.durationSeconds }
                merged.count = gathered.reduce(0) { $0 + max(1, $1.count) }
                (merged.site, merged.thread, merged.holders) = (nil, nil, [])
                merged.detail = "and other short ones"
            }
            result.append(merged)
            gathered = []
        }
        for (index, segment) in segments.enumerated() {
            if longest.contains(index) {
                flush()
                result.append(segment)
            } else {
                gathered.append(segment)
            }
        }
        flush()
        return result
    }
}
