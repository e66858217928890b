// A program that says nothing of requests itself: its spans do, and its group of services starts observing. It prints what
// must be found, in the words of GroundTruth, and ends.
//
//   GroundTruthAdapters SCENARIO

import Glibc
import Pollscope
import PollscopeLifecycle
import PollscopeTracing

@main
struct GroundTruthAdapters {
    static let scenarios: [String: @Sendable () async -> Void] = [
        "spans": spans,
        "traces": traces,
        "transparent": transparent,
        "lifecycle": lifecycle,
        "lifecycle-cancelled": lifecycleCancelled,
    ]

    static func main() async {
        let name = CommandLine.arguments.dropFirst().first ?? ""
        guard let scenario = scenarios[name] else {
            print("GroundTruthAdapters: no scenario \(name); there are \(scenarios.keys.sorted())")
            exit(64)
        }
        if !name.hasPrefix("lifecycle") { try? Pollscope.start() }
        await scenario()
    }
}

/// So many requests of that name, exactly.
func expectRequests(
    _ name: String, _ kind: String, count: Int, errors: Int = 0, cancelled: Int = 0, timedOut: Int = 0
) {
    print("request \(name) | \(kind) | \(count) | \(errors) | \(cancelled) | \(timedOut)")
}

func expectCount(_ what: String, _ count: Int) { print("count \(what) | \(count)") }
