// What systemd wants to know of a service of Type=notify: that it is ready, that it lives, that it stops.
//
// A datagram with a line each, to the socket that NOTIFY_SOCKET names; see sd_notify(3).

import Glibc

struct ServiceManager: Sendable {
    private let address: String
    /// How often it wants to hear that the service lives; `nil`: never.
    let watchdog: Duration?

    /// `nil`: nobody asked.
    init?(environment: [String: String], processID: pid_t = getpid()) {
        // A path, or @ and a name that is in no file system.
        guard let address = environment["NOTIFY_SOCKET"], let first = address.first, first == "/" || first == "@",
            address.utf8.count < 108
        else { return nil }
        self.address = address
        let isForUs = environment["WATCHDOG_PID"].map { $0 == "\(processID)" } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0
        watchdog = isForUs && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// Tells it, if it listens.
    func tell(_ state: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let path = Array(address.utf8)
        // Safe: the path is shorter than the field, as was checked.
        withUnsafeMutableBytes(of: &name.sun_path) { field in
            field.copyBytes(from: path)
            if path[0] == UInt8(ascii: "@") { field[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + path.count)
        let bytes = Array(state.utf8)
        // Safe: the address is of the length given, which is within the struct.
        _ = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
