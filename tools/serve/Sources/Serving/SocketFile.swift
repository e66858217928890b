// The socket in the file system that the collector can listen on: nobody's is taken away, and none is left behind.

import Glibc

enum SocketFile {
    /// Removes what a collector that was killed left there.
    ///
    /// - Throws: somebody listens on it, or it is something else.
    static func clear(_ address: ListenAddress) throws(ServeError) {
        guard case .socket(let path) = address.place else { return }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ServeError(
                .unavailable, "\(path.printable) is there, and no socket: give another path with --listen.")
        }
        guard !isListenedOn(path) else {
            throw ServeError(
                .unavailable,
                "\(path.printable) is in use: another collector listens there. End it, or give another path with --listen."
            )
        }
        unlink(path)
    }

    /// The owner and the group may ask; nobody else.
    static func open(_ address: ListenAddress) {
        if case .socket(let path) = address.place { chmod(path, 0o660) }
    }

    static func remove(_ address: ListenAddress) {
        if case .socket(let path) = address.place { unlink(path) }
    }

    private static func isListenedOn(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        // Safe: the path is shorter than the field, by `ListenAddress`.
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        // Safe: the struct is an address of its family, and as long as is said.
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
