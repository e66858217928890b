// How a command is run so that it is observed: whether the library is preloaded into it, what is in the way, and what
// is to be said if nothing of it was observed.

import Glibc

struct LaunchPlan {
    let words: [String]
    /// The path of the program.
    let program: String
    /// The value of LD_PRELOAD that the program gets; nil: what this command has.
    private(set) var preloaded: String?
    /// To be said before it runs.
    private(set) var warning: String?
    /// Why nothing of it may have been observed, and what to do.
    private(set) var explanation = ""

    private static let linkIt = """
        link the package's library Pollscope into it and write `try? Pollscope.start()` as the first line of main
        """

    /// - Throws: the command cannot be run; or it can be told before it runs that nothing of it would be observed.
    init(_ words: [String], preloads: Bool) throws(Failure) {
        self.words = words
        program = try ProgramLookup.find(words[0])
        let chain = try ProgramFile.chain(from: program)
        let image: ProgramImage? = if case .image(let image) = chain[0].content { image } else { nil }
        if let image { try checkInterpreter(of: image, at: program) }

        if let image, image.hasProbes {
            // Nothing is preloaded into it, so that there is one copy of the probes.
            explanation = """
                It links Pollscope, and has not started it: write `try? Pollscope.start()` as the first line of main.
                """
        } else if !preloads {
            explanation = """
                It does not link Pollscope, and nothing was preloaded into it: leave out --no-preload, or \
                \(Self.linkIt).
                """
        } else {
            for file in chain {
                if let obstacle = Self.obstacle(of: file, isCommand: file.path == program) {
                    throw Failure(ExitStatus.noInput, obstacle)
                }
            }
            try preload(into: chain, image)
        }
        if let value = Console.environment("POLLSCOPE"), ["off", "0", "no", "false"].contains(value.lowercased()) {
            explanation = "POLLSCOPE=\(value) says so: unset it."
        }
    }

    private mutating func preload(into chain: [ProgramFile], _ image: ProgramImage?) throws(Failure) {
        guard let library = try PreloadLibrary.find() else {
            let missing = """
                \(PreloadLibrary.name) is not beside this command. Build it: \(PreloadLibrary.build); or set \
                POLLSCOPE_PRELOAD to its path; or
                """
            if image?.hasSwift ?? false {
                throw Failure(
                    ExitStatus.noInput, "\(program) does not link Pollscope, and \(missing) \(Self.linkIt).")
            }
            warning = "Only a service that links Pollscope will be observed: \(missing) \(Self.linkIt)."
            explanation = "\(missing) \(Self.linkIt)."
            return
        }
        preloaded = library.value(before: Console.environment("LD_PRELOAD"))
        explanation = Self.explanation(of: chain[0], image)
    }

    private static func explanation(of file: ProgramFile, _ image: ProgramImage?) -> String {
        guard let image else {
            return """
                Nothing that it ran was a Swift service that Pollscope could observe. If one of them is a Swift service \
                that is linked statically, \(linkIt).
                """
        }
        if image.hasSwift {
            return """
                It ended before its main began, or its sessions are in another folder: see that it runs with the same \
                POLLSCOPE_DIR as this command.
                """
        }
        if image.interpreter == nil {
            return """
                It is a fully static program, into which nothing can be preloaded, and it ran no Swift service that \
                Pollscope could observe. If it is a Swift service, \(linkIt).
                """
        }
        return """
            It is no Swift program, and ran none that Pollscope could observe. Give the Swift service as the command, \
            or what runs it; if that is linked statically, \(linkIt).
            """
    }

    // MARK: What is in the way

    private func checkInterpreter(of image: ProgramImage, at path: String) throws(Failure) {
        guard let linker = image.interpreter, access(linker, F_OK) != 0 else { return }
        throw Failure(
            ExitStatus.noInput,
            "\(path) cannot be run: it asks for the dynamic linker \(linker), which is not there. It was built for "
                + "another system; build it for this one.")
    }

    /// A sentence, if it is certain that nothing can be preloaded: into the command, or into anything that a script's
    /// interpreter runs.
    private static func obstacle(of file: ProgramFile, isCommand: Bool) -> String? {
        guard case .image(let image) = file.content else { return nil }
        let path = file.path
        if !image.is64Bit {
            return "\(path) is a 32-bit program, and Pollscope observes 64-bit programs. Build it for this machine."
        }
        if !image.isNative {
            return "\(path) is a program for another kind of processor. Build it for this machine, or record it there."
        }
        switch file.rights {
        case .sameAsCaller: break
        case .ofUser(let user):
            return """
                \(path) runs with another user's rights (it is set-user-ID \(userName(user))), and the system keeps \
                preloaded libraries from such programs. Run pollscope as that user and have it run the service itself; \
                or \(linkIt).
                """
        case .ofGroup(let group):
            return """
                \(path) runs with another group's rights (it is set-group-ID \(group)), and the system keeps preloaded \
                libraries from such programs. Run pollscope with that group (sg), or record a copy of the program \
                without the mark; or \(linkIt).
                """
        case .capabilities:
            return """
                \(path) has capabilities of its own (setcap), and the system keeps preloaded libraries from such \
                programs. Run pollscope as root, or record a copy of the program, which has none; or \(linkIt).
                """
        }
        // What a script's interpreter runs may be another matter.
        guard isCommand, image.hasSwift else { return nil }
        if image.interpreter == nil {
            return """
                \(path) is fully static (-static-executable): nothing can be preloaded into it. Build it without that \
                option; or \(linkIt), and build it with -Xcc -DPOLLSCOPE_WITHOUT_CALLS.
                """
        }
        if image.hasOwnRuntime {
            return """
                \(path) has the Swift runtime linked in statically (--static-swift-stdlib), where a preloaded library \
                cannot find it. Build it without that option; or \(linkIt).
                """
        }
        return nil
    }

    private static func userName(_ user: uid_t) -> String {
        // Safe: the entry and its texts are the C library's, and copied at once; no other thread asks for users.
        guard let entry = getpwuid(user), let name = entry.pointee.pw_name else { return String(user) }
        return String(cString: name)
    }
}
