// Where work runs that blocks or computes: on the runtime's own threads, which is the ailment, or on others.

import NIOPosix

enum Workplace: Sendable {
    /// In the task that asks for it: as long as it takes, one of the runtime's threads does nothing else.
    case here
    case threads(NIOThreadPool)

    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        switch self {
        case .here: try work()
        case .threads(let pool): try await pool.runIfActive(work)
        }
    }

    /// Threads of its own, which are started.
    static func threads(_ count: Int) -> Workplace {
        let pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
        return .threads(pool)
    }

    func close() async throws {
        if case .threads(let pool) = self { try await pool.shutdownGracefully() }
    }
}
