// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// `FLOWER_STRICT=1` (set by `make test` and `.ci/run`) turns every warning in Flower's own targets
/// into an error. It is not the default: a newer compiler's new warning must not keep a user from building.
let strict = ProcessInfo.processInfo.environment["FLOWER_STRICT"] == "1"
let flags: [SwiftSetting] = strict ? [.treatAllWarnings(as: .error)] : []

/// In the order in which data flows through them; an arrow points to an earlier line only.
let sources: [Target] = [
    .target(name: "CLinux"),
    .target(name: "CCurl"),
    .systemLibrary(name: "CSQLite"),
    .target(name: "CSystemd"),
    .target(name: "Systemd", dependencies: ["CSystemd"], swiftSettings: flags),
    .target(name: "Cron", swiftSettings: flags),
    .target(name: "Flows", dependencies: ["Cron"], swiftSettings: flags),
    .target(name: "HostTime", dependencies: ["Cron", "Flows"], swiftSettings: flags),
    .target(name: "HostFiles", dependencies: ["Flows"], swiftSettings: flags),
    .target(
        name: "FlowFiles",
        dependencies: ["Cron", "Flows", "HostFiles", .product(name: "Yams", package: "Yams")],
        swiftSettings: flags
    ),
    .target(
        name: "Storage",
        dependencies: [
            "CLinux", "CSQLite", "Flows", .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "GRDBSQLite", package: "GRDB.swift"),
        ],
        exclude: ["SCHEMA.md"],
        swiftSettings: flags
    ),
    .target(
        name: "Scheduling",
        dependencies: ["CLinux", "FlowFiles", "HostTime", "Storage", "Systemd"],
        swiftSettings: flags
    ),
    .target(name: "Components", dependencies: ["CCurl", "CLinux", "Flows"], swiftSettings: flags),
    .target(
        name: "Execution",
        dependencies: [
            "CLinux", "Components", "Cron", "Flows", "HostFiles", "HostTime", "Storage", "Systemd",
        ],
        swiftSettings: flags
    ),
    .target(
        name: "FlowerKit",
        dependencies: [
            "CLinux", "Components", "Execution", "FlowFiles", "HostFiles", "Scheduling", "Systemd",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        exclude: ["Manual/flower.5", "Manual/flower.7"],
        swiftSettings: flags
    ),
    .target(name: "ICUStub"),
    .executableTarget(
        name: "flower",
        dependencies: ["FlowerKit", "ICUStub"],
        swiftSettings: flags,
        // A position-independent program of this size spends milliseconds of every start on relocating
        // itself, and a timer starts `flower run` every minute. Costs address randomisation of our code.
        // Nobody links against it, and Swift's runtime walks through all that it exports at each start.
        linkerSettings: [
            .unsafeFlags(["-Xclang-linker", "-no-pie"], .when(configuration: .release)),
            .unsafeFlags(["-Xlinker", "--no-export-dynamic"], .when(configuration: .release)),
            // Where `make build` has put archives of libraries that would else be bound at each start.
            .unsafeFlags(
                [
                    "-L", "\(Context.packageDirectory)/.build/archives", "-Xclang-linker",
                    "-static-libgcc",
                ],
                .when(configuration: .release)
            ),
        ]
    ),
]

let tests: [Target] = [
    .target(name: "TestSupport", path: "Tests/Support/TestSupport", swiftSettings: flags),
    .target(name: "DyingCalls", path: "Tests/Support/DyingCalls"),
    // `FaultInjectionTests` runs and kills it. No test depends on it: the calls that it replaces would be
    // replaced in the tests' own program too.
    .executableTarget(
        name: "SchedulerDriver",
        dependencies: ["DyingCalls", "Scheduling", "TestSupport"],
        path: "Tests/Support/SchedulerDriver",
        swiftSettings: flags
    ),
    test("CLinux"),
    test("Cron", besides: ["HostTime"], exclude: ["DebianCrontabs"]),
    test("Components"),
    test("Execution"),
    test("FlowFiles", besides: ["HostTime"]),
    test("FlowerKit"),
    test("Flows"),
    test("HostFiles"),
    test("HostTime"),
    test("Scheduling"),
    test("Storage"),
    .executableTarget(
        name: "JournalProbe",
        dependencies: ["Systemd"],
        path: "Tests/Support/JournalProbe",
        swiftSettings: flags
    ),
    // Some of its tests run the built program on a systemd of their own.
    .testTarget(
        name: "SystemdTests",
        dependencies: ["Flows", "JournalProbe", "Systemd", "TestSupport", "flower"],
        exclude: ["box"],
        swiftSettings: flags
    ),
    .testTarget(name: "TidyTests", swiftSettings: flags),
    // Its tests run the built program, and import nothing of it.
    .testTarget(
        name: "EndToEndTests",
        dependencies: ["TestSupport", "flower"],
        exclude: ["golden", "shells"],
        swiftSettings: flags
    ),
]

let benchmarks: [Target] = [
    .target(name: "AllocationCounter", path: "Tests/Benchmarks/AllocationCounter"),
    .executableTarget(
        name: "CronBenchmark",
        dependencies: ["AllocationCounter", "Cron", "HostTime"],
        path: "Tests/Benchmarks/CronBenchmark",
        swiftSettings: flags
    ),
]

func test(
    _ name: String,
    besides others: [Target.Dependency] = [],
    exclude: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: name), "TestSupport"] + others,
        exclude: exclude,
        swiftSettings: flags
    )
}

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
    targets: sources + tests + benchmarks,
    swiftLanguageModes: [.v6]
)
