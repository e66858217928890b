// Where the separate debug file of a stripped binary may lie, by the conventions that gdb and elfutils share.

enum DebugFiles {
    static let systemDirectory = "/usr/lib/debug"

    /// `.build-id/ab/cdef….debug`, or `nil` when the build ID is too short to be one.
    static func relativePath(ofBuildID id: [UInt8]) -> String? {
        guard id.count >= 2, id.count <= 64 else { return nil }
        let digits = id.map(hexadecimal)
        return ".build-id/\(digits[0])/\(digits.dropFirst().joined()).debug"
    }

    /// Paths to try, best first. The caller checks what it opens: a path by name alone proves nothing.
    static func candidates(for image: ModuleImage, link: String?, directories: [String]) -> [String] {
        let folder =
            image.path.lastIndex(of: "/").map { String(image.path[..<$0]) } ?? "."
        var paths: [String] = []
        if let relative = relativePath(ofBuildID: image.buildID) {
            paths += directories.map { "\($0)/\(relative)" }
            paths.append("\(folder)/\(relative)")
        }
        var names = ["\(image.fileName).debug"]
        // A link is a file name by definition; a path in it would let a file send us anywhere.
        if let link, !link.isEmpty, !link.contains("/") { names.insert(link, at: 0) }
        for name in names {
            paths += ["\(folder)/\(name)", "\(folder)/.debug/\(name)"]
            paths += directories.flatMap {
                ["\($0)\(folder.hasPrefix("/") ? folder : "/" + folder)/\(name)", "\($0)/\(name)"]
            }
        }
        return paths.filter { $0 != image.path }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }
}
