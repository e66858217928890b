// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "bench",
    dependencies: [
        .package(name: "pollscope", path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "YieldService",
            dependencies: [
                .product(name: "Pollscope", package: "pollscope"),
                .product(name: "PollscopeCollector", package: "pollscope"),
            ],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "CallService", dependencies: [.product(name: "Pollscope", package: "pollscope")],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "TaskService", dependencies: [.product(name: "Pollscope", package: "pollscope")],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "RequestService", dependencies: [.product(name: "Pollscope", package: "pollscope")],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "Bench",
            dependencies: [
                .product(name: "PollscopeCollector", package: "pollscope"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),
    ]
)
