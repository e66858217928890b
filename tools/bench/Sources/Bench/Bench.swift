// Measures Pollscope against its budgets. Every figure in the README comes from here.

import ArgumentParser

@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Bench", abstract: "Measures Pollscope against its budgets.",
        subcommands: [
            PollCost.self, TaskCost.self, RequestCost.self, CallCost.self, AllocationCost.self, SampleCost.self,
            WatcherCost.self, ReaderSpeed.self, BlameSpeed.self, ReportSpeed.self, RequestsSpeed.self, HTTPCost.self,
        ])
}
