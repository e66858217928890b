// Where the service keeps its files: a folder that was named, or one for as long as it runs.

import Foundation

struct DataFolder: Sendable {
    var path: String
    private var isTemporary: Bool

    init(_ named: String?) throws {
        isTemporary = named == nil
        path = named ?? NSTemporaryDirectory() + "/quotes-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func remove() {
        if isTemporary { try? FileManager.default.removeItem(atPath: path) }
    }
}
