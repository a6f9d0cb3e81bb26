// swift-tools-version: 6.2
import PackageDescription

/// What a user of the library writes: a flower with a component of their own.
let package = Package(
    name: "UserComponents",
    dependencies: [.package(name: "flower", path: "../..")],
    targets: [
        .executableTarget(
            name: "flower-greeter",
            dependencies: [.product(name: "FlowerKit", package: "flower")]
        )
    ],
    swiftLanguageModes: [.v6]
)
