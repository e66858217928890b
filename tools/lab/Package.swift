// swift-tools-version: 6.2
import PackageDescription

// Small real services with a planted ailment each, beside a load generator that shows it from outside. A
// package of its own, so that a service that links Pollscope does not build an HTTP server.

/// Every target of ours: warnings are errors.
let ours: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// Services of the ailment lab: a folder each in Sources/Ailments, with the ground truth beside the code.
let ailments = [
    "BigBuffers", "BlockingPool", "ContendedMutex", "CPULoop", "DispatchSemaphore", "DNS", "EventLoop", "FileReads",
    "Formatting", "Fsync", "HotActor", "JSON", "LeakedContinuation", "MainActor", "OverYielding", "PasswordHash",
    "PoolDeadlock", "PoolTooLarge", "PoolTooSmall", "PriorityInversion", "Quadratic", "SlowLog", "StolenCPU",
    "SwiftMutex", "SyncDatabase", "TaskGroup", "ThreadChurn", "ThreadSleep", "TwoAilments",
    "HealthyActor", "HealthyBatch", "HealthyBursts", "HealthyBusy", "HealthyIdle", "HealthyOffload", "HealthyPool",
    "HealthySleeps", "HealthyTinyTasks",
]

let package = Package(
    name: "lab",
    products: [
        .executable(name: "quotes", targets: ["Quotes"]),
        .executable(name: "exchange", targets: ["Exchange"]),
        .executable(name: "load", targets: ["LoadCommand"]),
        .executable(name: "pool-figures", targets: ["PoolFigures"]),
        .executable(name: "ailments", targets: ["Ailments"]),
        .executable(name: "confusion", targets: ["Confusion"]),
    ],
    dependencies: [
        .package(name: "pollscope", path: "../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: [
        .target(
            name: "ConnectionPool", dependencies: [.product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: ours),
        .target(name: "Postgres", swiftSettings: ours),
        .target(
            name: "LabService", dependencies: [.product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: ours),
        .executableTarget(
            name: "Quotes",
            dependencies: [
                "ConnectionPool", "Postgres", "LabService",
                .product(name: "Pollscope", package: "pollscope"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: ours),
        .executableTarget(
            name: "Exchange",
            dependencies: [
                "LabService",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: ours),
        .target(name: "LoadModel", swiftSettings: ours),
        .executableTarget(
            name: "LoadCommand",
            dependencies: [
                "LoadModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: ours),
        .executableTarget(
            name: "PoolFigures",
            dependencies: ["LoadModel", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: ours),
        .target(name: "CSlowNames", linkerSettings: [.linkedLibrary("resolv")]),
        .executableTarget(
            name: "Ailments",
            dependencies: [
                "ConnectionPool", "CSlowNames", "LoadModel",
                .product(name: "Pollscope", package: "pollscope"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ailments.map { "\($0)/expected.json" }, swiftSettings: ours),
        .target(name: "AilmentModel", swiftSettings: ours),
        .executableTarget(
            name: "Confusion",
            dependencies: ["AilmentModel", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: ours),
        .testTarget(name: "AilmentModelTests", dependencies: ["AilmentModel"], swiftSettings: ours),
        .testTarget(
            name: "ConnectionPoolTests",
            dependencies: ["ConnectionPool", .product(name: "NIOEmbedded", package: "swift-nio")], swiftSettings: ours),
        .testTarget(name: "LoadModelTests", dependencies: ["LoadModel"], swiftSettings: ours),
    ],
    swiftLanguageModes: [.v6])
