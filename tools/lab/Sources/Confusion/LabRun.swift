// One service of the lab: run, recorded, checked, reported.

import AilmentModel
import Foundation

struct LabRun {
    var pollscope: String
    var ailments: String
    var seconds: Double
    /// For the recording, the report, and what the programs wrote.
    var folder: String

    /// What the report finds, and how many processors others kept busy while the service ran.
    func findings(of name: String) throws -> (findings: [ReportedFinding], others: Double) {
        let others = OtherWork()
        let recording = "\(folder)/\(name).pollscope"
        // The service lives longer than it is recorded: what it does at its end is no concern of anybody's.
        try check(
            "record", within: seconds + 30, allowing: [0, 128 + SIGTERM],
            words: ["record", "--force", "--output", recording, "--duration", "\(seconds)s", "--"]
                + [ailments, "run", name, "--seconds", "\(seconds + 10)"])
        let othersProcessors = others.processors
        try check("verify", within: 120, words: ["verify", recording])
        try check("report", within: 120, words: ["report", "--format", "json", recording])
        let report = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/report.out"))
        return (try ReportedFinding.all(inReport: report), othersProcessors)
    }

    private func check(
        _ verb: String, within limit: Double, allowing statuses: Set<Int32> = [0], words: [String]
    ) throws {
        let (output, errors) = ("\(folder)/\(verb).out", "\(folder)/\(verb).err")
        let ending = try BoundedProcess.run([pollscope] + words, output: output, errors: errors, seconds: limit)
        guard let status = ending.status else { throw LabFailure("\(verb) took over \(Int(limit)) s, and was ended") }
        guard statuses.contains(status) else {
            throw LabFailure("\(verb) ended with \(status): \(lastLine(of: verb == "verify" ? output : errors))")
        }
    }

    private func lastLine(of path: String) -> String {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "it wrote nothing"
    }
}
