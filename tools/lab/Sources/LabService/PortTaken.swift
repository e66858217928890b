// A port that another program listens on, in words that say what to do about it.

import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

package struct PortTaken: Error, CustomStringConvertible {
    package var port: Int

    /// Nil: the error is another one.
    package init?(_ error: IOError, port: Int) {
        guard error.errnoCode == EADDRINUSE else { return nil }
        self.port = port
    }

    package var description: String { "port \(port) is taken: give another, or --port 0 for any that is free" }
}
