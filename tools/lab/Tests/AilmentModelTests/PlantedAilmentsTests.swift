// The lab's own ground truth is whole: every service has its expectation, and every expectation its service.

import AilmentModel
import Foundation
import Testing

@Suite struct PlantedAilmentsTests {
    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Sources/Ailments").standardizedFileURL.path

    private let truths: GroundTruths

    init() throws { truths = try GroundTruths(sources: Self.sources) }

    @Test func everyFolderIsAServiceWithItsExpectation() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources)
            .filter { !$0.hasSuffix(".swift") && $0 != "Harness" }
        #expect(truths.expectations.count == folders.count)
        for folder in folders {
            let files = try FileManager.default.contentsOfDirectory(atPath: "\(Self.sources)/\(folder)")
            let code = files.filter { $0.hasSuffix(".swift") }
                .compactMap { try? String(contentsOfFile: "\(Self.sources)/\(folder)/\($0)", encoding: .utf8) }
                .joined()
            let json = try Data(contentsOf: URL(fileURLWithPath: "\(Self.sources)/\(folder)/expected.json"))
            let expectation = try Expectation(json: json, path: folder)
            #expect(code.contains("\"\(expectation.name)\""), "\(folder)")
        }
    }

    @Test func whatIsPlantedInALineSaysWhichFunction() {
        for expectation in truths.expectations where !expectation.expectedFiles.isEmpty {
            #expect(expectation.functions?.isEmpty == false, "\(expectation.name)")
        }
        #expect(Set(truths.expectations.map(\.name)).count == truths.expectations.count)
    }

    @Test func whatIsAllowedBesidesHasAReason() {
        for allowed in truths.expectations.flatMap({ $0.alsoAllowed ?? [] }) { #expect(allowed.because.count > 20) }
    }

    @Test func healthyServicesPromiseNothing() throws {
        let healthy = try truths.named([]).filter(\.isHealthy)
        #expect(healthy.count >= 8)
        #expect(healthy.allSatisfy { $0.name.hasPrefix("healthy-") && $0.functions == nil && $0.alsoAllowed == nil })
        #expect(throws: LabFailure.self) { try truths.named(["no-such-service"]) }
    }
}
