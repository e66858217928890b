// The library that observes programs which do not link Pollscope: where it is.

import Glibc
import Sessions

struct PreloadLibrary {
    static let name = "libPollscopePreload.so"
    static let build = "swift build -c release --product PollscopePreload"

    let path: String

    /// The library that POLLSCOPE_PRELOAD names; else the one beside this command, or in the lib folder beside its
    /// own. Nil: there is none.
    ///
    /// - Throws: POLLSCOPE_PRELOAD names none, or the library is one that cannot be preloaded.
    static func find() throws(Failure) -> PreloadLibrary? {
        if let given = Console.environment("POLLSCOPE_PRELOAD"), !given.isEmpty {
            let path = given.hasPrefix("/") ? given : workingFolder + "/" + given
            return try PreloadLibrary(checked: path, remedy: "Set POLLSCOPE_PRELOAD to the path of \(name).")
        }
        for path in places where access(path, F_OK) == 0 {
            return try PreloadLibrary(checked: path, remedy: "Build it anew: \(build)")
        }
        return nil
    }

    /// Where it is looked for.
    static var places: [String] {
        guard let command = ProcessFiles.own.executable, let end = command.lastIndex(of: "/") else { return [] }
        return ["\(command[..<end])/\(name)", "\(command[..<end])/../lib/\(name)"]
    }

    private static var workingFolder: String {
        guard let folder = getcwd(nil, 0) else { return "." }
        defer { free(folder) }
        return String(cString: folder)
    }

    private init(checked path: String, remedy: String) throws(Failure) {
        guard access(path, F_OK) == 0 else {
            throw Failure(ExitStatus.noInput, "There is no \(path) to preload. \(remedy)")
        }
        guard let file = FileBytes(path: path) else {
            throw Failure(
                ExitStatus.noInput, "\(path), which is to be preloaded, cannot be read. See to its permissions.")
        }
        guard let image = ProgramImage(file), image.isNative, image.hasProbes, image.interpreter == nil else {
            throw Failure(ExitStatus.noInput, "\(path), which is to be preloaded, is not \(Self.name). \(remedy)")
        }
        // The dynamic linker takes them for the end of a path.
        guard !path.contains(where: { $0 == " " || $0 == ":" || $0 == "\t" || $0 == "\n" }) else {
            throw Failure(
                ExitStatus.noInput,
                "\(path) cannot be preloaded, because of the blank or colon in its path. Copy it to another place, and "
                    + "set POLLSCOPE_PRELOAD to that.")
        }
        self.path = path
    }

    /// The value of LD_PRELOAD: what is there already comes behind, so that an allocator is the next that is found.
    func value(before present: String?) -> String {
        guard let present, !present.isEmpty else { return path }
        return "\(path):\(present)"
    }
}
