// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// `FLOWER_STRICT=1` (set by `make test` and `.ci/run`) turns every warning in Flower's own targets
/// into an error. It is not the default: a newer compiler's new warning must not keep a user from building.
let strict = ProcessInfo.processInfo.environment["FLOWER_STRICT"] == "1"
let flags: [SwiftSetting] = strict ? [.treatAllWarnings(as: .error)] : []

let package = Package(
    name: "flower",
    products: [
        .library(name: "FlowerKit", targets: ["FlowerKit"]),
        .executable(name: "flower", targets: ["flower"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "CLinux"),
        .target(name: "Cron", swiftSettings: flags),
        .target(name: "Flows", dependencies: ["Cron"], swiftSettings: flags),
        .target(name: "HostTime", dependencies: ["Cron"], swiftSettings: flags),
        .target(
            name: "FlowFiles",
            dependencies: ["Cron", "Flows", "HostTime", .product(name: "Yams", package: "Yams")],
            swiftSettings: flags
        ),
        .target(
            name: "Storage",
            dependencies: ["CLinux", "Flows", .product(name: "GRDB", package: "GRDB.swift")],
            exclude: ["SCHEMA.md"],
            swiftSettings: flags
        ),
        .target(
            name: "Scheduling",
            dependencies: ["CLinux", "HostTime", "Storage"],
            swiftSettings: flags
        ),
        .target(name: "TestSupport", path: "Tests/Support/TestSupport", swiftSettings: flags),
        .target(
            name: "Execution",
            dependencies: ["CLinux", "Cron", "Flows", "Storage"],
            swiftSettings: flags
        ),
        .target(
            name: "FlowerKit",
            dependencies: [
                "Execution", "FlowFiles", "Scheduling",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: flags
        ),
        .executableTarget(name: "flower", dependencies: ["FlowerKit"], swiftSettings: flags),
        .testTarget(name: "CLinuxTests", dependencies: ["CLinux"], swiftSettings: flags),
        .testTarget(name: "CronTests", dependencies: ["Cron", "HostTime"], swiftSettings: flags),
        .testTarget(name: "ExecutionTests", dependencies: ["Execution"], swiftSettings: flags),
        .testTarget(
            name: "FlowFilesTests",
            dependencies: ["FlowFiles", "TestSupport"],
            swiftSettings: flags
        ),
        .testTarget(
            name: "FlowerKitTests",
            dependencies: ["FlowerKit", "TestSupport"],
            swiftSettings: flags
        ),
        .testTarget(
            name: "FlowsTests",
            dependencies: ["Flows", "TestSupport"],
            swiftSettings: flags
        ),
        .testTarget(name: "HostTimeTests", dependencies: ["HostTime"], swiftSettings: flags),
        .testTarget(
            name: "SchedulingTests",
            dependencies: ["Scheduling", "TestSupport"],
            swiftSettings: flags
        ),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Storage", "TestSupport"],
            swiftSettings: flags
        ),
        .testTarget(name: "TidyTests", swiftSettings: flags),
    ],
    swiftLanguageModes: [.v6]
)
