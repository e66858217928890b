// Pieces of work in Swift: what they allocate follows from how they are made, in a debug build and an optimised one.

import Glibc
import GroundTruthC
import Pollscope

extension AllocatingWork {
    static let swiftWorks: [AllocatingWork] = [
        AllocatingWork("nothing", Counts(allocations: 0, bytes: 0, frees: 0)) {},
        // What is told of requests needs no memory. A wait and a lease are an object each.
        AllocatingWork("request", Counts(allocations: 0, bytes: 0, frees: 0)) {
            Pollscope.request(nameMadeUp) { returns.add() }
            Pollscope.beginCall("GET rates.example.com").end(named: nameMadeUp)
        },
        AllocatingWork("lease", Counts(allocations: 2, bytes: -1, frees: 2)) {
            poolOfAllocations.ask().acquired(connection: 1).release()
        },
        // Header, metadata and reference count, and two words.
        AllocatingWork("class", Counts(allocations: 1, bytes: 32, frees: 1)) {
            Kept.object = Leaf(1, 2)
            Kept.object = nil
        },
        AllocatingWork("tree", Counts(allocations: 7, bytes: 7 * 32, frees: 7)) {
            Kept.tree = Tree.made(levels: 3)
            Kept.tree = nil
        },
        AllocatingWork("closure", Counts(allocations: 1, bytes: 32, frees: 1)) {
            let (first, second) = (opaque(1), opaque(2))
            Kept.closure = Closure { first &+ second }
            Kept.closure = Closure.none
        },
        // Too large for the three words of an existential.
        AllocatingWork("existential", Counts(allocations: 1, bytes: 16 + 5 * 8, frees: 1)) {
            Kept.shape = Wide(a: opaque(1))
            Kept.shape = Narrow()
        },
        // Two words of the object, count and capacity, and the elements.
        AllocatingWork("array", Counts(allocations: 1, bytes: 32 + 100 * 8, frees: 1)) {
            var array: [Int] = []
            array.reserveCapacity(100)
            for number in 0..<100 { array.append(number) }
            Kept.array = array
            array = []
            Kept.array = []
        },
        AllocatingWork("growth", growth(of: 1000)) {
            var array: [Int] = []
            for number in 0..<1000 { array.append(number) }
            Kept.array = array
            array = []
            Kept.array = []
        },
        // How many bytes the storage of a string has is the library's to choose.
        AllocatingWork("string", Counts(allocations: 1, bytes: -1, frees: 1)) {
            var string = ""
            string.reserveCapacity(100)
            for _ in 0..<100 { string.append("x") }
            Kept.string = string
            string = ""
            Kept.string = ""
        },
        AllocatingWork("short-string", Counts(allocations: 0, bytes: 0, frees: 0)) {
            var string = ""
            for _ in 0..<15 { string.append("x") }
            Kept.string = string
            Kept.string = ""
        },
        AllocatingWork("dictionary") {
            var dictionary: [Int: Leaf] = [:]
            for number in 0..<50 { dictionary[number] = Leaf(number, number) }
            Kept.dictionary = dictionary
            dictionary = [:]
            Kept.dictionary = [:]
        },
        AllocatingWork("error") {
            do { try throwsPlanned() } catch { Kept.error = error }
            Kept.error = nil
        },
    ]

    /// An array that grows by doubling uses all of the memory that it got.
    private static func growth(of elements: Int) -> Counts {
        var counts = Counts(allocations: 0, bytes: 0, frees: 0)
        var capacity = 0
        while capacity < elements {
            let bytes = 32 + max(2 * capacity, 1) * 8
            counts.allocations += 1
            counts.bytes += bytes
            let block = malloc(bytes)
            capacity = (ground_allocations_usable_bytes(block) - 32) / 8
            free(block)
        }
        counts.frees = counts.allocations
        return counts
    }
}

/// What is stored here is on the heap, whatever the optimiser would like.
enum Kept {
    // Safe: one task at a time does a piece of work.
    nonisolated(unsafe) static var object: Leaf?
    nonisolated(unsafe) static var tree: Tree?
    nonisolated(unsafe) static var closure = Closure.none
    nonisolated(unsafe) static var shape: any Shape = Narrow()
    nonisolated(unsafe) static var array: [Int] = []
    nonisolated(unsafe) static var string = ""
    nonisolated(unsafe) static var dictionary: [Int: Leaf] = [:]
    nonisolated(unsafe) static var error: (any Error)?
}

final class Leaf {
    var first, second: Int
    init(_ first: Int, _ second: Int) { (self.first, self.second) = (first, second) }
}

final class Tree {
    let left, right: Tree?
    init(_ left: Tree?, _ right: Tree?) { (self.left, self.right) = (left, right) }
    static func made(levels: Int) -> Tree? {
        levels == 0 ? nil : Tree(made(levels: levels - 1), made(levels: levels - 1))
    }
}

/// Not an optional function: that one would be wrapped in another.
struct Closure: Sendable {
    var call: @Sendable () -> Int
    static let none = Closure { 0 }
}

protocol Shape {}
struct Narrow: Shape {}
struct Wide: Shape { var a, b, c, d, e: Int }
extension Wide { init(a: Int) { self.init(a: a, b: a, c: a, d: a, e: a) } }

struct PlannedFailure: Error { var number: Int }
@inline(never) private func throwsPlanned() throws { throw PlannedFailure(number: opaque(3)) }

/// The optimiser does not know the value.
@inline(never) func opaque(_ number: Int) -> Int { Int(ground_allocations_opaque(Int64(number))) }

/// Not a literal, and too long to be in a string itself.
private let nameMadeUp = "GET /users/" + (1...20).map { "\($0)" }.joined(separator: "/")
private let poolOfAllocations = Pollscope.pool("allocations", capacity: 1)
