// Where the bytes of a recording go.

/// Takes a recording's bytes, a whole chunk at a time.
public protocol ByteSink: AnyObject {
    /// Writes all of `bytes`. After an error nothing more is written.
    func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError)

    /// Ends writing; errors that the system kept back are thrown now. Nothing is written afterwards.
    func close() throws(RecordingError)
}

/// Keeps the bytes in memory: for a report of a session that nobody wants a file of.
public final class MemorySink: ByteSink {
    public private(set) var bytes: [UInt8] = []

    /// - Parameter byteCount: as many bytes as are expected.
    public init(reserving byteCount: Int = 0) { bytes.reserveCapacity(byteCount) }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(RecordingError) {
        self.bytes.append(contentsOf: bytes)
    }

    public func close() throws(RecordingError) {}
}
