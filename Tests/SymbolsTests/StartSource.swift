// A program that starts tasks in every form, and prints what the probes would capture of each.

/// Lines on stdout: FORM|LEVEL|ENTRY|WORD,WORD,…, addresses as offsets in the file. Level 1 is the task's closure,
/// level 2 the context of the function that it has captured, and so on. A comment `// FORM` marks where the code is declared.
let startSource = """
    import Glibc

    /// What the probes capture of a task that is enqueued for the first time: its entry, and its closure's first word.
    @MainActor
    enum Probe {
        typealias Hook = @convention(c) (UnsafeRawPointer, UnsafeRawPointer) -> Void

        nonisolated(unsafe) static var label = ""

        static func install() {
            for name in ["swift_task_enqueueGlobal_hook", "swift_task_enqueueMainExecutor_hook"] {
                let hook: Hook = { job, original in
                    Probe.see(job)
                    // The runtime's function of this type; with one pointer the two calling conventions agree.
                    unsafeBitCast(original, to: (@convention(c) (UnsafeRawPointer) -> Void).self)(job)
                }
                dlsym(nil, name)!.storeBytes(of: hook, as: Hook.self)
            }
        }

        nonisolated static func see(_ job: UnsafeRawPointer) {
            guard !label.isEmpty, job.load(fromByteOffset: 32, as: UInt8.self) == 0 else { return }
            let context = job.load(fromByteOffset: 64, as: UnsafeRawPointer.self)
            let entry = (context - 24).load(as: UInt.self)
            let closure = (context - 16).load(as: UInt.self)
            // Behind a function that is captured stands its context, with what that captures.
            var object = closure
            for level in 1...3 {
                let words = words(of: object)
                let offsets = words.map { String(offset($0)) }.joined(separator: ",")
                print("\\(label)|\\(level)|\\(offset(entry))|\\(offsets)")
                let function = words.firstIndex { offset($0) != 0 }
                object = function.flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil } ?? 0
            }
            label = ""
        }

        /// What an object captures, behind its header.
        nonisolated static func words(of object: UInt) -> [UInt] {
            guard object > 65_536, object % 16 == 0, base(of: object) == nil else { return [] }
            return (2..<6).map { UnsafeRawPointer(bitPattern: object)!.load(fromByteOffset: 8 * $0, as: UInt.self) }
        }

        /// In the file; 0 outside this program.
        nonisolated static func offset(_ address: UInt) -> UInt {
            guard let base = base(of: address), base == self.base(of: UInt(bitPattern: #dsohandle)) else { return 0 }
            return address - base
        }

        /// Where the file is mapped that an address lies in.
        nonisolated static func base(of address: UInt) -> UInt? {
            // Dl_info: the file's name, its base, a symbol's name and address.
            withUnsafeTemporaryAllocation(of: UInt.self, capacity: 4) { info in
                dladdr(address, info.baseAddress!) == 0 ? nil : info[1]
            }
        }
    }

    @_silgen_name("dladdr") func dladdr(_ address: UInt, _ info: UnsafeMutablePointer<UInt>) -> CInt

    @inline(never) func use(_ n: Int) async -> Int { n &+ CommandLine.arguments.count }
    final class Box: Sendable { let value = 1 }
    @Sendable func operation() async { _ = await use(1) }  // function
    @Sendable func throwingOperation() async throws -> Int { await use(1) }  // function throws
    struct Job { func run() async { _ = await use(2) } }  // method

    @inline(never)
    func generic<T: Sendable>(_ value: T) -> Task<T, Never> { Task { _ = await use(1); return value } }  // generic

    @inline(never)
    func starts(_ n: Int, _ box: Box) async {
        Probe.label = "Task"
        _ = await Task { await use(1) }.value  // Task
        Probe.label = "Task void"
        await Task { _ = await use(1) }.value  // Task void
        Probe.label = "Task captures int"
        _ = await Task { await use(n) }.value  // Task captures int
        Probe.label = "Task captures object"
        _ = await Task { await use(box.value) }.value  // Task captures object
        Probe.label = "Task captures both, throws"
        _ = try? await Task { _ = await use(box.value); try await Task.sleep(nanoseconds: 1); return n }.value  // Task captures both, throws
        Probe.label = "Task named"
        _ = await Task(name: "named") { await use(1) }.value  // Task named
        Probe.label = "Task named captures"
        _ = await Task(name: "named") { await use(n) }.value  // Task named captures
        Probe.label = "detached"
        _ = await Task.detached { await use(1) }.value  // detached
        Probe.label = "detached captures"
        _ = await Task.detached { await use(n) }.value  // detached captures
        Probe.label = "function"
        await Task(operation: operation).value
        Probe.label = "function throws"
        _ = try? await Task(operation: throwingOperation).value
        Probe.label = "function detached"
        await Task.detached(operation: operation).value
        Probe.label = "method"
        await Task(operation: Job().run).value
        let stored: @Sendable () async -> Void = { _ = await use(n) }  // stored closure
        Probe.label = "stored closure"
        await Task(operation: stored).value
        Probe.label = "group"
        _ = await withTaskGroup(of: Int.self) { group in
            group.addTask { await use(1) }  // group
            return await group.next() ?? 0
        }
        Probe.label = "group captures"
        _ = await withTaskGroup(of: Int.self) { group in
            group.addTask { await use(n) }  // group captures
            return await group.next() ?? 0
        }
        Probe.label = "group void"
        await withTaskGroup { group in
            group.addTask { _ = await use(n) }  // group void
        }
        Probe.label = "throwing group"
        _ = try? await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await throwingOperation() }  // throwing group
            return try await group.next() ?? 0
        }
        Probe.label = "discarding group"
        await withDiscardingTaskGroup { group in
            group.addTask { _ = await use(n) }  // discarding group
        }
        Probe.label = "group function"
        await withTaskGroup(of: Void.self) { group in
            group.addTask(operation: operation)
        }
        Probe.label = "async let"
        async let left = use(1)  // async let
        _ = await left
        Probe.label = "async let captures"
        async let right = use(n)  // async let captures
        _ = await right
        Probe.label = "generic"
        _ = await generic("x").value
    }

    @main
    struct Starts {
        static func main() async {
            Probe.install()
            await starts(CommandLine.arguments.count, Box())
        }
    }

    """
