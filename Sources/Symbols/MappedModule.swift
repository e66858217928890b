// A module as one process has mapped it, and the files behind it, which processes of the same build share.

/// Opened files of modules, for the symbolizers of several processes: of one build they are opened once.
///
/// Files are closed when the last symbolizer that was asked about them is gone. Not thread safe, and neither are the
/// symbolizers that share it.
public final class SharedModuleFiles {
    /// By name and not by path: containers of one image have their files at paths of their own.
    private struct Build: Hashable {
        var name: String
        var id: [UInt8]
    }

    private struct Opened {
        weak var files: ModuleFiles?
    }

    private let directories: [String]
    private var opened: [Build: Opened] = [:]

    /// `debugDirectories` come before the usual places: /usr/lib/debug, and the folder of the binary.
    public init(debugDirectories: [String] = []) {
        directories = debugDirectories + [DebugFiles.systemDirectory]
    }

    func files(of image: ModuleImage) -> ModuleFiles {
        // What has no build ID may be another file by the next time.
        guard !image.buildID.isEmpty else { return ModuleFiles(image: image, directories: directories) }
        let build = Build(name: image.fileName, id: image.buildID)
        if let known = opened[build]?.files { return known }
        opened = opened.filter { $0.value.files != nil }
        let files = ModuleFiles(image: image, directories: directories)
        opened[build] = Opened(files: files)
        return files
    }
}

struct MappedModule {
    /// Of the process that is asked about; the files' own image can be another's of the same build.
    let image: ModuleImage
    let files: ModuleFiles

    var symbols: SymbolTable? { files.symbols }
    var debug: DebugInfo? { files.debug }
    var loops: FrameLoops? { files.loops }

    func sourceFile(ofModule name: String) -> String? { files.sourceFile(ofModule: name) }

    func references(
        in part: SymbolTable.Function, where isTarget: (UInt64) -> Bool
    ) -> [SuspensionCode.Reference] { files.references(in: part, where: isTarget) }

    func isLinkage(_ address: UInt64) -> Bool { files.isLinkage(address) }

    func function(ofAsyncPointer pointer: UInt64) -> UInt64? { files.function(ofAsyncPointer: pointer) }
}
