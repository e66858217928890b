// What a user calls the executors and actors of a recording.

import CPollscopeLayout
import Sessions
import Symbols

/// What an executor is.
public enum ExecutorKind: String, Sendable, Hashable {
    case global, main
    /// The queues of all default actors, which `ReportModel.actors` tells apart.
    case actors
    /// A custom SerialExecutor.
    case serial
    /// A custom TaskExecutor.
    case task
    /// A Dispatch queue.
    case queue
    case eventLoop
    /// Those that the session had no room to tell apart, and those that it does not say what they are.
    case other
}

/// Names that tell the executors of one recording apart.
struct ExecutorNames: Sendable {
    private var names: [UInt8: String] = [:]
    private var kinds: [UInt8: ExecutorKind] = [:]
    private let types: TypeNames

    /// `process` is the kernel's name of the process, which threads have that were given none.
    init(
        _ executors: [UInt8: ExecutorIdentity] = [:], types: TypeNames = TypeNames([:]), process: String = ""
    ) {
        self.types = types
        var numbers: [String: [UInt8]] = [:]
        for (number, identity) in executors where UInt32(number) >= POLLSCOPE_EXECUTOR_FIRST.rawValue {
            kinds[number] = Self.kind(identity.kind)
            numbers[Self.name(identity, types: types, process: process), default: []].append(number)
        }
        // A service can have many queues of one label: each has a number of its own behind it.
        for (name, sharing) in numbers {
            for (index, number) in sharing.sorted().enumerated() {
                names[number] = sharing.count == 1 ? name : "\(name) #\(index + 1)"
            }
        }
    }

    subscript(executor: UInt8) -> String {
        switch UInt32(executor) {
        case POLLSCOPE_EXECUTOR_GLOBAL.rawValue: "global pool"
        case POLLSCOPE_EXECUTOR_MAIN.rawValue: "main actor"
        case POLLSCOPE_EXECUTOR_ACTOR.rawValue: "actors"
        case POLLSCOPE_EXECUTOR_CROWDED.rawValue: "other executors"
        default: names[executor] ?? "executor \(executor)"
        }
    }

    func kind(of executor: UInt8) -> ExecutorKind {
        switch UInt32(executor) {
        case POLLSCOPE_EXECUTOR_GLOBAL.rawValue: .global
        case POLLSCOPE_EXECUTOR_MAIN.rawValue: .main
        case POLLSCOPE_EXECUTOR_ACTOR.rawValue: .actors
        default: kinds[executor] ?? .other
        }
    }

    /// `actor Ledger`, for an actor's type by its number.
    func actor(_ type: UInt16) -> String { "actor \(types.actor(type))" }

    private static func kind(_ kind: UInt32) -> ExecutorKind {
        switch kind {
        case POLLSCOPE_EXECUTOR_SERIAL.rawValue: .serial
        case POLLSCOPE_EXECUTOR_TASK.rawValue: .task
        case POLLSCOPE_EXECUTOR_QUEUE.rawValue: .queue
        case POLLSCOPE_EXECUTOR_LOOP.rawValue: .eventLoop
        default: .other
        }
    }

    private static func name(_ identity: ExecutorIdentity, types: TypeNames, process: String) -> String {
        switch kind(identity.kind) {
        case .queue: return identity.name.isEmpty ? "queue without a label" : "queue \(identity.name)"
        case .eventLoop: return identity.name.isEmpty ? "event loop" : "event loop \(identity.name)"
        default:
            let type = types[identity.type] ?? "executor of an unknown type"
            let saysNothing = identity.name.isEmpty || identity.name == process || isDispatchThread(identity.name)
            return saysNothing ? type : "\(type) (thread \(identity.name))"
        }
    }

    /// Dispatch's threads are anybody's. The kernel keeps the end of "com.apple.root.default-qos.overcommit", and not
    /// all of that.
    private static func isDispatchThread(_ name: String) -> Bool {
        name.hasSuffix("-qos") || name.hasSuffix("-qos.overcommit")
    }
}

/// Names of types without their modules, where that leaves them apart.
struct TypeNames: Sendable {
    private var names: [UInt16: String]

    init(_ types: [UInt16: ObjectType]) {
        let short = types.mapValues { TypeName.withoutModules($0.name) }
        let bearers = Dictionary(grouping: Set(types.values.map(\.name)), by: TypeName.withoutModules)
        names = Dictionary(
            uniqueKeysWithValues: types.map { number, type in
                let name = short[number] ?? type.name
                return (number, bearers[name]?.count == 1 ? name : type.name)
            })
    }

    func actor(_ type: UInt16) -> String { names[type] ?? "of an unknown type" }

    /// `nil`: not known.
    subscript(type: UInt16) -> String? { names[type] }
}
