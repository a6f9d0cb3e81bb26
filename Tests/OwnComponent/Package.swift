// swift-tools-version: 6.2
import PackageDescription

/// A program of somebody else's: all of `flower`, with one component more. `make test` builds and runs it.
let package = Package(
    name: "greeter",
    dependencies: [.package(name: "flower", path: "../..")],
    targets: [
        .executableTarget(
            name: "greeter",
            dependencies: [.product(name: "FlowerKit", package: "flower")]
        )
    ],
    swiftLanguageModes: [.v6]
)
