import Symbols
import Testing

@testable import Analysis

/// What a block is called that became no object of a known type.
@Suite struct AllocationWordsTests {
    private func word(_ functions: String..., module: String = "libswiftCore.so") -> String {
        AllocationWords.word(
            for: functions.map {
                SourceFrame(function: $0, module: module, origin: .runtime, address: 0)
            } + [Made.frame("handle(_:)", 7)])
    }

    @Test func theRuntimeIsAskedForWhatItMakes() {
        #expect(word("swift_task_create_common", "swift_task_create") == "task")
        #expect(word("swift::StackAllocator<…>::alloc") == "async frames")
        #expect(word("swift::StackAllocator<…>::alloc", "swift_task_alloc") == "async frames")
        #expect(word("swift_slowAlloc", "swift_allocBox") == "box")
        #expect(word("swift_slowAlloc", "swift_allocObject") == "object")
        #expect(word("swift_slowAlloc", "swift_allocObject", "swift_allocBox") == "box")
        #expect(word("swift_slowAlloc") == "buffer")
        #expect(word("swift_slowAlloc", "swift_task_createNullaryContinuationJob") == "job")
        #expect(word("malloc", "swift::MetadataAllocator::Allocate", "swift_getGenericMetadata") == "malloc")
        #expect(word("swift::MetadataAllocator::Allocate", "swift_getGenericMetadata") == "type metadata")
    }

    @Test func theOutermostOfTheInnermostRuntimeFunctionsCounts() {
        // What the user's code was called by has nothing to do with what it asked for.
        let frames = [
            Made.frame("swift_slowAlloc", nil, .runtime), Made.frame("handle(_:)", 7),
            Made.frame("swift_task_create", nil, .runtime),
        ]
        #expect(AllocationWords.word(for: frames) == "buffer")
    }

    @Test func whoeverCallsCsFunctionGetsItsName() {
        #expect(AllocationWords.word(for: [Made.frame("sqlite3MemMalloc", nil, .dependency)]) == "malloc")
        #expect(AllocationWords.word(for: [Made.frame("parse()", 3)]) == "malloc")
        #expect(word("__DataStorage.init(length:)", module: "FoundationEssentials") == "buffer")
        #expect(word("_dispatch_calloc", module: "libdispatch.so") == "buffer")
    }

    @Test func pollscopesOwnFramesDoNotCount() {
        let own = SourceFrame(function: "malloc", module: "CPollscopeProbes", origin: .runtime, address: 0)
        let frames = [own, Made.frame("swift_slowAlloc", nil, .runtime), Made.frame("handle(_:)", 7)]
        #expect(AllocationWords.word(for: frames) == "buffer")
        #expect(AllocationWords.word(for: []) == "unknown")
    }
}
