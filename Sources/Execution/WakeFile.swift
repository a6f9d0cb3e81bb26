import Glibc
import Storage

/// `wake` of a state folder, as its runner uses it: whoever commits work makes it or opens it for
/// writing.
package struct WakeFile: Sendable {
    private let path: String

    package init(_ folder: StateFolder) { path = folder.wakePath }

    /// Removes it, so that what is committed from now on makes a new one: done first thing, before
    /// the database is opened, and before each last look.
    ///
    /// - Returns: what the scheduler has announced in it, if anything.
    @discardableResult
    package func take() -> Announcement? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        unlink(path)
        return StateFolder.announcement(from: descriptor)
    }
}
