// Objects of many kinds of type, and the names that they must be found under.
//
// Lines on stdout:
//   type NAME | OBJECTS | BYTES       all objects of the type; BYTES -1: not known here

import GroundTruthC

/// Each kind in a poll of its own.
func typeZoo(objects: Int) async {
    for kind in Zoo.kinds {
        await Task.detached { await breeding(objects, kind.make) }.value
        say("type \(kind.name) | \(objects) | \(kind.bytes < 0 ? -1 : objects * kind.bytes)")
    }
}

@Sendable private func breeding(_ objects: Int, _ make: @Sendable (Int) -> AnyObject?) async {
    await onMain(0)
    Zoo.cage.reserveCapacity(objects)
    for number in 0..<objects { Zoo.cage.append(make(number)) }
    Zoo.cage.removeAll(keepingCapacity: true)
    Kept.array = []
    Kept.closure = Closure.none
    Kept.error = nil
}

private enum Zoo {
    struct Kind: Sendable {
        var name: String
        var bytes: Int
        var make: @Sendable (Int) -> AnyObject?

        init(_ name: String, _ bytes: Int, _ make: @escaping @Sendable (Int) -> AnyObject?) {
            (self.name, self.bytes, self.make) = (name, bytes, make)
        }
    }

    // Safe: one task at a time.
    nonisolated(unsafe) static var cage: [AnyObject?] = []

    static let kinds: [Kind] = [
        Kind("GroundTruth.Leaf", 32) { Leaf($0, $0) },
        Kind("GroundTruth.Node<Int>", 32) { Node<Int>($0) },
        Kind("GroundTruth.Node<Dictionary<String, Array<Optional<Int>>>>", 24) { _ in Node<[String: [Int?]]>([:]) },
        Kind("GroundTruth.Node<(first: Int, second: String)>", 40) { Node<(first: Int, second: String)>(($0, "")) },
        Kind("GroundTruth.Node<(Int, String) -> Bool>", 32) { _ in Node<(Int, String) -> Bool> { _, _ in true } },
        Kind("GroundTruth.Node<any GroundTruth.Shape>", 56) { _ in Node<any Shape>(Narrow()) },
        Kind("GroundTruth.Node<Any>", 48) { Node<Any>($0) },
        Kind("GroundTruth.Node<Int.Type>", 16) { _ in Node<Int.Type>(Int.self) },
        Kind("GroundTruth.Node<any GroundTruth.Shape.Type>", 32) { _ in Node<any Shape.Type>(Narrow.self) },
        Kind("GroundTruth.Outer.Middle<Int>.Inner<String>", 40) { Outer.Middle<Int>.Inner($0, "") },
        Kind("GroundTruth.Outer.Extended", 24) { Outer.Extended($0) },
        Kind("Array<Int>.Companion", 24) { [Int].Companion($0) },
        Kind("GroundTruth.Secret", 24) { Secret($0) },
        Kind("GroundTruth.Derived", 40) { Derived($0) },
        Kind("GroundTruth.Several<Int, String>", 24) { Several<Int, String>($0) },
        Kind("GroundTruth.Guard", -1) { _ in Guard() },
        Kind("_ContiguousArrayStorage<GroundTruth.Wide>", 32 + 3 * 40) { number in
            let array = [Wide](repeating: Wide(a: number), count: 3)
            return array.owner
        },
        Kind("_ContiguousArrayStorage<UInt16>", 32 + 64 * 2) { number in
            let array = [UInt16](repeating: UInt16(truncatingIfNeeded: number), count: 64)
            return array.owner
        },
        Kind("error GroundTruth.PlannedFailure", -1) {
            Kept.error = PlannedFailure(number: $0)
            return nil
        },
        Kind("__StringStorage", -1) { number in
            Kept.string = String(repeating: "a", count: 20 + number % 2)
            return nil
        },
        Kind("_SetStorage<Int>", -1) { number in
            kept = [number]
            return nil
        },
        Kind("_DictionaryStorage<Int, String>", -1) { number in
            keptDictionary = [number: ""]
            return nil
        },
    ]
    nonisolated(unsafe) static var kept: Set<Int> = []
    nonisolated(unsafe) static var keptDictionary: [Int: String] = [:]
}

extension Array {
    /// The object that holds the elements; it lives as long as this is held.
    fileprivate var owner: AnyObject? { withUnsafeBufferPointer { _ in _owner } }

    final class Companion {
        var number: Int
        init(_ number: Int) { self.number = number }
    }
}

class Node<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
}

enum Outer {
    struct Middle<First> {
        final class Inner<Second> {
            var first: First
            var second: Second
            init(_ first: First, _ second: Second) { (self.first, self.second) = (first, second) }
        }
    }
}

extension Outer {
    final class Extended {
        var number: Int
        init(_ number: Int) { self.number = number }
    }
}

private final class Secret {
    var number: Int
    init(_ number: Int) { self.number = number }
}

final class Derived: Node<Int> {
    var more = 0, evenMore = 0
    override init(_ number: Int) { super.init(number) }
}

final class Several<each Value> {
    var number: Int
    init(_ number: Int) { self.number = number }
}

actor Guard {
    var number = 0
}
