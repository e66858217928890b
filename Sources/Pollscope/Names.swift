// Hands names over to C without a copy.

/// Calls `body` with the bytes of `name`, and how many there are. Swift's own strings are not copied for it.
func withBytes<Value>(of name: String, _ body: (UnsafePointer<UInt8>, UInt64) -> Value) -> Value {
    var name = name
    return name.withUTF8 { bytes in
        // Safe: the bytes are read during the call only, and no more than there are.
        guard let first = bytes.baseAddress else { return withUnsafePointer(to: 0) { body($0, 0) } }
        return body(first, UInt64(bytes.count))
    }
}
