// What a pool decides: who gets what, in which order, and how many there are.

import Testing

@testable import ConnectionPool

@Suite struct PoolStateTests {
    private typealias State = PoolState<Int, String>

    @Test func thereIsRoomUpToTheCapacityAndThenNone() throws {
        var state = State(capacity: 2)
        for _ in 0..<2 { #expect(try state.take()?.isRoom == true) }
        #expect(try state.take() == nil)
        #expect(state.inUse == 2)
    }

    @Test func theOneUsedLastIsLentFirst() throws {
        var state = State(capacity: 2)
        for _ in 0..<2 { _ = try state.take() }
        for connection in [7, 8] { _ = state.giveBack(connection) }
        #expect(try state.take()?.connection == 8)
        #expect(try state.take()?.connection == 7)
    }

    @Test func whoCameFirstIsServedFirst() throws {
        var state = full(waiting: ["a", "b", "c"])
        var served: [String] = []
        for _ in 0..<3 {
            if case .hand(_, let waiter) = state.giveBack(1) { served.append(waiter) }
        }
        #expect(served == ["a", "b", "c"])
        #expect(state.waiting == 0)
    }

    @Test func whoHasLeftIsPassedOver() throws {
        var state = full(waiting: ["a", "b", "c"])
        #expect(state.leave(2) == "b")
        #expect(state.leave(2) == nil)
        #expect(state.leave(1) == "a")
        guard case .hand(1, "c") = state.giveBack(1) else {
            Issue.record("the third is the only one left")
            return
        }
    }

    @Test func aLostConnectionMakesRoomForWhoWaits() throws {
        var state = full(waiting: ["a"])
        #expect(state.lose() == "a")
        #expect(state.inUse == 1)
        #expect(state.lose() == nil)
        #expect(state.inUse == 0)
        #expect(try state.take()?.isRoom == true)
    }

    @Test func afterTheEndNothingIsLentAndAllIsClosed() throws {
        var state = State(capacity: 2)
        for _ in 0..<2 { _ = try state.take() }
        _ = state.giveBack(1)
        state.wait("a", number: state.drawNumber())
        let left = state.shutDown()
        #expect(left.waiters == ["a"])
        #expect(left.connections == [1])
        #expect(throws: PoolError.closed) { try state.take() }
        guard case .close = state.giveBack(2) else {
            Issue.record("nobody will want it again")
            return
        }
        #expect(state.inUse == 0)
    }

    /// Every order of five events in a pool of one: capacity, order and conservation hold in each.
    @Test func theSmallWorldIsSound() throws {
        let events = 5
        for world in 0..<1_024 {
            var state = State(capacity: 1)
            var lent = 0
            var line: [(number: UInt64, name: String)] = []
            for step in 0..<events {
                switch world >> (2 * step) & 3 {
                case 0:
                    if try state.take() != nil {
                        lent += 1
                    } else {
                        let number = state.drawNumber()
                        state.wait("\(step)", number: number)
                        line.append((number, "\(step)"))
                    }
                case 1 where lent > 0:
                    lent -= 1
                    if case .hand(_, let waiter) = state.giveBack(0) {
                        lent += 1
                        #expect(waiter == line.removeFirst().name)
                    } else {
                        #expect(line.isEmpty)
                    }
                case 2 where lent > 0:
                    lent -= 1
                    if let waiter = state.lose() {
                        lent += 1
                        #expect(waiter == line.removeFirst().name)
                    } else {
                        #expect(line.isEmpty)
                    }
                case 3 where !line.isEmpty:
                    let last = line.removeLast()
                    #expect(state.leave(last.number) == last.name)
                default: break
                }
                #expect(lent <= 1)
                #expect(state.inUse == lent)
                #expect(state.waiting == line.count)
            }
        }
    }

    /// A pool of one, lent, with these in line, numbered from 1.
    private func full(waiting names: [String]) -> State {
        var state = State(capacity: 1)
        _ = try? state.take()
        for name in names { state.wait(name, number: state.drawNumber()) }
        return state
    }
}

extension PoolGrant {
    fileprivate var isRoom: Bool {
        if case .room = self { true } else { false }
    }

    fileprivate var connection: Connection? {
        if case .connection(let connection) = self { connection } else { nil }
    }
}
