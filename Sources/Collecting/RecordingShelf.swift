// The folder of saved recordings: their names, and how much room they may take.

import Glibc
import Recording
import Sessions

/// Keeps recordings in a folder within a budget: the oldest make room. Only files that it named itself are touched.
struct RecordingShelf: Sendable {
    let folder: String
    let bytesMax: UInt64

    /// What became of a recording.
    enum Outcome: Sendable {
        case saved(path: String)
        case skipped(RecordingSkip, String)
    }

    private static let ending = ".pollscope"
    private static let prefix = "saved-"

    /// A sentence: why nothing can be kept there; `nil`: it can. Makes the folder if it is not there.
    func problem() -> String? {
        if mkdir(folder, 0o700) != 0, errno != EEXIST {
            return "The folder for recordings, \(folder), cannot be made (\(String(cString: strerror(errno)))). "
                + "Make it, or name another one."
        }
        var status = stat()
        guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            return "\(folder), where recordings are to be saved, is no folder. Name another one."
        }
        if status.st_mode & 0o022 != 0 {
            return "Others can write into \(folder), where recordings are to be saved. Forbid it: chmod go-w \(folder)"
        }
        if access(folder, W_OK) != 0 {
            return "The folder for recordings, \(folder), cannot be written. Change its owner, or name another one."
        }
        return nil
    }

    struct Kept {
        var path: String
        var bytes: UInt64
        var modified: Int
    }

    /// The oldest first.
    func kept() -> [Kept] {
        ProcessFiles.entries(of: folder).filter { $0.hasPrefix(Self.prefix) && $0.hasSuffix(Self.ending) }
            .compactMap { name in
                var status = stat()
                let path = "\(folder)/\(name)"
                guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
                return Kept(path: path, bytes: UInt64(status.st_size), modified: Int(status.st_mtim.tv_sec))
            }.sorted { ($0.modified, $0.path) < ($1.modified, $1.path) }
    }

    var bytes: UInt64 { kept().reduce(0) { $0 + $1.bytes } }

    /// `saved-quotes-4711-20261129T012244Z-episode.pollscope`
    static func name(service: String, processID: Int32, stamp: String, trigger: RecordingTrigger) -> String {
        "\(front(service: service, processID: processID))\(stamp)-\(trigger.rawValue)\(ending)"
    }

    private static func front(service: String, processID: Int32) -> String {
        let plain = service.unicodeScalars.prefix(60).map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "_": Character(scalar)
            default: "_"
            }
        }
        return "\(prefix)\(String(plain))-\(processID)-"
    }

    /// Whether the end of a process was saved before.
    func hasCrash(ofProcess processID: Int32, service: String) -> Bool {
        let front = Self.front(service: service, processID: processID)
        let ending = "-\(RecordingTrigger.crash.rawValue)\(Self.ending)"
        return ProcessFiles.entries(of: folder).contains { $0.hasPrefix(front) && $0.hasSuffix(ending) }
    }

    /// Saves a recording, whole or not at all.
    func save(_ bytes: [UInt8], as name: String) -> Outcome {
        guard UInt64(bytes.count) <= bytesMax else {
            return .skipped(
                .disk, "A recording of \(bytes.count) bytes is more than all recordings may take, \(bytesMax) bytes.")
        }
        var old = kept()[...]
        var total = old.reduce(0) { $0 + $1.bytes } + UInt64(bytes.count)
        while total > bytesMax, let oldest = old.popFirst() {
            unlink(oldest.path)
            total -= oldest.bytes
        }
        let path = "\(folder)/\(name)"
        let partial = "\(folder)/.\(name).partial"
        while true {
            do throws(RecordingError) {
                let sink = try FileSink(path: partial, whenPresent: .replace)
                try Self.write(bytes, to: sink)
                guard rename(partial, path) == 0 else {
                    let reason = String(cString: strerror(errno))
                    unlink(partial)
                    return .skipped(.error, "\(path) cannot be given its name (\(reason)).")
                }
                return .saved(path: path)
            } catch {
                unlink(partial)
                // A full disk has room again when an older recording goes; what is new is worth more.
                if error.code == .full, let oldest = old.popFirst() {
                    unlink(oldest.path)
                    continue
                }
                return .skipped(error.code == .full ? .disk : .error, error.description)
            }
        }
    }

    private static func write(_ bytes: [UInt8], to sink: FileSink) throws(RecordingError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(RecordingError) in
                try sink.write(bytes)
                try sink.close()
            }
        }
        try result.get()
    }
}
