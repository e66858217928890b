// Whose code a frame is, by module, image, symbol and path: the one place that knows the runtime by its names.

enum OriginRules {
    /// Modules of the toolchain. In a static build they lie in the service's own executable.
    private static let runtimeModules: Set<String> = [
        "Swift", "_Concurrency", "_StringProcessing", "_RegexParser", "RegexBuilder", "Synchronization",
        "Observation", "Distributed", "Dispatch", "Glibc", "Musl", "SwiftOnoneSupport", "Runtime", "Cxx", "CxxStdlib",
        "_Differentiation", "_Volatile", "__C", "__C_Synthesized", "Builtin", "_FoundationCollections",
        "_FoundationCShims", "_FoundationICU", "SwiftShims", "SwiftGlibc", "CDispatch", "XCTest", "Testing",
    ]
    private static let runtimeModulePrefixes = ["Foundation", "_Foundation", "Pollscope", "CPollscope"]

    private static let runtimeImagePrefixes = [
        "libswift", "libdispatch", "libBlocksRuntime", "libFoundation", "lib_Foundation", "lib_InternalSwift",
        "libPollscope", "libc.", "libc-", "libm.", "libm-", "libpthread", "ld-linux", "ld-musl", "ld-2", "libstdc++",
        "libc++", "libgcc_s", "libunwind", "librt.", "librt-", "libdl.", "libdl-", "libresolv", "libnss_",
    ]

    /// C and C++ in static builds: the runtime's, libdispatch's, Foundation's and the C library's.
    private static let runtimeSymbolPrefixes = [
        "swift_", "_swift_", "swift::", "_ZN5swift", "_ZNK5swift", "_ZN12_GLOBAL__N_1", "_ZNSt", "_ZNKSt", "_ZSt",
        "dispatch_", "_dispatch_", "_Block_", "__CF", "_CF", "CF", "_ZN3icu", "__cxa_", "_Unwind_", "__gxx_",
        "pollscope_", "__libc_", "__pthread_", "pthread_", "_dl_", "__GI_", "_start", "start_thread",
        "clone", "objc_",
    ]

    static func isRuntime(image: ModuleImage) -> Bool {
        let name = image.fileName
        return image.path.hasPrefix("[") || runtimeImagePrefixes.contains { name.hasPrefix($0) }
    }

    static func isRuntime(module: String) -> Bool {
        runtimeModules.contains(module) || runtimeModulePrefixes.contains { module.hasPrefix($0) }
    }

    /// SwiftPM checks dependencies out below `.build/checkouts`, or below `checkouts` in a shared cache.
    static func isDependency(path: String) -> Bool {
        path.contains("/checkouts/") || path.contains("/SourcePackages/")
    }

    static func origin(
        of name: ReadableName?, symbol: String?, file: String?, image: ModuleImage, imageHasDebugInfo: Bool
    ) -> CodeOrigin {
        if isRuntime(image: image) { return .runtime }
        if let name {
            if name.isCompilerMade { return .runtime }
            if let module = name.module, isRuntime(module: module) { return .runtime }
        }
        // What the probes put in place of the C library's functions has those functions' names.
        if let file, file.contains("/CPollscopeProbes/") { return .runtime }
        if let file, isDependency(path: file) { return .dependency }
        if image.isSharedLibrary { return .dependency }
        if name?.module == nil, let symbol, !symbol.hasPrefix("$s") {
            if runtimeSymbolPrefixes.contains(where: { symbol.hasPrefix($0) }) { return .runtime }
            // The service's own C has debug information, as has top-level code, which is in `main` and `async_Main`;
            // around an `@main` type these are the compiler's. A C library linked in statically comes without.
            if imageHasDebugInfo, file == nil {
                return symbol == "main" || symbol == "async_Main" ? .runtime : .dependency
            }
        }
        return .user
    }
}
