// `pollscope serve` runs another program: which one, and what it says if there is none.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The verb serve runs the collector's program", .serialized)
struct ServeTests {
    /// A copy of the command, so that what is beside it is known.
    private func copy(in place: Workplace) throws -> String {
        let path = place.folder.file("pollscope")
        try FileManager.default.copyItem(atPath: BuiltPrograms.path(of: "pollscope"), toPath: path)
        return path
    }

    private func program(saying words: String, at path: String, mode: mode_t = 0o755) throws {
        try Data("#!/bin/sh\necho \"\(words)\" \"$@\"\nexit 7\n".utf8).write(to: URL(filePath: path))
        #expect(chmod(path, mode) == 0)
    }

    @Test("The one beside the command, before one on PATH; it gets all arguments, and its status is the command's")
    func found() throws {
        let place = try Workplace()
        let command = try copy(in: place)
        let folder = try place.folder.makeFolder("programs")
        let path = ["PATH": "\(folder):/usr/bin:/bin"]
        try program(saying: "on PATH", at: "\(folder)/pollscope-serve")
        let ending = try place.run([command, "serve", "--listen", "127.0.0.1:1", "--help", "a b"], with: path)
        #expect(ending.status == 7)
        #expect(ending.output == "on PATH --listen 127.0.0.1:1 --help a b\n")
        try program(saying: "beside", at: place.folder.file("pollscope-serve"))
        #expect(try place.run([command, "serve"], with: path).output == "beside\n")
    }

    @Test("There is none, or only one that anybody could have written")
    func missing() throws {
        let place = try Workplace()
        let command = try copy(in: place)
        let none = try place.run([command, "serve"], with: ["PATH": "/nowhere:."])
        #expect(none.status == 66, "\(none)")
        #expect(none.errors.contains("swift build -c release --package-path tools/serve --product pollscope-serve"))
        let open = place.folder.file("pollscope-serve")
        try program(saying: "anybody's", at: open, mode: 0o777)
        let refused = try place.run([command, "serve"], with: ["PATH": "/nowhere"])
        #expect(refused.status == 66 && refused.output == "", "\(refused)")
        #expect(refused.errors.contains("chmod o-w \(open)"))
    }

    @Test("Help lists it")
    func help() throws {
        #expect(try Workplace().pollscope("--help").output.contains("  serve  "))
    }
}
