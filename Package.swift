// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors, in Swift and in C. These settings are not "unsafe flags", so a service can depend on
/// this package by version.
let swiftSettings: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let cSettings: [CSetting] = [.treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra")]

/// Optimised and without frame pointers, whatever the rest of the build is and what is said after these.
let libraryFlags = ["-O2", "-Xclang", "-mframe-pointer=none"]

let package = Package(
    name: "pollscope",
    products: [
        .library(name: "Pollscope", targets: ["Pollscope"]),
        .library(name: "PollscopeTracing", targets: ["PollscopeTracing"]),
        .library(name: "PollscopeLifecycle", targets: ["PollscopeLifecycle"]),
        .executable(name: "pollscope", targets: ["PollscopeCommand"]),
        .library(name: "PollscopePreload", type: .dynamic, targets: ["PollscopePreload"]),
        .library(
            name: "PollscopeCollector",
            targets: [
                "CPollscopeLayout", "Sessions", "Recording", "Symbols", "Analysis", "Diagnosis", "Wording", "Reporting",
                "LiveView", "Exporting", "Collecting",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // In the service.
        .target(name: "CPollscopeLayout", cSettings: cSettings),
        .target(
            name: "CPollscopeProbes", dependencies: ["CPollscopeLayout"],
            cSettings: cSettings
                + ["", "Allocations", "Calls", "Loops", "Queues", "Requests", "Tasks", "Unwinding", "Watching"].map {
                    .headerSearchPath($0)
                }),
        .target(
            name: "Pollscope", dependencies: ["CPollscopeLayout", "CPollscopeProbes"], swiftSettings: swiftSettings),
        .target(
            name: "PollscopeTracing",
            dependencies: ["Pollscope", .product(name: "Tracing", package: "swift-distributed-tracing")],
            swiftSettings: swiftSettings),
        .target(
            name: "PollscopeLifecycle",
            dependencies: [
                "Pollscope", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings),
        // Under a service that knows nothing of it. All in C, and needs the C library only.
        .target(name: "PollscopePreload", dependencies: ["CPollscopeProbes"], cSettings: cSettings),

        // In the collector.
        .systemLibrary(name: "CElfutils", providers: [.apt(["libdw-dev", "libelf-dev"])]),
        .target(name: "Sessions", dependencies: ["CPollscopeLayout"], swiftSettings: swiftSettings),
        .target(
            name: "Recording", dependencies: ["CPollscopeLayout", "Sessions"], swiftSettings: swiftSettings),
        .target(name: "Symbols", dependencies: ["CElfutils"], swiftSettings: swiftSettings),
        .target(
            name: "Analysis", dependencies: ["CPollscopeLayout", "Sessions", "Recording", "Symbols"],
            swiftSettings: swiftSettings),
        .target(name: "Wording", dependencies: ["Analysis"], swiftSettings: swiftSettings),
        .target(name: "Diagnosis", dependencies: ["Analysis", "Wording"], swiftSettings: swiftSettings),
        .target(
            name: "Reporting", dependencies: ["Analysis", "Diagnosis", "Wording"], exclude: ["Schema"],
            swiftSettings: swiftSettings),
        .target(
            name: "LiveView", dependencies: ["CPollscopeLayout", "Sessions", "Symbols", "Analysis", "Wording"],
            exclude: ["Schema"], swiftSettings: swiftSettings),
        .target(
            name: "Checking",
            dependencies: ["Analysis", "Diagnosis", "Wording", .product(name: "Yams", package: "Yams")],
            swiftSettings: swiftSettings),
        .target(name: "Exporting", dependencies: ["Analysis"], swiftSettings: swiftSettings),
        .target(
            name: "Collecting",
            dependencies: [
                "CPollscopeLayout", "Sessions", "Recording", "Symbols", "Analysis", "Diagnosis", "Wording",
                "Reporting", "LiveView", "Exporting",
            ],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "PollscopeCommand",
            dependencies: [
                "Sessions", "Recording", "Symbols", "Analysis", "Diagnosis", "Reporting", "LiveView", "Checking",
                "Wording", "CPollscopeLayout",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),

        // Tests.
        .target(
            // Compiled as C libraries come: for no product, so these flags are in nobody's way.
            name: "GroundTruthC", path: "Tests/GroundTruthC",
            cSettings: cSettings + [.unsafeFlags(libraryFlags)], cxxSettings: [.unsafeFlags(libraryFlags)],
            linkerSettings: [.linkedLibrary("resolv")]),
        .executableTarget(
            name: "GroundTruth", dependencies: ["Pollscope", "GroundTruthC"], path: "Tests/GroundTruth",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "GroundTruthAdapters",
            dependencies: [
                "Pollscope", "PollscopeLifecycle", "PollscopeTracing",
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            path: "Tests/GroundTruthAdapters", swiftSettings: swiftSettings),
        .executableTarget(name: "GroundTruthPlain", path: "Tests/GroundTruthPlain", swiftSettings: swiftSettings),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swiftSettings),
        .testTarget(
            name: "SessionsTests", dependencies: ["CPollscopeLayout", "Sessions", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Analysis", "Collecting", "Exporting", "GroundTruth", "GroundTruthAdapters", "GroundTruthPlain",
                "PollscopeCommand", "Recording", "Sessions", "Symbols", "TestSupport",
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "RecordingTests", dependencies: ["CPollscopeLayout", "Sessions", "Recording"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "AnalysisTests",
            dependencies: ["CPollscopeLayout", "Sessions", "Recording", "Symbols", "Analysis"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "DiagnosisTests", dependencies: ["Sessions", "Analysis", "Diagnosis", "Wording"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "ReportingTests",
            dependencies: ["CPollscopeLayout", "Sessions", "Symbols", "Analysis", "Reporting", "TestSupport"],
            exclude: ["Golden"], swiftSettings: swiftSettings),
        .testTarget(
            name: "LiveViewTests",
            dependencies: ["CPollscopeLayout", "Sessions", "Symbols", "Analysis", "LiveView", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "CheckingTests",
            dependencies: ["CPollscopeLayout", "Sessions", "Analysis", "Diagnosis", "Checking", "TestSupport"],
            exclude: ["Golden"], swiftSettings: swiftSettings),
        .testTarget(
            name: "ExportingTests", dependencies: ["Analysis", "Exporting", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "CollectingTests",
            dependencies: ["Analysis", "Collecting", "Exporting", "LiveView", "TestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "PollscopeTracingTests",
            dependencies: ["PollscopeTracing", .product(name: "Tracing", package: "swift-distributed-tracing")],
            swiftSettings: swiftSettings),
        .testTarget(name: "SymbolsTests", dependencies: ["Symbols", "CElfutils"], swiftSettings: swiftSettings),
    ]
)
