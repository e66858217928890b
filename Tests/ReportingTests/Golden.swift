// Compares text with a golden file beside the tests. To record anew: POLLSCOPE_RECORD_GOLDEN=1 swift test

import Foundation
import Testing

enum Golden {
    static func expect(
        _ text: String, equals name: String, file: StaticString = #filePath,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let path = URL(fileURLWithPath: "\(file)").deletingLastPathComponent().appendingPathComponent("Golden/\(name)")
        if ProcessInfo.processInfo.environment["POLLSCOPE_RECORD_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: path)
            return
        }
        let golden = String(decoding: try Data(contentsOf: path), as: UTF8.self)
        let pairs = zip(
            text.split(separator: "\n", omittingEmptySubsequences: false),
            golden.split(separator: "\n", omittingEmptySubsequences: false))
        for (number, pair) in pairs.enumerated() where pair.0 != pair.1 {
            Issue.record(
                "\(name), line \(number + 1):\n  \(pair.0)\nwhere the golden file has\n  \(pair.1)",
                sourceLocation: location)
            return
        }
        #expect(text == golden, "\(name) has another length", sourceLocation: location)
    }
}
