// A length of time as users write it: 30s, 500ms, 2m, 1h.

import ArgumentParser
import Wording

struct TimeArgument: ExpressibleByArgument {
    var seconds: Double

    init?(argument: String) {
        guard let seconds = TimeText.seconds(of: argument), seconds > 0 else { return nil }
        self.seconds = seconds
    }
}
