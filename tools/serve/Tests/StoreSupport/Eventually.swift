// Waits until something is so, with a bound.

public struct DidNotHappen: Error, CustomStringConvertible {
    public var description: String
}

/// What `attempt` gives as soon as it gives something. An error in it is no end: a server may not be up yet.
public func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(60), attempt: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + limit
    var last = ""
    while ContinuousClock.now < end {
        do {
            if let value = try await attempt() { return value }
        } catch {
            last = ", and then \(error)"
        }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw DidNotHappen(description: "waited \(limit) in vain for \(what)\(last)")
}
