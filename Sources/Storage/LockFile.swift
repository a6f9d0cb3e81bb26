import CLinux
import Glibc

/// A file that exists to be locked: `write.lock`, which also holds a `WALSeal`, and `schema.lock`.
///
/// Open-file-description locks (fcntl(2)): unlike POSIX locks they belong to the descriptor, so two stores
/// in one process exclude each other too, and closing another descriptor of the file drops nothing. The
/// kernel queues waiters in order of arrival.
final class LockFile: Sendable {
    enum Kind {
        case shared
        case exclusive
    }

    private let path: String
    private let descriptor: Int32

    init(_ path: String, in folder: StateFolder) throws {
        self.path = path
        descriptor = folder.openFile(path, O_RDWR)
        guard descriptor >= 0 else {
            throw StorageError(
                errno == EACCES || errno == EPERM ? .notAllowed : .cannotCreate,
                "cannot open \(path): \(systemMessage())",
                hint: "check the owner and mode of the state folder"
            )
        }
        do {
            try StateFolder.checkPlain(descriptor, path)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Blocks until the lock is had, at most `limit`.
    ///
    /// - Throws: `StorageError.refused` after `limit`.
    func lock(_ kind: Kind, limit: Duration) throws {
        let type = Int16(kind == .shared ? F_RDLCK : F_WRLCK)
        guard clinux_ofd_lock_wait(descriptor, type, Int32(limit.milliseconds)) != 0 else { return }
        let reason = errno == ETIMEDOUT ? "another process holds it" : systemMessage()
        throw StorageError(
            .refused,
            "cannot lock \(path) within \(limit.milliseconds / 1000) s: \(reason)",
            hint: "see who holds it: fuser \(path)"
        )
    }

    func unlock() { clinux_ofd_unlock(descriptor) }

    /// What stands in it: nothing, or a line.
    func text() -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    /// Writes a line over what stands in it. Where it cannot be written the old one stays, and its reader
    /// looks more closely.
    func write(_ line: String) {
        let bytes = Array(line.utf8)
        _ = pwrite(descriptor, bytes, bytes.count, 0)
    }
}
