// swift-tools-version: 6.2
import PackageDescription

// The collector of a machine as a program: `pollscope serve`. A package of its own, so that a service that links
// Pollscope does not build an HTTP server.

/// Every target of ours: warnings are errors.
let ours: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "serve",
    products: [.executable(name: "pollscope-serve", targets: ["ServeCommand"])],
    dependencies: [
        .package(name: "pollscope", path: "../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // Metrics in the protobuf format that Prometheus asks for when it wants native histograms.
        .target(
            name: "PrometheusProtobuf",
            dependencies: [
                .product(name: "PollscopeCollector", package: "pollscope"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: ours),
        // Metrics sent to a store that does not come for them.
        .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
        .target(
            name: "RemoteWriting",
            dependencies: [
                .product(name: "PollscopeCollector", package: "pollscope"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                "CSnappy",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: ours),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        // The HTTP server and its settings.
        .target(
            name: "Serving",
            dependencies: [
                "CZlib", "PrometheusProtobuf", "RemoteWriting",
                .product(name: "PollscopeCollector", package: "pollscope"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: ours),
        .executableTarget(
            name: "ServeCommand",
            dependencies: [
                "Serving", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "PollscopeCollector", package: "pollscope"),
            ],
            swiftSettings: ours),
        // Prometheus and VictoriaMetrics, and a page for them to scrape.
        .target(
            name: "StoreSupport",
            dependencies: [
                .product(name: "PollscopeCollector", package: "pollscope"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/StoreSupport", swiftSettings: ours),
        .testTarget(
            name: "PrometheusProtobufTests", dependencies: ["PrometheusProtobuf", "StoreSupport"], swiftSettings: ours),
        .testTarget(name: "RemoteWritingTests", dependencies: ["RemoteWriting", "StoreSupport"], swiftSettings: ours),
        .testTarget(
            name: "ServingTests",
            dependencies: [
                "ServeCommand", "Serving",
                .product(name: "PollscopeCollector", package: "pollscope"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: ours),
    ]
)
