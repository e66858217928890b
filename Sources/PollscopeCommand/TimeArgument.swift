// A length of time as users write it: 30s, 500ms, 2m, 1h.

import ArgumentParser

struct TimeArgument: ExpressibleByArgument {
    var seconds: Double

    init?(argument: String) {
        let units: [(String, Double)] = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)]
        for (unit, factor) in units where argument.hasSuffix(unit) {
            guard let number = Double(argument.dropLast(unit.count)), number > 0, number * factor < 1e9 else {
                return nil
            }
            seconds = number * factor
            return
        }
        return nil
    }
}
