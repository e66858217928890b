// What is planted in a service, as the `expected.json` beside its code says.

import Foundation

package struct Expectation: Codable, Equatable, Sendable {
    /// A further finding that the same cause brings with it.
    package struct Allowed: Codable, Equatable, Sendable {
        package var kind: String
        package var because: String

        package init(kind: String, because: String) {
            self.kind = kind
            self.because = because
        }
    }

    /// Of a service in which nothing is planted.
    package static let healthy = "healthy"

    package var name: String
    package var kind: String?
    /// Where there are several at once.
    package var kinds: [String]?
    /// Those that may be named as the code at fault, as Pollscope prints them; nil: any, or none.
    package var functions: [String]?
    /// The file that the planted lines are marked in; nil: no line is at fault.
    package var file: String?
    package var files: [String]?
    /// What is at fault beside the code, such as a pool: its name, which a finding's subject or headline has in it.
    package var subject: String?
    package var alsoAllowed: [Allowed]?

    package init(
        name: String, kind: String? = nil, kinds: [String]? = nil, functions: [String]? = nil, file: String? = nil,
        files: [String]? = nil, subject: String? = nil, alsoAllowed: [Allowed]? = nil
    ) {
        self.name = name
        self.kind = kind
        self.kinds = kinds
        self.functions = functions
        self.file = file
        self.files = files
        self.subject = subject
        self.alsoAllowed = alsoAllowed
    }

    package init(json: Data, path: String) throws {
        do {
            self = try JSONDecoder().decode(Expectation.self, from: json)
        } catch {
            throw LabFailure("\(path) is no expectation: \(error)")
        }
        guard (kind == nil) != (kinds == nil) else {
            throw LabFailure("\(path) says neither kind nor kinds, or both: give one of them.")
        }
    }

    package var isHealthy: Bool { kind == Self.healthy }

    /// Empty: nothing may be found.
    package var expectedKinds: [String] { isHealthy ? [] : kinds ?? [kind].compactMap { $0 } }

    package var expectedFiles: [String] { files ?? [file].compactMap { $0 } }
}

/// What is in the way of a run, and what to do.
package struct LabFailure: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
