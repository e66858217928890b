// What the kernel says of processes, this one first.

import Glibc
import Sessions
import TestSupport
import Testing

@Suite("Process files")
struct ProcessFilesTests {
    @Test("This process is known in full")
    func own() throws {
        let own = ProcessFiles.own
        #expect(own.processID == getpid())
        #expect(own.exists)
        #expect(!own.isZombie)
        #expect(try #require(own.start) > 0)
        #expect(own.start == own.start)
        #expect(own.cpuNanoseconds != nil)
        #expect(try #require(own.residentBytes) > 1 << 20)
        #expect(own.executable?.hasPrefix("/") == true)
        #expect(own.commandLine?.isEmpty == false)
        #expect(own.threads.contains { $0.tid == UInt32(getpid()) })
        #expect(own.threads.reduce(0) { $0 + $1.cpuNanoseconds } > 0)
        #expect(ProcessFiles.ownPidNamespace > 0)
    }

    @Test("CPU time grows with work, and never shrinks")
    func cpuTime() throws {
        let before = try #require(ProcessFiles.own.cpuNanoseconds)
        try ChildProcess.wait(for: "CPU time to grow") {
            var sum: UInt64 = 0
            for number in 0..<1_000_000 as Range<UInt64> { sum &+= number }
            return try #require(ProcessFiles.own.cpuNanoseconds) > before && sum > 0
        }
    }

    @Test("The mappings hold the executable, and where its code is")
    func mappings() throws {
        let own = ProcessFiles.own
        let executable = try #require(own.executable)
        let mapped = own.mappings.filter { $0.path == executable }
        #expect(mapped.contains { $0.isExecutable })
        #expect(mapped.contains { $0.fileOffset == 0 })
        #expect(own.mappings.allSatisfy { $0.end > $0.start && $0.inode != 0 })
    }

    @Test("No process: nothing is known, and nothing goes wrong")
    func none() {
        let none = ProcessFiles(processID: 2_000_000_000)
        #expect(!none.exists)
        #expect(none.start == nil)
        #expect(!none.isZombie)
        #expect(none.cpuNanoseconds == nil)
        #expect(none.residentBytes == nil)
        #expect(none.executable == nil)
        #expect(none.commandLine == nil)
        #expect(none.threads.isEmpty)
        #expect(none.mappings.isEmpty)
        #expect(ProcessFiles.contents("/no/such/file") == nil)
        #expect(ProcessFiles.entries(of: "/no/such/folder").isEmpty)
    }

    @Test("A program's name can be anything")
    func oddName() throws {
        let folder = try TestFolder()
        let path = try folder.write(try #require(ProcessFiles.contents("/bin/sleep")), to: "a) R 1 (b")
        #expect(chmod(path, 0o700) == 0)
        let child = try ChildProcess([path, "60"], environment: [:], in: folder)
        let process = ProcessFiles(processID: child.processID)
        try ChildProcess.wait(for: "the program to be another") { process.commandLine == "\(path) 60" }
        #expect(try #require(process.start) >= (try #require(ProcessFiles.own.start)))
        #expect(!process.isZombie)
        #expect(process.executable == path)
    }

    @Test("A process that has ended and was not waited for is a zombie")
    func zombie() throws {
        let folder = try TestFolder()
        let child = try ChildProcess(["true"], environment: ["PATH": "/usr/bin:/bin"], in: folder)
        let process = ProcessFiles(processID: child.processID)
        try ChildProcess.wait(for: "the child to end") { process.isZombie }
        #expect(process.start != nil)
        #expect(child.hasEnded)
        #expect(process.start == nil)
    }

    @Test("A file is read up to a limit")
    func limit() throws {
        let bytes = try #require(ProcessFiles.contents("/dev/zero", limit: 1 << 20))
        #expect(bytes.count >= 1 << 20)
        #expect(bytes.count <= 1 << 20 + 65536)
    }
}
