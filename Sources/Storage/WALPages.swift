import GRDB
import GRDBSQLite
import Synchronization

/// How long the WAL has grown, so that it is copied into the database at a time that suits.
///
/// SQLite itself does that in whichever commit makes it longer than its limit (PRAGMA wal_autocheckpoint):
/// two fsyncs more, one fire of a second's schedule in some forty of which they held up.
final class WALPages: Sendable {
    private let count = Mutex(0)

    /// SQLite's own limit.
    private static let limit = 1_000
    /// More is not left behind: whoever opens the database alone next reads all of it, some 3 µs a page, and
    /// knows nothing of what was copied already. To copy it and take it away is some 3 ms.
    private static let limitToLeave = 200

    /// Whether the next start would read long in it.
    var isLong: Bool { count.withLock { $0 } >= Self.limitToLeave }

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
