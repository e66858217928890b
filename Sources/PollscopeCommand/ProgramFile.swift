// What the kernel makes of a file that it is asked to run: an image, or a script that another file runs.

import Glibc

@_silgen_name("getxattr") private func getxattr(
    _ path: UnsafePointer<CChar>, _ name: UnsafePointer<CChar>, _ value: UnsafeMutableRawPointer?, _ size: Int
) -> Int

struct ProgramFile {
    enum Content {
        case script(interpreter: String)
        case image(ProgramImage)
        /// Neither, or nothing that we may read.
        case unknown
    }

    /// Whose rights the program gets when it is run, if not those of who runs it.
    enum Rights: Equatable {
        case sameAsCaller
        case ofUser(uid_t)
        case ofGroup(gid_t)
        case capabilities
    }

    let path: String
    let content: Content
    let rights: Rights

    init(path: String) {
        self.path = path
        let file = FileBytes(path: path)
        if let image = file.flatMap({ ProgramImage($0) }) {
            content = .image(image)
            rights = Self.rights(of: path)
        } else {
            content = Self.script(file?.bytes(at: 0, count: 256) ?? [])
            rights = .sameAsCaller  // the kernel heeds such marks of programs only
        }
    }

    /// The kernel reads one line: the interpreter's path, and one word for it.
    private static func script(_ start: [UInt8]) -> Content {
        guard start.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) else { return .unknown }
        let line = start.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
        let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t")]
        let interpreter = line.drop { blanks.contains($0) }.prefix { !blanks.contains($0) }
        return interpreter.isEmpty ? .unknown : .script(interpreter: String(decoding: interpreter, as: UTF8.self))
    }

    private static func rights(of path: String) -> Rights {
        var status = stat()
        var place = statvfs()
        guard stat(path, &status) == 0, statvfs(path, &place) == 0,
            place.f_flag & UInt(ST_NOSUID) == 0
        else { return .sameAsCaller }
        if status.st_mode & S_ISUID != 0, status.st_uid != getuid() { return .ofUser(status.st_uid) }
        // Without the group's right to run it, the mark means something else.
        if status.st_mode & S_ISGID != 0, status.st_mode & S_IXGRP != 0, status.st_gid != getgid() {
            return .ofGroup(status.st_gid)
        }
        if getuid() != 0, getxattr(path, "security.capability", nil, 0) > 0 { return .capabilities }
        return .sameAsCaller
    }

    /// The files that are run, each by the next: scripts, and the program at the end.
    ///
    /// - Throws: an interpreter that cannot be run.
    static func chain(from path: String) throws(Failure) -> [ProgramFile] {
        var chain = [ProgramFile(path: path)]
        // The kernel goes no further.
        while chain.count < 5, let file = chain.last, case .script(let interpreter) = file.content {
            do {
                try ProgramLookup.check(interpreter)
            } catch {
                let ending = interpreter.hasSuffix("\r") ? " The line ends in a carriage return, as on Windows." : ""
                throw Failure(
                    error.status,
                    "\(file.path) is a script that names, in its first line, what cannot be run: "
                        + "\(interpreter.filter { $0 != "\r" }).\(ending) Correct that line.")
            }
            chain.append(ProgramFile(path: interpreter))
        }
        return chain
    }
}
