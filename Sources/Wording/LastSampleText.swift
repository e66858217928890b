// What a poll that has not ended was last seen doing, in a sentence.

import Analysis

package enum LastSampleText {
    /// `at 20.5 s: blocked in read for 20.5 s, called by Feed.next() (Feed.swift:31)`
    package static func sentence(_ sample: LastSample) -> String {
        let doing =
            switch sample.state {
            case .cpu, .mixed: "on CPU"
            case .blocked:
                "blocked" + (sample.call.map { " in \($0)" } ?? "")
                    + (sample.callSeconds.map { " for \(Quantity.duration($0))" } ?? "")
            case .asleep: "asleep" + (sample.systemCall.map { " in \($0)" } ?? "")
            }
        return "at \(Quantity.duration(sample.secondsIntoPoll)): \(doing)" + place(sample)
    }

    /// The innermost function that is somebody's own.
    private static func place(_ sample: LastSample) -> String {
        guard let frame = sample.stack.first(where: { !$0.isRuntime }) ?? sample.stack.first else {
            return ", stack not captured"
        }
        let location = frame.place.location(width: 30)
        return (sample.state == .blocked ? ", called by " : " in ") + frame.place.function.printable.shortened(to: 50)
            + (location.isEmpty ? "" : " (\(location))")
    }
}
