// Medians and their spread, and numbers as text.

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// The interval between the quartiles: half of the values lie in it.
func quartiles(_ values: [Double]) -> (Double, Double) {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return (.nan, .nan) }
    return (sorted[sorted.count / 4], sorted[min(sorted.count - 1, sorted.count * 3 / 4)])
}

func text(_ value: Double, decimals: Int = 1) -> String {
    guard value.isFinite else { return "?" }
    var factor = 1.0
    for _ in 0..<decimals { factor *= 10 }
    let scaled = Int((abs(value) * factor).rounded())
    let whole = scaled / Int(factor)
    let rest = String(scaled % Int(factor))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return decimals == 0
        ? "\(sign)\(whole)" : "\(sign)\(whole)." + String(repeating: "0", count: decimals - rest.count) + rest
}
