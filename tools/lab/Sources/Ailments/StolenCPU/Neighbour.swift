// The neighbour on the machine: a process that does nothing but use a CPU.

import ArgumentParser
import Foundation

struct Neighbour: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Use a CPU as long as another process lives.", shouldDisplay: false)

    @Option(help: "The process that started this one.")
    var parent: Int32

    func run() {
        let longest = ContinuousClock.now + .seconds(600)
        // Another parent: the one that was is gone.
        while getppid() == parent, ContinuousClock.now < longest {
            var state = 7
            // Safe: the noise is arithmetic modulo 2^64.
            for round in 0..<1_000_000 { state = (state ^ round) &* 31 }
            if state == .min { print(state) }
        }
    }
}
