// Pictures whose tiles are drawn in a new buffer each, which the system has to find, clear and take back.

/// The C library has it in a header that Swift does not import.
@_silgen_name("mallopt") private func mallopt(_ parameter: Int32, _ value: Int32) -> Int32

extension Ailment {
    static let bigBuffers = Ailment("big-buffers", "each tile of a picture is drawn in a new buffer of 256 KiB") {
        // As services do so that they give memory back: every buffer from 128 KiB on comes from the system.
        let mmapThreshold: Int32 = -3
        _ = mallopt(mmapThreshold, 128 << 10)
        let renderer = FrameRenderer(tiles: 36)
        return PriceBoard().endpoints() + [
            Endpoint("GET /frame/{id}", perSecond: 150) {
                try await Task.sleep(for: .milliseconds(2))
                _ = renderer.frame(17)
            }
        ]
    }
}

struct FrameRenderer: Sendable {
    /// Of a picture.
    var tiles: Int

    // planted: begin
    /// How bright the picture is.
    @inline(never)
    func frame(_ number: Int) -> Int {
        var brightness = 0
        for tile in 0..<tiles {
            let pixels = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 256 * 256)
            defer { pixels.deallocate() }
            for row in stride(from: 0, to: 256, by: 16) {
                pixels[row * 256] = UInt32(truncatingIfNeeded: number ^ row ^ tile)
                brightness += Int(pixels[row * 256])
            }
        }
        return brightness
    }
    // planted: end
}
