import GRDB
import Glibc

/// A failure of the state folder or its database, met at this door and converted once.
package struct StorageError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// No such flow, run or task, or no state folder where one is needed (exit 66).
        case notFound
        /// The state folder cannot be made or written (exit 73).
        case cannotCreate
        /// The database cannot be used: damaged, foreign, newer, full, or not answering (exit 74).
        case unusable
        /// Refused for now: busy, paused, active, running (exit 75).
        case refused
        /// The file system's or the folder's owner says no (exit 77).
        case notAllowed
        /// What was asked does not fit the flow: an unknown parameter, a faulty edit in SQL (exit 65).
        case badInput
    }

    package let code: Code
    /// What failed, on what and why: lower case, no full stop.
    package let message: String
    /// What to do next.
    package let hint: String?
    /// SQLite's own words, where it was SQLite.
    package let underlyingError: (any Error)?

    package init(
        _ code: Code,
        _ message: String,
        hint: String? = nil,
        underlyingError: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.underlyingError = underlyingError
    }

    package var description: String { hint.map { "\(message)\nhint: \($0)" } ?? message }
}

extension StorageError {
    /// SQLite's error on the database at `path`, in a person's words. Codes: sqlite.org/rescode.html.
    init(_ error: DatabaseError, path: String) {
        let reason = error.message ?? "\(error.resultCode)"
        func made(_ code: Code, _ message: String, _ hint: String?) -> StorageError {
            StorageError(code, message, hint: hint, underlyingError: error)
        }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self = made(
                .refused,
                "\(path) is locked by another program that keeps a transaction open",
                "end that transaction (fuser \(path) names the process), then try again"
            )
        case .SQLITE_FULL,
            .SQLITE_IOERR where Self.isDiskFull(under: path):
            self = made(
                .unusable,
                "the disk of \(path) is full",
                "free some space; nothing in the database was lost"
            )
        case .SQLITE_IOERR where Self.isReadOnly(diskOf: path):
            self = made(
                .unusable,
                "the disk of \(path) has become read-only",
                "journalctl -k tells why; once it can be written again all goes on"
            )
        case .SQLITE_IOERR where Self.isLimited(path):
            self = made(
                .unusable,
                "\(path) or its log has reached the limit on the size of files",
                "raise it: ulimit -f, LimitFSIZE= of a unit; nothing was lost"
            )
        case .SQLITE_IOERR:
            self = made(
                .unusable,
                "cannot use \(path): \(reason)",
                "journalctl -k tells more where the disk is failing"
            )
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self = made(
                .notAllowed,
                "\(path) may not be written: \(reason)",
                "check the owner and mode of the state folder, and that its disk is not read-only"
            )
        case .SQLITE_CANTOPEN:
            self = made(
                .cannotCreate,
                "cannot open \(path): \(reason)",
                "check that the state folder exists and may be written"
            )
        case .SQLITE_NOTADB:
            self = made(
                .unusable,
                "\(path) is not a SQLite database",
                "move it away, or name another state folder with --state"
            )
        case .SQLITE_CORRUPT:
            self = made(
                .unusable,
                "\(path) is damaged: \(reason)",
                "keep a copy, then restore a backup or try: sqlite3 \(path) .recover"
            )
        case .SQLITE_CONSTRAINT:
            self = made(.badInput, reason, nil)
        default:
            self = made(.unusable, "cannot use \(path): \(reason)", nil)
        }
    }

    /// ext4 makes itself so after an error of the disk, under files that are open for writing: SQLite's code
    /// does not tell it, nor does statvfs(3). A lock file has no POSIX locks that a close would drop.
    private static func isReadOnly(diskOf path: String) -> Bool {
        let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        let descriptor = open(StateFolder(path: String(folder)).writeLockPath, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == EROFS }
        close(descriptor)
        return false
    }

    /// SQLite has no code for EFBIG. It writes some pages at one go.
    private static func isLimited(_ path: String) -> Bool {
        var limit = rlimit()
        guard getrlimit(.init(RLIMIT_FSIZE.rawValue), &limit) == 0,
            limit.rlim_cur < rlim_t(Int64.max)
        else { return false }
        return [path, path + "-wal"].contains { file in
            var status = stat()
            return stat(file, &status) == 0 && rlim_t(status.st_size) + (256 << 10) > limit.rlim_cur
        }
    }

    /// Where not even the WAL's index can grow, SQLite says "disk I/O error" (SQLITE_IOERR_SHMSIZE
    /// and its like) in place of SQLITE_FULL.
    private static func isDiskFull(under path: String) -> Bool {
        var disk = statvfs()
        return statvfs(path, &disk) == 0 && disk.f_bavail == 0
    }
}
