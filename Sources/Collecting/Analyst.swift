// Analyses recordings of the last seconds, one at a time on a thread of its own, so that nobody is followed any later.

import Analysis
import Diagnosis
import Recording
import Reporting
import Sessions
import Symbols
import Synchronization

final class Analyst: Sendable {
    /// What the thread has; nobody else touches it.
    private final class Desk: @unchecked Sendable {
        // Safe: all uses are in work of the one thread.
        let modules: SharedModuleFiles
        /// By process: names that were looked up for the diagnosis before.
        var symbolizers: [Int32: Symbolizer] = [:]

        init(debugDirectories: [String]) { modules = SharedModuleFiles(debugDirectories: debugDirectories) }

        func symbolizer(for reader: RecordingReader) -> Symbolizer {
            let process = reader.info.processID
            if let known = symbolizers[process] { return known }
            let new = Symbolizer(
                modules: reader.modules, sharing: modules, root: ProcessFiles(processID: process).root)
            symbolizers[process] = new
            return new
        }

        func model(of bytes: [UInt8]) throws(RecordingError) -> ReportModel {
            let reader = try RecordingReader(bytes: bytes)
            let symbolizer = symbolizer(for: reader)
            // The next time most of what is asked is remembered.
            defer { symbolizer.closeFiles() }
            return ReportModel.analyzingAlone(reader, symbolizer: symbolizer)
        }
    }

    private let thread = WorkThread(name: "pollscope-think", niceness: 10)
    private let desk: Desk

    init(debugDirectories: [String]) { desk = Desk(debugDirectories: debugDirectories) }

    /// Work that has not begun.
    var pending: Int { thread.pending }

    func end() { thread.end() }

    /// Diagnoses a recording; `nil` to `body` if it cannot be read, and how long it took.
    func diagnose(_ bytes: [UInt8], _ body: @escaping @Sendable (SessionDiagnosis?, _ seconds: Double) -> Void) {
        thread.run { [desk] in
            let begun = CollectorClock.threadCPUSeconds
            let diagnosis = (try? desk.model(of: bytes)).map { SessionDiagnosis($0, at: CollectorClock.wall) }
            body(diagnosis, CollectorClock.threadCPUSeconds - begun)
        }
    }

    /// What `pollscope report` says of a recording.
    func report(
        _ bytes: [UInt8], isJSON: Bool, _ body: @escaping @Sendable (ReportAnswer) -> Void
    ) {
        thread.run { [desk] in
            do throws(RecordingError) {
                let model = try desk.model(of: bytes)
                body(.found(isJSON ? JSONReport().text(of: model) : TextReport(width: 100).text(of: model)))
            } catch {
                body(.unavailable(error.description))
            }
        }
    }

    /// Other work that takes its time.
    func run(_ work: @escaping @Sendable () -> Void) { thread.run(work) }

    /// A process is gone: its number will be another's.
    func forget(process: Int32) { thread.run { [desk] in desk.symbolizers[process] = nil } }
}
