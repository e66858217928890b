// What Prometheus's own checker says of the text.

import Exporting
import Foundation
import TestSupport
import Testing

@Suite("promtool")
struct PromtoolTests {
    private static let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(
        "promtool check metrics has nothing to say",
        .enabled(if: promtool != nil, "SKIPPED: there is no promtool: apt-get install prometheus"))
    func check() throws {
        let hostile = MetricFamily(
            "pollscope_hostile", .gauge, help: "A \\ b\n\"c\".",
            samples: Set(HostileNamesTests.names.map { Array($0.utf8) }).map {
                MetricSample([MetricLabel("name", String(decoding: $0, as: UTF8.self))], .number(.infinity))
            })
        let folder = try TestFolder()
        let text = try folder.write(
            PrometheusText.render(ExampleMetrics.families + [hostile], as: .prometheus), to: "metrics")
        let process = try ChildProcess(
            ["/bin/sh", "-c", "exec \"$0\" check metrics < \"$1\"", Self.promtool!, text], environment: [:], in: folder)
        let ending = try process.waitForEnd()
        #expect(ending.status == 0 && ending.output.isEmpty && ending.errors.isEmpty, "\(ending)")
    }
}
