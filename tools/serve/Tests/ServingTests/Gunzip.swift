// Uncompresses what the server compressed, by the system's own program.

import Foundation

enum Gunzip {
    static func text(of bytes: [UInt8]) throws -> String {
        let place = try TestPlace()
        let packed = place.path + "/page.gz"
        try Data(bytes).write(to: URL(filePath: packed))
        let gzip = Process()
        let output = Pipe()
        gzip.executableURL = URL(filePath: "/usr/bin/gzip")
        gzip.arguments = ["-dc", packed]
        gzip.standardOutput = output
        try gzip.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        gzip.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
