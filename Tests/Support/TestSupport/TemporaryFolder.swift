import Foundation

/// An empty folder of a test's own, gone with the value.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// - Parameter inMemory: on tmpfs(5) where the host has one: for tests of thousands of commits that
    ///   are not about the disk.
    package init(inMemory: Bool = false) throws {
        let memory = "/dev/shm"
        let isThere = FileManager.default.isWritableFile(atPath: memory)
        let folder = inMemory && isThere ? memory : FileManager.default.temporaryDirectory.path
        path = "\(folder)/flower-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // Only litter is left where this fails.
        try? FileManager.default.removeItem(atPath: path)
    }
}
