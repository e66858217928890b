// Where the programs are that the tests run: beside the tests' own executable, and in the optimised build's folder.

import Foundation

public enum BuiltPrograms {
    /// The folder of the build that the tests are part of.
    public static let folder: String = {
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return String(executable[..<(executable.lastIndex(of: "/") ?? executable.startIndex)])
    }()

    /// A program of this build.
    public static func path(of name: String) -> String { "\(folder)/\(name)" }

    /// The same program, optimised; nil where it has not been built.
    public static func optimisedPath(of name: String) -> String? {
        let build = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]
        let path = "\(build)/release/\(name)"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    /// Whether a missing precondition is a failure: on a machine that is set up to run all tests, it is.
    public static var everythingMustRun: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }
}
