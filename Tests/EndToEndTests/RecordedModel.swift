// A recording's report as values: as the command makes it, before anything is rounded or left out.

import Analysis
import Recording
import Symbols
import TestSupport
import Testing

extension Workplace {
    func model(of recording: String) async throws -> ReportModel {
        let reader = try RecordingReader(path: recording)
        return await ReportModel.analyzing(reader, symbolizer: Symbolizer(modules: reader.modules))
    }

    /// Runs a program, records it, and checks what must hold of any recording.
    func recorded(
        _ words: [String], on threads: Scenario.Threads = .all, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> (model: ReportModel, ending: ChildProcess.Ending) {
        environment["POLLSCOPE_RING"] = "262144"  // nothing is to be lost, however late the reader is
        let recording = folder.file("recording")
        let command = threads == .one ? ["taskset", "-c", Processors.first] + words : words
        let ending = try run([BuiltPrograms.path(of: "pollscope"), "record", "-o", recording, "--"] + command)
        try #require(ending.status == 0, "\(ending)", sourceLocation: sourceLocation)
        try expectLawful(recording, sourceLocation: sourceLocation)
        _ = try report(of: recording, sourceLocation: sourceLocation)
        let model = try await model(of: recording)
        #expect(model.requests.recordsLost == 0, sourceLocation: sourceLocation)
        #expect(model.requests.recordsUnrecorded == 0, sourceLocation: sourceLocation)
        return (model, ending)
    }
}
