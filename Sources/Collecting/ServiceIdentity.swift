// Whose process it is: the names that OpenTelemetry gives to a service, from the environment it was started with.

import Sessions

/// What a service is called, and what else is known of it.
public struct ServiceIdentity: Sendable, Hashable {
    public var name: String
    public var namespace = ""
    public var version = ""
    public var environment = ""
    /// The executable's name.
    public var program: String

    /// - Parameters:
    ///   - environment: `NAME=value`, as a process was started with; empty if it cannot be read.
    ///   - executable: its path.
    public init(environment variables: [String], executable: String) {
        program = executable.split(separator: "/").last.map(String.init) ?? "unknown"
        name = program
        var given: [String: String] = [:]
        for variable in variables {
            guard let equals = variable.firstIndex(of: "=") else { continue }
            given[String(variable[..<equals])] = String(variable[variable.index(after: equals)...])
        }
        let attributes = Self.attributes(given["OTEL_RESOURCE_ATTRIBUTES"] ?? "")
        func text(_ value: String?) -> String? {
            guard let value, !value.isEmpty else { return nil }
            return String(value.unicodeScalars.prefix(Self.lengthMax))
        }
        name = text(given["OTEL_SERVICE_NAME"]) ?? text(attributes["service.name"]) ?? program
        namespace = text(attributes["service.namespace"]) ?? ""
        version = text(attributes["service.version"]) ?? ""
        environment =
            text(attributes["deployment.environment.name"]) ?? text(attributes["deployment.environment"]) ?? ""
    }

    private static let lengthMax = 100

    /// `key=value,key=value`; values are percent-encoded, as the OpenTelemetry specification of resources has it.
    private static func attributes(_ text: String) -> [String: String] {
        var result: [String: String] = [:]
        for pair in text.split(separator: ",") {
            guard let equals = pair.firstIndex(of: "=") else { continue }
            let key = pair[..<equals].filter { $0 != " " }
            result[String(key)] = decoded(pair[pair.index(after: equals)...])
        }
        return result
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        var trimmed = String(decoding: bytes, as: UTF8.self)[...]
        while trimmed.first == " " { trimmed.removeFirst() }
        while trimmed.last == " " { trimmed.removeLast() }
        return String(trimmed)
    }
}
