// Reads a session file. Every byte of it is hostile: sizes are checked before anything is read, and a reader that
// finds nonsense says so.

import CPollscopeLayout
import Glibc

/// An open session file. It outlives its process, and its name.
public final class SessionFile {
    public let path: String
    let descriptor: Int32
    /// Size of the file in bytes when it was opened.
    let byteCount: UInt64
    let device: UInt64
    let inode: UInt64
    /// The header as it was when the file was opened; sections do not move afterwards.
    let layout: pollscope_header

    /// Opens and checks a session file.
    public init(path: String) throws(SessionError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)  // a pipe is not waited for
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            switch errno {
            case ENOENT: throw SessionError(.notFound, "There is no session file \(path).")
            case EACCES:
                throw SessionError(
                    .notReadable, "The session \(path) belongs to another user.",
                    remedy: "Run pollscope as that user, or as root.")
            default: throw SessionError(.notReadable, "The session \(path) cannot be opened: \(reason).")
            }
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size >= 0 else {
            close(descriptor)
            throw SessionError(.foreign, "\(path) is not a session file.")
        }
        // The folder is private; a file in it that is not its owner's was put there.
        let user = geteuid()
        guard status.st_uid == user || user == 0 else {
            close(descriptor)
            throw SessionError(
                .notReadable, "The session \(path) belongs to another user.",
                remedy: "Run pollscope as that user, or as root.")
        }
        var header = pollscope_header()
        let headerBytes = MemoryLayout<pollscope_header>.size
        // Safe: reads at most the size of the struct, which is plain data, into it.
        let count = withUnsafeMutableBytes(of: &header) { Self.read(descriptor, into: $0, at: 0) }
        guard count == headerBytes, header.magic == POLLSCOPE_MAGIC else {
            close(descriptor)
            throw SessionError(.foreign, "\(path) is not a session file, or one that was never completed.")
        }
        guard header.layout_version == POLLSCOPE_LAYOUT_VERSION else {
            let version = header.layout_version
            close(descriptor)
            throw SessionError(
                .otherVersion,
                "The session \(path) has layout \(version); this pollscope reads \(POLLSCOPE_LAYOUT_VERSION).",
                remedy: "Use the pollscope of the version that the service links.")
        }
        if let problem = Self.inconsistency(of: header, byteCount: UInt64(status.st_size)) {
            close(descriptor)
            throw SessionError(.damaged, "The session file \(path) is damaged: \(problem).")
        }
        self.path = path
        self.descriptor = descriptor
        byteCount = UInt64(status.st_size)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        layout = header
    }

    deinit { close(descriptor) }

    /// What is wrong with the places and sizes that a header gives, if anything.
    static func inconsistency(of header: pollscope_header, byteCount: UInt64) -> String? {
        func isInside(_ offset: UInt64, _ count: UInt64, _ entryBytes: UInt64) -> Bool {
            let (bytes, overflow) = count.multipliedReportingOverflow(by: entryBytes)
            let (end, overflow2) = offset.addingReportingOverflow(bytes)
            return !overflow && !overflow2 && end <= byteCount
        }
        func check(_ name: String, _ section: pollscope_section, limit: Int, entry: Int) -> String? {
            guard Int(section.entry_bytes) == entry else { return "its \(name) have a wrong size" }
            guard Int(section.count) <= limit else { return "it has too many \(name)" }
            guard isInside(section.offset, UInt64(section.count), UInt64(entry)) else {
                return "its \(name) lie outside the file"
            }
            return nil
        }
        func bytes<T>(_ type: T.Type) -> Int { MemoryLayout<T>.stride }
        let sections: [(String, pollscope_section, limit: Int, entry: Int)] = [
            ("modules", header.modules, POLLSCOPE_MODULES_MAX, bytes(pollscope_module.self)),
            ("strings", header.strings, POLLSCOPE_STRINGS_BYTES, 1),
            ("slots", header.slots, POLLSCOPE_SLOTS_MAX, bytes(pollscope_slot.self)),
            ("stacks", header.stacks, POLLSCOPE_STACKS_MAX, bytes(pollscope_stack.self)),
            ("frames", header.frames, POLLSCOPE_FRAMES_MAX, 8),
            ("samples", header.samples, POLLSCOPE_SAMPLES_MAX, bytes(pollscope_sample_record.self)),
            (
                "allocations", header.allocations, POLLSCOPE_ALLOCATION_RECORDS,
                bytes(pollscope_allocation_record.self)
            ),
            ("types", header.types, POLLSCOPE_TYPES_MAX, bytes(pollscope_type.self)),
            ("type names", header.type_names, POLLSCOPE_TYPE_NAMES_BYTES, 1),
            ("executors", header.executors, POLLSCOPE_EXECUTORS_MAX, bytes(pollscope_executor_entry.self)),
            ("tasks", header.tasks, POLLSCOPE_TASKS_MAX, bytes(pollscope_task_entry.self)),
            (
                "request names", header.request_names, POLLSCOPE_REQUEST_NAMES_MAX,
                bytes(pollscope_request_name.self)
            ),
            ("texts of names", header.name_texts, POLLSCOPE_REQUEST_NAMES_BYTES, 1),
            ("pools", header.pools, POLLSCOPE_POOLS_MAX, bytes(pollscope_pool_entry.self)),
            ("rings", header.ring_headers, POLLSCOPE_RINGS_MAX, bytes(pollscope_ring_header.self)),
        ]
        for (name, section, limit, entry) in sections {
            if let problem = check(name, section, limit: limit, entry: entry) { return problem }
        }
        for (name, ring) in [("samples", header.samples), ("allocations", header.allocations)] {
            guard ring.count.nonzeroBitCount == 1 else { return "its \(name) have an impossible number" }
        }
        guard header.rings_limit <= header.ring_headers.count else { return "it has more rings than room for them" }
        let rings: [(String, UInt64, records: UInt32, limit: UInt32, entry: Int)] = [
            (
                "evidence rings", header.evidence_offset, header.evidence_records, 1 << 12,
                bytes(pollscope_call_record.self)
            ),
            (
                "event rings", header.events_offset, header.events_records, 1 << 20,
                bytes(pollscope_event_record.self)
            ),
            ("rings", header.rings_offset, header.ring_records, 1 << 20, bytes(pollscope_poll_record.self)),
        ]
        for (name, offset, records, limit, entry) in rings {
            guard records.nonzeroBitCount == 1, records <= limit else { return "its \(name) have an impossible size" }
            guard isInside(offset, UInt64(header.rings_limit), UInt64(records) * UInt64(entry)) else {
                return "its \(name) lie outside the file"
            }
        }
        let possibleHertz: ClosedRange<UInt64> = 1_000_000...1_000_000_000_000
        guard possibleHertz.contains(header.nominal_hz) else { return "its clock has an impossible rate" }
        return nil
    }

    /// Reads until the buffer is full or the file ends; the number of bytes read.
    static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            done += count
        }
        return done
    }

    /// One plain C value at `offset`; zeros where the file is cut.
    func value<T: BitwiseCopyable>(_ zero: T, at offset: UInt64) -> T {
        var value = zero
        // Safe: T is plain data and the buffer is exactly its size.
        _ = withUnsafeMutableBytes(of: &value) { Self.read(descriptor, into: $0, at: offset) }
        return value
    }

    /// `count` values from `offset` on; zeros where the file is cut. The caller has bounded `count`.
    func values<T: BitwiseCopyable>(_ zero: T, count: Int, at offset: UInt64) -> [T] {
        var values = [T](repeating: zero, count: count)
        // Safe: as above, for each element.
        _ = values.withUnsafeMutableBytes { Self.read(descriptor, into: $0, at: offset) }
        return values
    }

    /// The header as it is now.
    func header() -> pollscope_header { value(pollscope_header(), at: 0) }

    func string(_ offset: UInt32, _ bytes: UInt32) -> String {
        guard bytes > 0, offset <= layout.strings.count, bytes <= layout.strings.count - offset else { return "" }
        return String(
            decoding: values(UInt8(0), count: Int(bytes), at: layout.strings.offset + UInt64(offset)), as: UTF8.self)
    }

    // MARK: What the file says

    public var info: SessionInfo {
        let header = header()
        let probeCount = Int(min(header.probes_count, UInt32(POLLSCOPE_PROBES_MAX)))
        // Safe: the tuple's elements are contiguous and of one plain type.
        let probes = withUnsafeBytes(of: header.probes) { bytes in
            bytes.bindMemory(to: pollscope_probe.self).prefix(probeCount).map {
                ProbeStatus(id: $0.id, state: $0.state, reason: string($0.reason_offset, $0.reason_bytes))
            }
        }
        return SessionInfo(
            processID: Int32(truncatingIfNeeded: header.pid), processStart: header.process_start,
            executable: string(header.executable_offset, header.executable_bytes),
            runtimeVersion: Self.text(header.runtime_version), processors: Int(header.processors),
            clock: header.clock, wallNanoseconds: header.wall_ns, ringRecords: Int(header.ring_records),
            pollCostTicks: Double(header.poll_cost_ticks_x1024) / 1024, probes: probes,
            longPollNanoseconds: header.long_poll_ns, blockingNanoseconds: header.blocking_ns,
            sampleSignal: header.sample_signal, watcherTID: header.watcher_tid, notes: notes,
            allocationSampleBytes: header.allocation_sample_bytes,
            allocationTimingCalls: header.allocation_timing_calls,
            allocationTimerTicks: Double(header.allocation_timer_ticks_x1024) / 1024,
            allocationCostTicks: Double(header.allocation_cost_ticks_x1024) / 1024)
    }

    /// Settings of the service that were not understood, a sentence each.
    private var notes: [String] {
        let header = header()
        return string(header.notes_offset, header.notes_bytes).split(separator: "\n").map(String.init)
    }

    /// Set by `pollscope record -- COMMAND` to know its own.
    public var token: String { Self.text(layout.token) }

    /// The process ended by itself and left its session (it was told to keep it).
    public var hasEnded: Bool { header().state == UInt32(POLLSCOPE_SESSION_ENDED.rawValue) }

    public var modules: [LoadedModule] {
        let count = Int(min(header().modules_used, layout.modules.count))
        return values(pollscope_module(), count: count, at: layout.modules.offset).compactMap {
            (module) -> LoadedModule? in
            guard module.end > module.start else { return nil }
            let idBytes = Int(min(module.build_id_bytes, UInt32(POLLSCOPE_BUILD_ID_MAX)))
            // Safe: the tuple is 20 plain bytes.
            let buildID = withUnsafeBytes(of: module.build_id) { Array($0.prefix(idBytes)) }
            return LoadedModule(
                path: string(module.path_offset, module.path_bytes), buildID: buildID, loadBias: module.load_bias,
                start: module.start, end: module.end)
        }
    }

    /// The two anchors that the process itself wrote.
    public var calibration: Calibration {
        for _ in 0..<100 {
            let before = header()
            let between = header()
            let after = header()
            // Nothing was written from before the middle copy until after it.
            if before.anchor_sequence == after.anchor_sequence, before.anchor_sequence & 1 == 0 {
                return Calibration(
                    first: ClockAnchor(between.anchor_first), last: ClockAnchor(between.anchor_last),
                    nominalHertz: between.nominal_hz)
            }
        }
        // Killed while writing it.
        let first = ClockAnchor(layout.anchor_first)
        return Calibration(first: first, last: first, nominalHertz: layout.nominal_hz)
    }

    static func text<Bytes>(_ bytes: Bytes) -> String {
        // Safe: reads within the tuple's own bytes.
        withUnsafeBytes(of: bytes) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension ClockAnchor {
    init(_ anchor: pollscope_anchor) {
        self.init(ticks: Ticks(anchor.ticks), monotonicNanoseconds: anchor.monotonic_ns)
    }
}
