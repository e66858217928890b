// Holds JSON against a JSON Schema, for the keywords that our schemas use; any other keyword is an error, since a
// keyword that is silently ignored checks nothing.

import Foundation

/// A JSON Schema of draft 2020-12, limited to `type`, `required`, `properties`, `items`, `enum`,
/// `additionalProperties` (`true` or `false`), `minimum`, `anyOf`, and `$ref` into `$defs`.
public struct JSONSchema {
    /// The schema itself is not one that this validator can apply.
    public struct Unsupported: Error, CustomStringConvertible {
        public var description: String
    }

    private static let annotations: Set<String> = ["$schema", "$id", "title", "description", "$defs"]
    private static let keywords: Set<String> = [
        "type", "required", "properties", "items", "enum", "additionalProperties", "minimum", "anyOf", "$ref",
    ]
    private static let typeNames: Set<String> = [
        "null", "boolean", "integer", "number", "string", "array", "object",
    ]

    private let root: [String: Any]

    /// Throws if the schema uses anything that the validator does not know.
    public init(_ text: Data) throws {
        guard let root = try JSONSerialization.jsonObject(with: text) as? [String: Any] else {
            throw Unsupported(description: "a schema must be an object")
        }
        self.root = root
        try Self.check(root, at: "#", definitions: root["$defs"] as? [String: Any] ?? [:])
        for (name, definition) in root["$defs"] as? [String: Any] ?? [:] {
            try Self.check(definition, at: "#/$defs/\(name)", definitions: root["$defs"] as? [String: Any] ?? [:])
        }
    }

    /// What in `text` does not obey the schema, as sentences with the place; empty if all does.
    public func violations(in text: Data) throws -> [String] {
        var violations: [String] = []
        validate(try JSONSerialization.jsonObject(with: text, options: .fragmentsAllowed), root, at: "$", &violations)
        return violations
    }

    private static func check(_ schema: Any, at place: String, definitions: [String: Any]) throws {
        guard let schema = schema as? [String: Any] else {
            throw Unsupported(description: "\(place): a schema must be an object")
        }
        for keyword in schema.keys where !keywords.contains(keyword) && !annotations.contains(keyword) {
            throw Unsupported(description: "\(place): unknown keyword \(keyword)")
        }
        for name in try types(of: schema, at: place) ?? [] where !typeNames.contains(name) {
            throw Unsupported(description: "\(place): unknown type \(name)")
        }
        if let more = schema["additionalProperties"], boolean(more) == nil {
            throw Unsupported(description: "\(place): additionalProperties must be true or false")
        }
        if let reference = schema["$ref"], definition(reference, in: definitions) == nil {
            throw Unsupported(description: "\(place): \(reference) leads nowhere")
        }
        if let choices = schema["anyOf"] {
            guard let choices = choices as? [Any], !choices.isEmpty else {
                throw Unsupported(description: "\(place): anyOf must be a list of schemas")
            }
            for (index, choice) in choices.enumerated() {
                try check(choice, at: "\(place)/anyOf/\(index)", definitions: definitions)
            }
        }
        if let items = schema["items"] { try check(items, at: place + "/items", definitions: definitions) }
        for (name, property) in schema["properties"] as? [String: Any] ?? [:] {
            try check(property, at: "\(place)/properties/\(name)", definitions: definitions)
        }
    }

    private static func types(of schema: [String: Any], at place: String) throws -> [String]? {
        guard let type = schema["type"] else { return nil }
        if let name = type as? String { return [name] }
        guard let names = type as? [String] else { throw Unsupported(description: "\(place): type must be text") }
        return names
    }

    private static func definition(_ reference: Any, in definitions: [String: Any]) -> [String: Any]? {
        guard let reference = reference as? String, reference.hasPrefix("#/$defs/") else { return nil }
        return definitions[String(reference.dropFirst("#/$defs/".count))] as? [String: Any]
    }

    private func validate(_ value: Any, _ schema: [String: Any], at place: String, _ violations: inout [String]) {
        if let reference = schema["$ref"],
            let definition = Self.definition(reference, in: root["$defs"] as? [String: Any] ?? [:])
        {
            validate(value, definition, at: place, &violations)
        }
        if let choices = schema["anyOf"] as? [[String: Any]] {
            // Those of the choice that comes nearest: the others say what the value was never meant to be.
            let tried = choices.map { choice in
                var violations: [String] = []
                validate(value, choice, at: place, &violations)
                return violations
            }
            violations += tried.min { $0.count < $1.count } ?? []
        }
        let type = Self.type(of: value)
        if let allowed = try? Self.types(of: schema, at: place),
            !allowed.contains(type), !(type == "integer" && allowed.contains("number"))
        {
            violations.append("\(place) is \(type), not \(allowed.joined(separator: " or "))")
            return
        }
        if let allowed = schema["enum"] as? [Any], !allowed.contains(where: { Self.equal($0, value) }) {
            violations.append("\(place) is \(value), which is none of \(allowed)")
        }
        if let minimum = schema["minimum"] as? NSNumber, let number = value as? NSNumber,
            ["integer", "number"].contains(type), number.doubleValue < minimum.doubleValue
        {
            violations.append("\(place) is \(number), less than \(minimum)")
        }
        if let elements = value as? [Any], let items = schema["items"] as? [String: Any] {
            for (index, element) in elements.enumerated() {
                validate(element, items, at: "\(place)[\(index)]", &violations)
            }
        }
        if let members = value as? [String: Any] { validate(members: members, schema, at: place, &violations) }
    }

    private func validate(
        members: [String: Any], _ schema: [String: Any], at place: String, _ violations: inout [String]
    ) {
        let properties = schema["properties"] as? [String: Any] ?? [:]
        for key in schema["required"] as? [String] ?? [] where members[key] == nil {
            violations.append("\(place) has no \(key)")
        }
        for (key, member) in members.sorted(by: { $0.key < $1.key }) {
            if let property = properties[key] as? [String: Any] {
                validate(member, property, at: "\(place).\(key)", &violations)
            } else if let more = schema["additionalProperties"], Self.boolean(more) == false {
                violations.append("\(place).\(key) is not in the schema")
            }
        }
    }

    private static func type(of value: Any) -> String {
        switch value {
        case is NSNull: return "null"
        case is String: return "string"
        case is [Any]: return "array"
        case is [String: Any]: return "object"
        case let number as NSNumber:
            if boolean(number) != nil { return "boolean" }
            return number.doubleValue == number.doubleValue.rounded() ? "integer" : "number"
        default: return "unknown"
        }
    }

    /// The truth value, if `value` was `true` or `false` in the text: those are kept as single bytes, numbers never.
    private static func boolean(_ value: Any) -> Bool? {
        guard let number = value as? NSNumber, String(cString: number.objCType) == "c" else { return nil }
        return number.boolValue
    }

    private static func equal(_ a: Any, _ b: Any) -> Bool {
        type(of: a) == type(of: b) && (a as? NSObject)?.isEqual(b as? NSObject) ?? false
    }
}
