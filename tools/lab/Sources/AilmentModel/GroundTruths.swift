// The expectations of all services, and the lines that are marked in their code.

import Foundation

package struct GroundTruths {
    /// By the order of their folders.
    package private(set) var expectations: [Expectation] = []
    /// By the file's name.
    package private(set) var planted: [String: PlantedLines] = [:]

    package init(sources: String) throws {
        let files = FileManager.default
        for folder in try files.contentsOfDirectory(atPath: sources).sorted() {
            let path = "\(sources)/\(folder)"
            guard let json = files.contents(atPath: "\(path)/expected.json") else { continue }
            expectations.append(try Expectation(json: json, path: "\(path)/expected.json"))
            for file in try files.contentsOfDirectory(atPath: path) where file.hasSuffix(".swift") {
                let source = String(decoding: files.contents(atPath: "\(path)/\(file)") ?? Data(), as: UTF8.self)
                guard source.contains("// planted:") else { continue }
                planted[file] = try PlantedLines(markedIn: source, path: "\(path)/\(file)")
            }
        }
        for expectation in expectations {
            for file in expectation.expectedFiles where planted[file] == nil {
                throw LabFailure("\(expectation.name) is planted in \(file), where nothing is marked.")
            }
        }
    }

    /// Those of these names, in their order; of none, all.
    package func named(_ names: [String]) throws -> [Expectation] {
        guard !names.isEmpty else { return expectations }
        return try names.map { name in
            guard let found = expectations.first(where: { $0.name == name }) else {
                throw LabFailure(
                    "there is no service \(name): there are \(expectations.map(\.name).joined(separator: ", ")).")
            }
            return found
        }
    }
}
