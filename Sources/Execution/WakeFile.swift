import Cron
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
    /// - Returns: the instant of the next fire, where the scheduler has written one: milliseconds
    ///   as text.
    @discardableResult
    package func take() -> Instant? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        unlink(path)
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        return Int64(text.prefix { $0.isNumber }).map { Instant(milliseconds: $0) }
    }
}
