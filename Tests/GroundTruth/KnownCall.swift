// Calls that block for a known time, each made once, in a poll, by a function that makes no other.

import Glibc
import GroundTruthC

struct KnownCall: Sendable {
    /// As it is reported.
    var name: String
    /// Where it is made; line 0: anywhere in a function of the C library.
    var function: String
    var file: String
    var line: Int
    /// What it works on, as it is reported: the kind, and some of its words.
    var objectKind: String
    var object: String
    /// Makes it; the nanoseconds that it took at least, nil where that cannot be known.
    var make: @Sendable () -> UInt64?

    init(
        _ name: String, in function: String, line: Int, on objectKind: String, _ object: String = "",
        file: String = #fileID, make: @escaping @Sendable () -> UInt64?
    ) {
        self.name = name
        self.function = function
        self.file = String(file.drop { $0 != "/" }.dropFirst())
        self.line = line
        self.objectKind = objectKind
        self.object = object
        self.make = make
    }

    static var all: [KnownCall] {
        sleepingCalls + fileCalls + socketCalls + readinessCalls + nameCalls + lockCalls + processCalls
    }

    /// Makes each call in a poll of its own.
    static func makeAll() async {
        for call in all {
            let (least, most) = await Task.detached {
                let begin = monotonicNanoseconds()
                let least = call.make()
                return (least, monotonicNanoseconds() - begin)
            }.value
            guard let least else { continue }
            say(
                "call \(call.name) | \(call.function) | \(call.file) | \(call.line) | \(least) | \(most) "
                    + "| \(call.objectKind) | \(call.object)")
        }
    }
}

/// A call must have worked; and what comes after it keeps the call from being the caller's last act, whose frame would
/// be gone by then.
@inline(__always) func require(_ isRight: Bool) {
    let error = errno
    precondition(isRight, "errno \(error)")
}

/// Two ends of something that bytes go through; closed when nobody has it any more.
final class Ends: Sendable {
    let reading: Int32
    let writing: Int32

    private init(_ make: (UnsafeMutablePointer<Int32>) -> Int32) {
        var descriptors: [Int32] = [-1, -1]
        require(make(&descriptors) == 0)
        for descriptor in descriptors { require(fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0) }
        (reading, writing) = (descriptors[0], descriptors[1])
    }

    deinit {
        close(reading)
        close(writing)
    }

    static func pipe() -> Ends { Ends { Glibc.pipe($0) } }
    static func sockets() -> Ends {
        Ends { socketpair(AF_UNIX, ground_stream_socket, 0, $0) }
    }

    func writeByte() { require(write(writing, "x", 1) == 1) }

    /// Fills what lies between the ends.
    func fill() {
        let flags = fcntl(writing, F_GETFL)
        require(fcntl(writing, F_SETFL, flags | O_NONBLOCK) == 0)
        let block = [UInt8](repeating: 0, count: 4096)
        while write(writing, block, block.count) > 0 {}
        require(fcntl(writing, F_SETFL, flags) == 0)
    }

    /// Takes out all that there is.
    func drain() {
        var block = [UInt8](repeating: 0, count: 1 << 20)
        let flags = fcntl(reading, F_GETFL)
        require(fcntl(reading, F_SETFL, flags | O_NONBLOCK) == 0)
        while read(reading, &block, block.count) > 0 {}
    }
}
