// Why the names of a module are missing or poor, in words that say what to do about it.

/// What stands between a module's addresses and their names.
public struct ModuleProblem: Sendable, Hashable {
    public enum Kind: String, Sendable {
        /// There is no such file, or it may not be read.
        case missing
        /// The file is not a whole 64-bit little-endian ELF file.
        case unreadable
        /// The file is not the one that the process loaded.
        case changed
        /// The file has no symbol table, only the names that it exports, if any.
        case stripped
        /// The file has names, but no files and lines.
        case noDebugInformation
    }

    public var kind: Kind
    public var path: String
    /// What happened, and what gives the names back.
    public var sentence: String

    init(_ kind: Kind, of image: ModuleImage, detail: String = "") {
        self.kind = kind
        path = image.path
        let keep = Self.remedy(for: image)
        sentence =
            switch kind {
            case .missing:
                "\(image.path) cannot be read\(detail): its frames are shown as addresses. "
                    + "Run the analysis where the file is, or \(keep)."
            case .unreadable:
                "\(image.path) is not a whole ELF file\(detail): its frames are shown as addresses. "
                    + "Put back the file that the process was started from, or \(keep)."
            case .changed:
                "\(image.path) has changed on disk since the process loaded it (its build ID differs): "
                    + "nothing is named from it. "
                    + "Put back the build that the process was started from, or \(keep)."
            case .stripped:
                "\(image.path) is stripped: functions that it does not export are shown as addresses. "
                    + "Deploy the unstripped file, or \(keep)."
            case .noDebugInformation:
                "\(image.path) has no debug information: functions are named, but files and lines are not known. "
                    + "Build it with -g (swift build does), or \(keep)."
            }
    }

    private static func remedy(for image: ModuleImage) -> String {
        guard let relative = DebugFiles.relativePath(ofBuildID: image.buildID) else {
            return "pass the directory that holds its debug file, and build it with a build ID"
        }
        return "install its debug file as /usr/lib/debug/\(relative), or pass the directory that holds \(relative)"
    }
}
