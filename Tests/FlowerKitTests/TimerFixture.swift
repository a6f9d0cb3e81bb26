import Foundation

@testable import FlowerKit

/// A test of `flower import` with timers and services in a folder of its own.
protocol TimerFixture {
    var fixture: CommandFixture { get }
}

extension TimerFixture {
    /// Where flow files go.
    var to: String { "\(fixture.folder.path)/out" }
    var units: String { "\(fixture.folder.path)/units" }

    func write(_ name: String, _ text: String) throws {
        let url = URL(fileURLWithPath: "\(units)/\(name)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try text.write(to: url, atomically: true, encoding: .utf8)
    }

    func imported(_ name: String) throws -> CommandFixture.Result {
        try fixture.flower("import", "\(units)/\(name)", "--to", to)
    }

    func file(_ name: String) throws -> String {
        try String(contentsOfFile: "\(to)/\(name).yaml", encoding: .utf8)
    }
}
