// What the kernel says of a process: reads /proc.

import Glibc

/// A process, seen through /proc. Values are nil or empty where the process is gone or belongs to somebody else.
public struct ProcessFiles: Sendable {
    public let processID: Int32

    public init(processID: Int32) { self.processID = processID }

    /// This process.
    public static var own: ProcessFiles { ProcessFiles(processID: getpid()) }

    private var folder: String { "/proc/\(processID)" }

    /// The bytes of a small file; nil if it cannot be read.
    public static func contents(_ path: String, limit: Int = 1 << 22) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < limit {
            // Safe: reads at most the buffer's size into it.
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress!, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return bytes
    }

    private static func text(_ path: String) -> String? {
        contents(path).map { String(decoding: $0, as: UTF8.self) }
    }

    public var exists: Bool { Glibc.access(folder, F_OK) == 0 }

    /// The fields of `stat` behind the name; the first is number 3, the state.
    private var statFields: [Substring] {
        guard let text = Self.text("\(folder)/stat"), let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(separator: " ")
    }

    /// Start time in clock ticks since boot, which together with the id names a process for good; nil: no process.
    public var start: UInt64? {
        let fields = statFields
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }

    /// Ended, but not yet waited for by its parent.
    public var isZombie: Bool { statFields.first == "Z" }

    /// Stopped by a signal, or by a debugger.
    public var isStopped: Bool { statFields.first.map { ["T", "t"].contains($0) } ?? false }

    /// What has become of a process that began at a known time.
    public enum Life: Sendable, Hashable {
        case runs
        /// By a signal, or by a debugger.
        case stopped
        /// It has ended. `signal`: what ended it, where the kernel still says so; 0: it exited.
        case gone(signal: Int32?)

        public var isEnd: Bool {
            if case .gone = self { return true }
            return false
        }
    }

    /// What has become of the process with this id that began at `start`.
    public func life(of start: UInt64) -> Life {
        let fields = statFields
        guard fields.count > 19, UInt64(fields[19]) == start, let state = fields.first else {
            return .gone(signal: nil)
        }
        switch state {
        case "T", "t": return .stopped
        case "Z", "X":
            // The last field is the status that its parent will get. The kernel shows it to who may trace the process.
            guard fields.count > 49, let status = Int32(fields[49]) else { return .gone(signal: nil) }
            return .gone(signal: status & 0x7F)
        default: return .runs
        }
    }

    /// CPU time of all threads, ended ones included, in nanoseconds. The kernel counts in hundredths of a second. Of a
    /// process that has ended and was not waited for it still tells this, but not whose time it was: nil.
    public var cpuNanoseconds: UInt64? {
        let fields = statFields
        guard fields.count > 12, fields.first != "Z", let user = UInt64(fields[11]), let system = UInt64(fields[12])
        else { return nil }
        return (user + system) * (1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK)))))
    }

    public var residentBytes: UInt64? {
        guard let text = Self.text("\(folder)/statm") else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = UInt64(fields[1]) else { return nil }
        return pages * UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
    }

    public var executable: String? { Self.link("\(folder)/exe") }

    /// The command line, its words separated by spaces.
    public var commandLine: String? {
        Self.contents("\(folder)/cmdline").map { bytes in
            bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        }
    }

    /// The folder that is / for the process, where that is another than here, as in a container; else empty.
    public var root: String {
        let (own, other) = (Self.link("/proc/self/ns/mnt"), Self.link("\(folder)/ns/mnt"))
        return own == nil || other == nil || own == other ? "" : "\(folder)/root"
    }

    /// `NAME=value`, as the process was started with; empty where it belongs to somebody else.
    public var environment: [String] {
        (Self.contents("\(folder)/environ", limit: 1 << 20) ?? []).split(separator: 0)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        // Safe: at most the buffer's size is written; the bytes are taken as they are.
        let count = buffer.withUnsafeMutableBytes {
            readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// CPU time and run-queue wait of each thread.
    public var threads: [ThreadCPU] {
        Self.entries(of: "\(folder)/task").compactMap { entry in
            guard let tid = UInt32(entry), let text = Self.text("\(folder)/task/\(entry)/schedstat") else { return nil }
            let fields = text.split { $0 == " " || $0 == "\n" }
            guard fields.count >= 2, let cpu = UInt64(fields[0]), let wait = UInt64(fields[1]) else { return nil }
            let name = (Self.text("\(folder)/task/\(entry)/comm") ?? "").filter { $0 != "\n" }
            return ThreadCPU(tid: tid, name: name, cpuNanoseconds: cpu, runQueueNanoseconds: wait)
        }
    }

    /// Names in a folder, without "." and "..".
    public static func entries(of folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            // Safe: d_name is NUL-terminated within the entry, by the system's contract.
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// One mapping of a file into the process.
    public struct Mapping: Sendable {
        public var start: UInt64
        public var end: UInt64
        public var fileOffset: UInt64
        public var isExecutable: Bool
        public var inode: UInt64
        public var path: String
    }

    /// The file mappings of the process.
    public var mappings: [Mapping] {
        guard let text = Self.text("\(folder)/maps") else { return [] }
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard fields.count == 6, let inode = UInt64(fields[4]), inode != 0,
                let offset = UInt64(fields[2], radix: 16)
            else { return nil }
            let range = fields[0].split(separator: "-")
            guard range.count == 2, let start = UInt64(range[0], radix: 16), let end = UInt64(range[1], radix: 16)
            else { return nil }
            return Mapping(
                start: start, end: end, fileOffset: offset, isExecutable: fields[1].contains("x"), inode: inode,
                path: String(fields[5].drop { $0 == " " }))
        }
    }

    /// The number of this process's pid namespace. In another one, a session's pid says nothing.
    public static var ownPidNamespace: UInt64 {
        var status = stat()
        return stat("/proc/self/ns/pid", &status) == 0 ? UInt64(status.st_ino) : 0
    }
}
