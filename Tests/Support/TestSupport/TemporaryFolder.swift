import Foundation

/// An empty folder of a test's own, gone with the value.
package final class TemporaryFolder {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.path + "/flower-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // Only litter is left where this fails.
        try? FileManager.default.removeItem(atPath: path)
    }
}
