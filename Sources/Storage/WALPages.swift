import GRDB
import GRDBSQLite
import Glibc
import Synchronization

/// How long the WAL has grown, so that it is copied into the database at a time that suits.
///
/// SQLite itself does that in whichever commit makes it longer than its limit (PRAGMA wal_autocheckpoint):
/// two fsyncs more, one fire of a second's schedule in some forty of which they held up.
final class WALPages: Sendable {
    private let count = Mutex(0)

    /// SQLite's own limit.
    static let limit = 1_000
    /// As many as this connection's last commit has left; `nil` before the first.
    var known: Int? { count.withLock { $0 > 0 ? $0 : nil } }

    /// Takes the place of what SQLite does by itself. To be kept as long as the connection.
    init(_ db: Database) {
        let told:
            @convention(c) (
                UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, Int32
            ) -> Int32 = { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                let own = Unmanaged<WALPages>.fromOpaque(context).takeUnretainedValue()
                own.count.withLock { $0 = Int(pages) }
                return SQLITE_OK
            }
        sqlite3_wal_hook(db.sqliteConnection, told, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Copies the WAL into the database if it is long, as far as its readers allow (PASSIVE).
    ///
    /// What fails here fails again at a commit that needs it: the WAL is only longer meanwhile.
    func checkpoint(_ db: Database) {
        guard count.withLock({ $0 }) >= Self.limit else { return }
        sqlite3_wal_checkpoint_v2(db.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
    }
}

extension Store {
    /// Whether a process that ends now should close the database, so that the next one to open it alone does
    /// not find its WAL: that one reads all of it, 3 µs a page, and takes none of it for copied, so that without
    /// anybody who closes it would grow for ever. To copy it and take it away is some 3 ms.
    ///
    /// A process that has written much leaves that to one that has not.
    package var hasLongWAL: Bool {
        let pages = walPages.known ?? filePages
        return pages >= WALPages.limit || pages >= 200 && writtenPages < 100
    }

    /// At most so many are in the WAL, the rest of the file is of before it was begun again.
    private var filePages: Int {
        var status = stat()
        guard stat(folder.walPath, &status) == 0 else { return 0 }
        // A frame's header has 24 bytes (sqlite.org/fileformat2.html, 4.1).
        return Int(status.st_size) / (4_096 + 24)
    }

    /// By this connection.
    private var writtenPages: Int {
        queue.inDatabase { db in
            var (present, highest): (Int32, Int32) = (0, 0)
            let kind = SQLITE_DBSTATUS_CACHE_WRITE
            sqlite3_db_status(db.sqliteConnection, kind, &present, &highest, 0)
            return Int(present)
        }
    }
}
