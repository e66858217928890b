// swift-tools-version: 6.2
import PackageDescription

// Small real services with a planted ailment each, beside a load generator that shows it from outside. A
// package of its own, so that a service that links Pollscope does not build an HTTP server.

/// Every target of ours: warnings are errors.
let ours: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "lab",
    products: [
        .executable(name: "quotes", targets: ["Quotes"]),
        .executable(name: "load", targets: ["LoadCommand"]),
    ],
    dependencies: [
        .package(name: "pollscope", path: "../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "Quotes",
            dependencies: [
                .product(name: "Pollscope", package: "pollscope"),
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
        .testTarget(name: "LoadModelTests", dependencies: ["LoadModel"], swiftSettings: ours),
    ],
    swiftLanguageModes: [.v6])
