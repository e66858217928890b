// The figures of a run as an aligned table, for people.

extension Summary {
    package var table: String {
        let header = ["route", "requests", "rate/s", "P50 ms", "P95 ms", "P99 ms", "max ms", "errors"]
        let rows = routes.map { route in
            [
                route.name,
                grouped(route.requests),
                threeDigits(route.ratePerSecond),
                millisecondsOrDash(route.p50),
                millisecondsOrDash(route.p95),
                millisecondsOrDash(route.p99),
                millisecondsOrDash(route.max),
                "\(grouped(route.errors)) (\(decimal(route.errorShare * 100, places: 2)) %)",
            ]
        }
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([header] + rows).map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + padding : padding + row[column]
            }
            .joined(separator: "   ")
        }
        .joined(separator: "\n")
    }
}

private func millisecondsOrDash(_ duration: Duration?) -> String {
    duration.map { threeDigits($0.seconds * 1_000) } ?? "–"
}

/// As many decimal places as leave three digits; whole numbers keep all of theirs.
func threeDigits(_ value: Double) -> String {
    // The bounds are those of the rounded number: 9.996 is 10.0, not 10.00.
    switch value {
    case ..<9.995: decimal(value, places: 2)
    case ..<99.95: decimal(value, places: 1)
    default: grouped(Int(value.rounded()))
    }
}

func decimal(_ value: Double, places: Int) -> String {
    let scale = (0..<places).reduce(1) { power, _ in power * 10 }
    let scaled = Int((value * Double(scale)).rounded())
    guard places > 0 else { return grouped(scaled) }
    let fraction = String(scaled % scale)
    return grouped(scaled / scale) + "." + String(repeating: "0", count: places - fraction.count) + fraction
}

func grouped(_ count: Int) -> String {
    let digits = Array(String(count))
    let groups = stride(from: digits.count, to: 0, by: -3).reversed().map { end in
        String(digits[max(0, end - 3)..<end])
    }
    return groups.joined(separator: ",")
}

extension Duration {
    /// As in the table, with the unit.
    package var inMilliseconds: String { threeDigits(seconds * 1_000) + " ms" }
}
