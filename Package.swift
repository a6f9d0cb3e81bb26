// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// `FLOWER_STRICT=1` (set by `make test` and `.ci/run`) turns every warning in Flower's own targets
/// into an error. It is not the default: a newer compiler's new warning must not keep a user from building.
let strict = ProcessInfo.processInfo.environment["FLOWER_STRICT"] == "1"
let flags: [SwiftSetting] = strict ? [.treatAllWarnings(as: .error)] : []

let package = Package(
    name: "flower",
    products: [],
    dependencies: [],
    targets: [
        .target(name: "Cron", swiftSettings: flags),
        .target(name: "HostTime", dependencies: ["Cron"], swiftSettings: flags),
        .testTarget(
            name: "CronTests",
            dependencies: ["Cron", "HostTime"],
            exclude: ["DebianCrontabs"],
            swiftSettings: flags
        ),
        .testTarget(name: "HostTimeTests", dependencies: ["HostTime"], swiftSettings: flags),
    ],
    swiftLanguageModes: [.v6]
)
