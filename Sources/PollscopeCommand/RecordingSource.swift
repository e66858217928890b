// From what the user typed to something that can be analysed: a recording, or a session recorded into memory.

import Glibc
import Recording
import Sessions

enum RecordingSource {
    /// A file that is no recording may be a session file; what is no file is a pid or a program's name.
    static func open(_ source: String) throws -> RecordingReader {
        var status = stat()
        let isFile = stat(source, &status) == 0
        if isFile, !source.hasSuffix(".session") { return try RecordingReader(path: source) }
        if !isFile, !source.hasSuffix(".session"), source.contains("/") || source.hasSuffix(".pollscope") {
            return try RecordingReader(path: source)  // fails in the recording's own words
        }
        let folders = SessionFolder.all(environment: Console.sessionEnvironment)
        let file = try SessionQuery(source).find(in: folders)
        let sink = MemorySink()
        let recorder = try Recorder(session: file, sink: sink, from: .oldest)
        try recorder.finish()
        return try RecordingReader(bytes: sink.bytes)
    }
}
