// `pollscope serve`: runs the collector of a machine, which is a program of its own.

import ArgumentParser
import Glibc
import Sessions

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Follow all services of this machine: metrics for Prometheus, recordings.",
        discussion: "Runs \(ServeProgram.name), with the same arguments; pollscope serve --help says which.")

    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("What pollscope serve --help lists.", valueName: "option"),
        completion: .shellCommand("\(ServeProgram.name) --list-options 2>/dev/null"))
    var options: [String] = []

    func run() throws {
        let path = try ServeProgram.find()
        var words: [UnsafeMutablePointer<CChar>?] = ([ServeProgram.name] + options).map { strdup($0) } + [nil]
        // As it was before this command: what is ignored stays so in the next program.
        signal(SIGPIPE, SIG_DFL)
        signal(SIGXFSZ, SIG_DFL)
        // Safe: the words end with a null, and are this process's last.
        execv(path, &words)
        let reason = String(cString: strerror(errno))
        for word in words { free(word) }
        throw Failure(ExitStatus.noInput, "\(path) cannot be run: \(reason).")
    }
}

/// The program that serves: beside this command, in the source tree that this command was built from, or on PATH.
enum ServeProgram {
    static let name = "pollscope-serve"
    static let build = "swift build -c release --package-path tools/serve --product \(name)"

    /// - Throws: there is none, or only one that somebody else could have put there.
    static func find() throws(Failure) -> String {
        var refused: String?
        for path in places {
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            guard status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 else { continue }
            guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & 0o002 == 0 else {
                refused = refused ?? path
                continue
            }
            return path
        }
        if let refused {
            throw Failure(
                ExitStatus.noInput,
                "\(refused) is not run, since another user could have written it. Make it yours, and writable by nobody "
                    + "else: chmod o-w \(refused)")
        }
        throw Failure(
            ExitStatus.noInput,
            "\(name) is not beside this command, nor on PATH: it is built apart. In the source tree of Pollscope: "
                + build)
    }

    private static var places: [String] {
        var places: [String] = []
        if let command = ProcessFiles.own.executable, let end = command.lastIndex(of: "/") {
            let folder = String(command[..<end])
            places.append("\(folder)/\(name)")
            // A build folder is three levels below its tree: .build/TRIPLE/release.
            let parts = folder.split(separator: "/")
            if let build = parts.lastIndex(where: { $0.hasPrefix(".build") }) {
                let tree = "/" + parts[..<build].joined(separator: "/")
                places.append("\(tree)/tools/serve/.build/release/\(name)")
            }
        }
        // Only folders that are given in full: what the working folder holds is anybody's.
        let folders = (Console.environment("PATH") ?? "/bin:/usr/bin").split(separator: ":")
        return places + folders.filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
    }
}
