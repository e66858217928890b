// Images that are read on a queue for calls that block, as they should be; but it runs one at a time.

import Dispatch
import Foundation

extension Ailment {
    static let blockingPool = Ailment("blocking-pool", "blocking reads wait for each other on one serial queue") {
        let store = ImageStore()
        return PriceBoard().endpoints() + [
            Endpoint("GET /image/{id}", perSecond: 55) { _ = await store.image(17) }
        ]
    }
}

final class ImageStore: Sendable {
    // planted: begin
    private let queue = DispatchQueue(label: "image-store")
    // planted: end

    func image(_ number: Int) async -> Int {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Self.read(number)) }
        }
    }

    /// From a disk that takes 15 ms.
    @inline(never)
    private static func read(_ number: Int) -> Int {
        Thread.sleep(forTimeInterval: 0.015)
        return number
    }
}
