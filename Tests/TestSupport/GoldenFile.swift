// Compares text with a golden file beside the tests. To record anew: POLLSCOPE_RECORD_GOLDEN=1 swift test

import Foundation

public enum GoldenFile {
    /// The first line that differs from the file `name` in the folder `Golden` beside `file`; `nil`: none does.
    public static func difference(of text: String, from name: String, beside file: String) throws -> String? {
        let path = URL(filePath: file).deletingLastPathComponent().appending(path: "Golden/\(name)")
        if ProcessInfo.processInfo.environment["POLLSCOPE_RECORD_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: path)
            return nil
        }
        let golden = String(decoding: try Data(contentsOf: path), as: UTF8.self)
        let pairs = zip(
            text.split(separator: "\n", omittingEmptySubsequences: false),
            golden.split(separator: "\n", omittingEmptySubsequences: false))
        for (number, pair) in pairs.enumerated() where pair.0 != pair.1 {
            return "\(name), line \(number + 1):\n  \(pair.0)\nwhere the golden file has\n  \(pair.1)"
        }
        return text == golden ? nil : "\(name) has another length"
    }
}
