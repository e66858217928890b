// A folder of one test: private, in memory, and gone afterwards.

import Foundation
import Glibc

public final class TestFolder {
    public let path: String
    private var names = 0

    public init() throws {
        let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(place)/pollscope-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        // Safe: mkdtemp leaves the terminating zero where it is.
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func freshName() -> String {
        names += 1
        return "process-\(names)"
    }

    /// The path of something in the folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file in the folder; its path.
    @discardableResult
    public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }

    /// Makes a folder in the folder, for its owner only.
    public func makeFolder(_ name: String, mode: mode_t = 0o700) throws -> String {
        guard mkdir(file(name), 0o700) == 0, chmod(file(name), mode) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        return file(name)
    }

    public func entries(of name: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: file(name)))?.sorted() ?? []
    }
}
