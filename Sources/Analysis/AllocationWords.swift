// What an allocation is called that did not become a Swift object of a known type: by the function of the runtime that
// asked for the block.

import Symbols

enum AllocationWords {
    /// A Swift object whose type is not known.
    static let object = "object"
    /// Plain memory.
    static let buffer = "buffer"
    /// Asked for by code that is not Swift's, or that calls C's function by itself.
    static let malloc = "malloc"
    static let unknown = "unknown"

    /// By what the name of a function of the runtime begins with; the first one that fits counts.
    private static let makers: [(prefix: String, word: String)] = [
        ("swift_task_createNullaryContinuationJob", "job"),
        ("swift_task_create", "task"),
        ("swift_taskGroup_", "task group"),
        ("swift_task_localValue", "task-local value"),
        ("swift::TaskLocal::", "task-local value"),
        // Async functions keep what lives over an await in slabs of their task.
        ("swift_task_alloc", "async frames"),
        ("swift::_swift_task_alloc", "async frames"),
        ("swift::StackAllocator", "async frames"),
        ("swift::TaskAllocator", "async frames"),
        ("swift_allocBox", "box"),
        ("swift_allocError", "error"),
        ("swift_getGenericMetadata", "type metadata"),
        ("swift_getWitnessTable", "type metadata"),
        ("swift_getTypeByMangledName", "type metadata"),
        ("swift_conformsToProtocol", "type metadata"),
        ("swift::MetadataAllocator", "type metadata"),
        ("swift::Demangle", "type metadata"),
        ("swift_allocObject", object),
        ("_swift_allocObject_", object),
        ("__swift_allocObject_", object),
        ("swift_slowAlloc", buffer),
        ("swift::swift_slowAlloc", buffer),
    ]

    /// What the runtime's functions in C and C++ begin with, and what they use.
    private static let runtimePrefixes = [
        "swift_", "_swift_", "__swift_", "swift::", "(anonymous namespace)::", "std::", "operator new",
    ]

    /// Modules and libraries that come with Swift and call C's functions by themselves.
    private static let libraryPrefixes = ["Foundation", "_Foundation", "libFoundation", "lib_Foundation"]
    private static let libraries: Set<String> = ["Swift", "_Concurrency", "Dispatch", "libdispatch.so"]

    /// `frames` are innermost first. Of the runtime's innermost functions it is the outermost one that knows what the
    /// block is for: a box is made by way of what makes plain memory.
    static func word(for frames: [SourceFrame]) -> String {
        let functions = frames.drop { $0.module.hasPrefix("CPollscope") || $0.function.hasPrefix("pollscope_") }
        guard let innermost = functions.first else { return unknown }
        let runtime = functions.prefix { frame in
            runtimePrefixes.contains { frame.function.hasPrefix($0) }
        }
        let words = runtime.compactMap { frame in makers.first { frame.function.hasPrefix($0.prefix) }?.word }
        if let word = words.last { return word }
        let isLibrary =
            libraries.contains(innermost.module) || libraryPrefixes.contains { innermost.module.hasPrefix($0) }
        return isLibrary ? buffer : malloc
    }
}
