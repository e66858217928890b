// Healthy: calls that block for 20 ms, on a pool of threads that has enough of them.

import Foundation
import NIOPosix

extension Ailment {
    static let healthyOffload = Ailment("healthy-offload", "blocking reads run on sixteen threads of their own") {
        let threads = NIOThreadPool(numberOfThreads: 16)
        threads.start()
        return PriceBoard().endpoints() + [
            Endpoint("GET /document/{id}", perSecond: 100) {
                _ = try await threads.runIfActive { DocumentStore.read(17) }
            }
        ]
    }
}

enum DocumentStore {
    /// From a disk that takes 20 ms.
    @inline(never)
    static func read(_ number: Int) -> Int {
        Thread.sleep(forTimeInterval: 0.02)
        return number
    }
}
