// Calls that wait for descriptors to be ready.

import Glibc
import GroundTruthC

let readinessCalls: [KnownCall] = [
    KnownCall("poll", in: "polls(_:)", line: pollLine, on: "pipe") { whenWritten { polls($0) } },
    KnownCall("ppoll", in: "pollsPrecisely(_:)", line: ppollLine, on: "pipe") { whenWritten { pollsPrecisely($0) } },
    KnownCall("select", in: "selects(_:_:)", line: selectLine, on: "") {
        whenWritten { descriptor in
            var set = descriptorSet(descriptor)
            selects(descriptor, &set)
        }
    },
    KnownCall("pselect", in: "selectsPrecisely(_:_:)", line: pselectLine, on: "") {
        whenWritten { descriptor in
            var set = descriptorSet(descriptor)
            selectsPrecisely(descriptor, &set)
        }
    },
    KnownCall("epoll_wait", in: "waitsForEvents(_:)", line: epollLine, on: "") {
        let ends = Ends.pipe()
        let queue = epoll_create1(Int32(EPOLL_CLOEXEC))
        defer { close(queue) }
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t())
        require(epoll_ctl(queue, EPOLL_CTL_ADD, ends.reading, &event) == 0)
        return Late.wait(for: { ends.writeByte() }) { waitsForEvents(queue) }
    },
]

/// A call that waits for a pipe to have something to read.
private func whenWritten(_ call: (Int32) -> Void) -> UInt64 {
    let ends = Ends.pipe()
    return Late.wait(for: { ends.writeByte() }) { call(ends.reading) }
}

private func descriptorSet(_ descriptor: Int32) -> fd_set {
    var set = fd_set()
    // Safe: the number is below that of the set's bits, since the program has few descriptors.
    withUnsafeMutableBytes(of: &set) { $0[Int(descriptor) / 8] |= 1 << (descriptor % 8) }
    return set
}

private let pollLine = #line + 3
@inline(never) func polls(_ descriptor: Int32) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    require(poll(&entry, 1, -1) == 1)
}

/// The C library has it behind a macro that the overlay does not set.
@_silgen_name("ppoll") private func ppoll(
    _ entries: UnsafeMutablePointer<pollfd>, _ count: nfds_t, _ limit: UnsafePointer<timespec>?,
    _ signals: UnsafePointer<sigset_t>?
) -> Int32

private let ppollLine = #line + 3
@inline(never) func pollsPrecisely(_ descriptor: Int32) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    require(ppoll(&entry, 1, nil, nil) == 1)
}

private let selectLine = #line + 2
@inline(never) func selects(_ descriptor: Int32, _ set: inout fd_set) {
    require(select(descriptor + 1, &set, nil, nil, nil) == 1)
}

private let pselectLine = #line + 2
@inline(never) func selectsPrecisely(_ descriptor: Int32, _ set: inout fd_set) {
    require(pselect(descriptor + 1, &set, nil, nil, nil, nil) == 1)
}

private let epollLine = #line + 3
@inline(never) func waitsForEvents(_ queue: Int32) {
    var event = epoll_event()
    require(epoll_wait(queue, &event, 1, -1) == 1)
}
