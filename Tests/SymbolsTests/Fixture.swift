// Builds small Swift programs into a temporary folder, so that tests read real symbols and real DWARF.

import CElfutils
import Glibc

@testable import Symbols

struct Fixture {
    let directory: String

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/symbols-tests-XXXXXX".utf8CString)
        // Safe: mkdtemp writes into the array's own bytes.
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) != nil }
        guard made else { throw FixtureError(what: "mkdtemp failed: \(errno)") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() {
        try? Self.run(["rm", "-rf", directory])
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func write(_ bytes: [UInt8], to name: String) throws {
        let descriptor = open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o755)
        guard descriptor >= 0 else { throw FixtureError(what: "cannot write \(name)") }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            // Safe: the count is the buffer's own.
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { throw FixtureError(what: "cannot write \(name)") }
            rest = rest.dropFirst(written)
        }
    }

    func write(_ text: String, to name: String) throws {
        try write(Array(text.utf8), to: name)
    }

    func read(_ name: String) throws -> [UInt8] {
        let descriptor = open(path(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FixtureError(what: "cannot read \(name)") }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        // Safe: pread writes at most `size` bytes into a buffer of that size.
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
        }
    }

    /// Compiles `source` and returns the module image at the given bias.
    func compile(
        _ source: String, as name: String, flags: [String], bias: UInt64 = 0x5555_0000_0000
    ) throws -> ModuleImage {
        let file =
            flags.contains("-parse-as-library") || flags.contains("-emit-library") ? "\(name).swift" : "main.swift"
        try write(source, to: file)
        let module = String(name.prefix { $0 != "." })
        try Self.run(
            ["swiftc", "-swift-version", "6", "-module-name", module] + flags + [path(file), "-o", path(name)])
        return try image(name, bias: bias)
    }

    func image(_ name: String, bias: UInt64 = 0x5555_0000_0000) throws -> ModuleImage {
        let id = (try? ElfFile(path: path(name)).buildID) ?? []
        return ModuleImage(
            path: path(name), buildID: id, loadBias: bias, start: bias, end: bias + 0x1000_0000)
    }

    /// Run-time addresses of all function symbols by name, read here without the code under test.
    func addresses(in image: ModuleImage, file: String? = nil) throws -> [String: UInt64] {
        let descriptor = open(file ?? image.path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        elf_version(UInt32(EV_CURRENT))
        guard let handle = elf_begin(descriptor, ELF_C_READ, nil) else { throw FixtureError(what: "no ELF") }
        defer { elf_end(handle) }
        var result: [String: UInt64] = [:]
        var section = elf_nextscn(handle, nil)
        while let current = section {
            var header = GElf_Shdr()
            if gelf_getshdr(current, &header) != nil, header.sh_type == UInt32(SHT_SYMTAB) {
                let data = elf_getdata(current, nil)
                for index in 0..<Int32(header.sh_size / header.sh_entsize) {
                    var symbol = GElf_Sym()
                    guard gelf_getsym(data, index, &symbol) != nil, symbol.st_value != 0,
                        let name = elf_strptr(handle, Int(header.sh_link), Int(symbol.st_name))
                    else { continue }
                    result[String(cString: name)] = symbol.st_value + image.loadBias
                }
            }
            section = elf_nextscn(handle, current)
        }
        return result
    }

    static func run(_ command: [String]) throws {
        var process: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        arguments.append(nil)
        defer { arguments.forEach { free($0) } }
        let failure = posix_spawnp(&process, command[0], nil, nil, arguments, environ)
        guard failure == 0 else { throw FixtureError(what: "\(command[0]): cannot start (\(failure))") }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw FixtureError(what: "\(command.joined(separator: " ")): status \(status)") }
    }
}

struct FixtureError: Error {
    var what: String
}

/// Awaits of every kind. A comment `// await NAME` marks the line that the test expects.
let awaitSource = """
    import Dispatch

    @inline(never)
    public func leaf(_ n: Int) async -> Int {
        await Task.yield()  // leaf
        return n + 1
    }

    public actor Counter {
        var value = 0
        public init() {}
        public func bump(by n: Int) async -> Int {
            value += n
            let x = await leaf(value)  // bump 1
            value += x
            return await leaf(x)  // bump 2
        }
        public func count() -> Int { value }
    }

    @inline(never)
    public func throwing(_ n: Int) async throws -> Int {
        let a = await leaf(n)  // throwing 1
        try await Task.sleep(for: .milliseconds(1))  // throwing 2
        return a
    }

    @MainActor @inline(never)
    public func onMain(_ n: Int) async -> Int {
        let a = await leaf(n)  // onMain
        return a * 2
    }

    @inline(never)
    public func asyncLets(_ n: Int) async -> Int {
        async let a = leaf(n)  // asyncLets spawn
        let c = await leaf(n + 2)  // asyncLets 1
        return await a + c  // asyncLets 2
    }

    @inline(never)
    public func group(_ n: Int) async -> Int {
        await withTaskGroup(of: Int.self) { group in  // group
            for i in 0..<n {
                group.addTask { await leaf(i) }  // group child
            }
            var total = 0
            for await v in group {  // group loop
                total += v
            }
            return total
        }
    }

    @inline(never)
    public func continuation() async -> Int {
        await withCheckedContinuation { c in  // continuation
            DispatchQueue.global().async { c.resume(returning: 3) }
        }
    }

    @inline(never)
    public func stream(_ s: AsyncStream<Int>) async -> Int {
        var sum = 0
        for await v in s {  // stream
            sum += v
        }
        return sum
    }

    @inline(__always)
    func inlinedWork(_ n: Int) -> Int {  // work
        var s = 0
        for i in 0..<n { s &+= i &* i }
        return s
    }

    @inline(never)
    public func branch(_ n: Int) async -> Int {
        if n > 3 {
            let a = await leaf(n)  // branch 1
            return inlinedWork(a)
        } else {
            let b = await leaf(n + 1)  // branch 2
            return inlinedWork(b) + 1
        }
    }

    @inline(__always)
    func quote(_ n: Int) async throws -> Int {
        try await Task.sleep(for: .milliseconds(n))  // quote
        return n + 1
    }

    public func route() -> @Sendable (Int) async throws -> Int {
        { n in
            try await quote(n)  // route
        }
    }

    public func hop(_ counter: Counter) async -> Int {  // hop entry
        await counter.count()  // hop
    }

    extension Array where Element == Int {
        @inline(never)
        public func total() async -> Int {
            var r = 0
            for x in self { r += await leaf(x) }  // total
            return r
        }
    }

    """

/// Awaits with their numbers in comments, where they have a line of their own. What `async let` and closures await
/// is theirs, from 1 on.
let numberedSource = """
    @inline(never)
    public func leaf(_ n: Int) async -> Int {
        await Task.yield()  // 1
        return n + 1
    }
    @MainActor @inline(never)
    public func onMain(_ n: Int) async -> Int {
        await leaf(n)  // 1
    }
    public actor Counter {
        var value = 0
        public func count() -> Int { value }
    }
    func trivial(_ n: Int) async -> Int { n }
    public func oneLine(_ n: Int) async -> Int { await leaf(n) }
    public func oneLineHop(_ c: Counter) async -> Int { await c.count() }
    public func oneLineLoop(_ n: Int) async { for _ in 0..<n { await Task.yield() } }
    public func oneLineSeveral(_ n: Int) async -> Int { let a = await leaf(n); let b = await leaf(a); return await leaf(b) + leaf(a) }
    public func stepping(_ n: Int) async {
        _ = await onMain(n)  // 1
        if await trivial(n) == n { print("x") }  // 2
        _ = await onMain(n)  // 3
    }
    public func nested(_ n: Int) async -> Int {
        await leaf(  // 1
            leaf(n))  // 2
    }
    @inline(never)
    public func throwing(_ n: Int) async throws -> Int {
        let a = await leaf(n)  // 1
        try await Task.sleep(for: .milliseconds(1))  // 2
        return a
    }
    @MainActor public func branches(_ c: Counter) async throws -> Int {
        if let x = try? await throwing(2) { return x }  // 1
        let numbers = AsyncThrowingStream<Int, any Error>(
            unfolding: { try await throwing(3) })  // 1
        for try await n in numbers {  // 2
            _ = await c.count() + n  // 3
        }
        return await leaf(3)  // 4
    }
    public func lets(_ n: Int) async -> Int {
        async let a = leaf(n)  // 1
        async let b = leaf(n + 1)  // 1
        let c = await leaf(n + 2)  // 1
        let d = await a + c  // 2
        return await b + d  // 3
    }
    public struct Table {
        public static let handlers: [@Sendable ([Int]) async -> Void] = [
            { await oneLineLoop($0[0]) }, { await stepping($0[0]) }
        ]
    }
    public func closures() -> [@Sendable () async -> Int] {
        [{ await leaf(1) }, { await leaf(2) + leaf(3) },
         { @MainActor in await leaf(4) }]
    }

    """

/// The line that a marker stands on, counted from 1.
func line(_ marker: String, in source: String = awaitSource) -> Int {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    return (lines.firstIndex { $0.hasSuffix("// \(marker)") } ?? -1) + 1
}
