// Thumbnails that a library of callbacks makes, waited for with a semaphore.

import Dispatch

extension Ailment {
    static let dispatchSemaphore = Ailment("dispatch-semaphore", "a callback is waited for with a DispatchSemaphore") {
        let thumbnails = Thumbnails()
        return PriceBoard().endpoints() + [
            Endpoint("GET /thumbnail/{id}", perSecond: 14) {
                try await Task.sleep(for: .milliseconds(2))
                _ = thumbnails.thumbnail(of: 17)
            }
        ]
    }
}

/// A decoder with a chip of its own, which takes 30 ms and calls back.
struct ImageDecoder: Sendable {
    private let queue = DispatchQueue(label: "image-decoder")

    func decode(_ image: Int, completion: @escaping @Sendable (Int) -> Void) {
        queue.asyncAfter(deadline: .now() + .milliseconds(30)) { completion(image * 2) }
    }
}

final class Thumbnails: Sendable {
    private let decoder = ImageDecoder()

    // planted: begin
    @inline(never)
    func thumbnail(of image: Int) -> Int {
        let done = DispatchSemaphore(value: 0)
        // Written before the signal, and read after it.
        nonisolated(unsafe) var pixels = 0
        decoder.decode(image) { decoded in
            pixels = decoded
            done.signal()
        }
        done.wait()
        return pixels
    }
    // planted: end
}
