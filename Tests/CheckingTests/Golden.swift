// Compares text with a golden file beside the tests. To record anew: POLLSCOPE_RECORD_GOLDEN=1 swift test

import TestSupport
import Testing

enum Golden {
    static func expect(
        _ text: String, equals name: String, file: StaticString = #filePath,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        if let difference = try GoldenFile.difference(of: text, from: name, beside: "\(file)") {
            Issue.record("\(difference)", sourceLocation: location)
        }
    }
}
