// Threads beside the runtime's, by name.

import Foundation

enum OwnThread {
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        Thread.detachNewThread {
            Thread.current.name = name
            body()
        }
    }

    /// What `work` returns, which would hold up the runtime's threads.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            start("setting-up") { continuation.resume(with: Result(catching: work)) }
        }
    }
}
