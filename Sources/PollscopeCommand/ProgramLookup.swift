// Where the program of a command is: at its path, or in one of PATH's folders, as a shell finds it.

import Glibc

enum ProgramLookup {
    /// The path of a program that can be run.
    ///
    /// - Throws: what is in the way, and what to do about it.
    static func find(_ word: String) throws(Failure) -> String {
        if word.contains("/") {
            try check(word)
            return word
        }
        // What the C library searches where there is no PATH.
        let folders = (Console.environment("PATH") ?? "/bin:/usr/bin").split(
            separator: ":", omittingEmptySubsequences: false)
        var refused: Failure?
        for folder in folders {
            let path = folder.isEmpty ? "./\(word)" : "\(folder)/\(word)"
            var status = stat()
            guard !word.isEmpty, stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { continue }
            do {
                try check(path)
                return path
            } catch {
                refused = refused ?? error
            }
        }
        if let refused { throw refused }
        let isHere = !word.isEmpty && access("./\(word)", X_OK) == 0
        throw Failure(
            ExitStatus.noInput,
            "There is no command \(word) in the folders of PATH. "
                + (isHere ? "The one in this folder is ./\(word)." : "Give the program's path."))
    }

    /// Whether the kernel would try to run the file.
    static func check(_ path: String) throws(Failure) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            guard errno == ENOENT else {
                throw Failure(ExitStatus.noInput, "\(path) cannot be run: \(reason). See to its path.")
            }
            if lstat(path, &status) == 0 {
                throw Failure(
                    ExitStatus.noInput,
                    "\(path) cannot be run: it is a link to something that is not there. Give the program itself.")
            }
            throw Failure(ExitStatus.noInput, "There is no command \(path). Give the path of a program.")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR:
            throw Failure(
                ExitStatus.noInput, "\(path) cannot be run: it is a folder. Give the path of the program in it.")
        default:
            throw Failure(
                ExitStatus.noInput, "\(path) cannot be run: it is not a file. Give the path of a program.")
        }
        guard access(path, X_OK) == 0 else {
            throw Failure(
                ExitStatus.noInput,
                "\(path) cannot be run: it is not executable. If it is a program: chmod +x \(path)")
        }
    }
}
