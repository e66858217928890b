// Whose code it is: the service's, a dependency's, or the runtime's.

import Testing

@testable import Symbols

struct OriginTests {
    private func image(_ path: String) -> ModuleImage {
        ModuleImage(path: path, buildID: [], loadBias: 0, start: 0, end: 1)
    }

    private func origin(_ demangled: String, file: String? = nil, image path: String = "/srv/app") -> CodeOrigin {
        OriginRules.origin(
            of: ReadableName(demangled: demangled), symbol: "$s", file: file, image: image(path),
            imageHasDebugInfo: true)
    }

    @Test
    func staticBuildsAreToldApartByModule() {
        #expect(origin("app.handler() async -> ()") == .user)
        #expect(origin("Swift.Array.append(A) -> ()") == .runtime)
        #expect(origin("(extension in app):Swift.Array.total() -> A") == .user)
        #expect(origin("generic specialization <app.Row> of Swift.Array.append(A) -> ()") == .runtime)
        #expect(origin("FoundationEssentials.JSONDecoder.decode() -> ()") == .runtime)
        #expect(origin("Pollscope.request(_: Swift.String) -> ()") == .runtime)
        #expect(origin("partial apply forwarder for closure #1 () -> () in app.f() -> ()") == .user)
        #expect(origin("partial apply forwarder for reabstraction thunk helper from @escaping () -> ()") == .runtime)
    }

    @Test
    func dependenciesAreToldApartByPath() {
        #expect(origin("NIOCore.f() -> ()", file: "/b/.build/checkouts/swift-nio/Sources/a.swift") == .dependency)
        #expect(origin("App.f() -> ()", file: "/b/Sources/App/a.swift") == .user)
        #expect(origin("Plugin.f() -> ()", image: "/srv/libPlugin.so") == .dependency)
        #expect(origin("Plugin.f() -> ()", image: "/usr/lib/libswift_Concurrency.so") == .runtime)
        #expect(OriginRules.isRuntime(image: image("[vdso]")))
        #expect(!OriginRules.isRuntime(image: image("/srv/libcustomer.so")))
    }

    @Test
    func theRuntimesCIsNotTheServices() {
        func origin(_ symbol: String, file: String? = nil) -> CodeOrigin {
            OriginRules.origin(
                of: ReadableName(mangled: symbol), symbol: symbol, file: file, image: image("/srv/app"),
                imageHasDebugInfo: true)
        }
        #expect(origin("swift_task_create") == .runtime)
        #expect(origin("_ZN5swift9AsyncTask3runEv") == .runtime)
        #expect(origin("pollscope_ring_append") == .runtime)
        #expect(origin("deflate") == .dependency)
        #expect(origin("parse_row", file: "/src/CRow/row.c") == .user)
        #expect(origin("nanosleep", file: "/b/.build/checkouts/pollscope/Sources/CPollscopeProbes/calls.c") == .runtime)
        #expect(origin("async_Main", file: "/src/main.swift") == .user)
        #expect(origin("async_Main") == .runtime)
    }

    @Test
    func aModuleWithoutALineOfItsOwnIsToldByItsOtherFunctions() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let image = try fixture.compile(
            "public func answer(_ n: Int) -> Int { n * 2 + 1 }", as: "Ledger.so",
            flags: ["-g", "-O", "-emit-library", "-parse-as-library"])
        let files = ModuleFiles(image: image, directories: [])
        #expect(files.sourceFile(ofModule: "Ledger") == fixture.path("Ledger.so.swift"))
        #expect(files.sourceFile(ofModule: "Ledge") == nil)
        #expect(files.sourceFile(ofModule: "Other") == nil)
    }
}
