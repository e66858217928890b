// What a service says of itself at its start: one line on standard output, where it listens, for a script that started it
// with port 0.

import NIOCore

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif

package func announce(_ address: SocketAddress?) {
    guard let port = address?.port else { return }
    print("listening on 127.0.0.1:\(port)")
    // A pipe is buffered by the block, and its reader waits for this line.
    fflush(stdout)
}
