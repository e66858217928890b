// Names for what a session shows while it goes on: stacks, types and executors come look by look.

import CPollscopeLayout
import Sessions
import Symbols

/// Names sites, executors, callers and samples of a session that is followed.
public final class LiveNames {
    private let architecture: SystemCallNames.Architecture
    private let process: String
    private let code: CodeNames
    private var stacks: [UInt32: AsyncStack] = [:]
    private var executors: [UInt8: ExecutorIdentity] = [:]
    private var types: [UInt16: ObjectType] = [:]
    private var requests: [UInt32: String] = [:]
    private var names: StackNames

    /// - Parameters:
    ///   - name: names an async stack.
    ///   - nameCode: names a return address.
    public init(
        info: SessionInfo, name: @escaping (AsyncStack) -> NamedStack,
        nameCode: @escaping (UInt64) -> [SourceFrame]
    ) {
        architecture = SystemCallNames.Architecture(of: info)
        // As much as the kernel keeps of a name.
        process = String(decoding: (info.executable.split(separator: "/").last ?? "").utf8.prefix(15), as: UTF8.self)
        code = CodeNames(name: nameCode)
        names = StackNames(stacks: [:], name: name)
    }

    /// Takes what a look found.
    public func add(_ look: SessionLook) {
        if !look.stacks.isEmpty {
            names.add(look.stacks)
            for stack in look.stacks { stacks[stack.id] = stack }
        }
        for name in look.requestNames { requests[name.number] = name.text + (name.isCut ? "…" : "") }
        guard !look.executors.isEmpty || !look.types.isEmpty else { return }
        for type in look.types { types[type.id] = type }
        for executor in look.executors { executors[executor.number] = executor }
        names.replace(executors: ExecutorNames(executors, types: TypeNames(types), process: process))
    }

    /// Where a poll resumed.
    public func site(of context: PollContext) -> SiteName { names.site(of: PollKey(context)) }

    public func site(of poll: pollscope_poll_record) -> SiteName {
        names.site(of: PollKey(stack: poll.stack, kind: PollKind(of: poll), executor: poll.executor))
    }

    public func executor(_ number: UInt8) -> String { names.executors[number] }

    public func kind(ofExecutor number: UInt8) -> ExecutorKind { names.executors.kind(of: number) }

    /// What requests of this number are called; `nil`: nobody knows.
    public func request(_ number: UInt32) -> String? { requests[number] }

    /// The name of an observed call; `nil`: it is none.
    public func call(_ number: UInt16) -> String? { CodeNames.call(number) }

    /// Who made a call: the innermost function of the user's, at the line of the call; `nil`: nobody knows.
    public func caller(of call: BlockingCall) -> CodePlace? {
        guard let stack = stacks[call.nativeStack], let name = CodeNames.call(call.call) else { return nil }
        return code.caller(of: stack.frames, call: name)?.place
    }

    /// What a poll was seen doing.
    public func sample(_ sample: PollSample, calibration: Calibration) -> LastSample {
        LastSample(
            sample, clock: TickClock(calibration, ReportThresholds()), code: code, architecture: architecture)
    }
}
