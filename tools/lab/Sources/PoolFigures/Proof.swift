// Whether the advised size is right: it does, and one less does not.

import LoadModel

struct Proof {
    /// Too small, as advised, one less than advised.
    var runs: [Run]

    private static let targetSeconds = 0.001

    var advisedDoes: Bool { runs[1].pool.waitSeconds.p99 < Self.targetSeconds }
    var oneLessDoes: Bool { runs[2].pool.waitSeconds.p99 < Self.targetSeconds }
    var holds: Bool { advisedDoes && !oneLessDoes }

    var text: String {
        let header = ["pool", "acquire P50", "acquire P99", "\(runs[0].clients.route) P50", "P99", "errors"]
        let rows = zip(["too small", "as advised", "one less"], runs).map { name, run in
            [
                "\(run.size), \(name)", milliseconds(run.pool.waitSeconds.p50), milliseconds(run.pool.waitSeconds.p99),
                milliseconds(run.clients.p50Seconds), milliseconds(run.clients.p99Seconds), "\(run.clients.errors)",
            ]
        }
        let table = ([header] + rows).map { row in
            row.indices.map { column in
                let width = ([header] + rows).map { $0[column].count }.max() ?? 0
                let padding = String(repeating: " ", count: width - row[column].count)
                return column == 0 ? row[column] + padding : padding + row[column]
            }
            .joined(separator: "   ")
        }
        return (table + [verdict]).joined(separator: "\n")
    }

    private var verdict: String {
        let target = milliseconds(Self.targetSeconds)
        let advised = advisedDoes ? "keeps acquire P99 under \(target)" : "does not keep acquire P99 under \(target)"
        let oneLess = oneLessDoes ? "so does one less" : "one less does not"
        return "\(holds ? "Proven" : "NOT proven"): the advised size \(advised), \(oneLess)."
    }

    private func milliseconds(_ seconds: Double) -> String {
        Duration.seconds(seconds).inMilliseconds
    }
}
