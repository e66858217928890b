// One loaded ELF image of the observed process: what it takes to turn a run-time address into an address in a file.

/// A file mapped into the observed process.
///
/// A run-time address minus `loadBias` is an ELF virtual address of the file; `[start, end)` is the mapped range.
public struct ModuleImage: Sendable, Hashable {
    public var path: String
    /// The build ID that the process has mapped. Empty when the image has none: then the file cannot be checked.
    public var buildID: [UInt8]
    public var loadBias: UInt64
    public var start: UInt64
    public var end: UInt64

    public init(path: String, buildID: [UInt8], loadBias: UInt64, start: UInt64, end: UInt64) {
        self.path = path
        self.buildID = buildID
        self.loadBias = loadBias
        self.start = start
        self.end = end
    }

    /// The last component of the path: `libfoo.so` of `/usr/lib/libfoo.so`.
    var fileName: String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// Whether this is a shared library by its name: `libfoo.so`, `libfoo.so.3`.
    var isSharedLibrary: Bool {
        let name = fileName
        return name.hasSuffix(".so") || name.contains(".so.")
    }
}
