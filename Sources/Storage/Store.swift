import CLinux
import CSQLite
import Cron
import Flows
import GRDB
import GRDBSQLite
import Glibc
import Synchronization

/// The one door to the database: every public method is one transaction.
///
/// Any number of stores, in any number of processes, may be open on one state folder at once. Calls
/// block; a write waits at most `Store.writeLimit` for its turn. Safe to use from any thread.
package final class Store: Sendable {
    package let folder: StateFolder
    /// 8 hex digits made with the database; tells its tasks' processes from another database's.
    package let instance: String

    let queue: DatabaseQueue
    let writeLock: LockFile
    /// Held shared for the process's life: a migration that older binaries cannot bear waits for it.
    private let schemaLock: LockFile
    let contexts = RunContextCache()
    let lanes = LaneCache()
    let controls = DecodedTexts { try Store.decode(TaskControl.self, $0) }
    /// Of shells and of `exec`.
    let words = DecodedTexts { try Store.decode([String].self, $0) }
    let hot = HotStatements()
    /// The runners of this process whose rows are known to be committed.
    let enrolled = Mutex<Set<Int64>>([])
    /// Those that the present transaction has made.
    let startedRuns = Mutex<[StartedRun]>([])
    let walPages: WALPages
    /// The last property: it goes when the connection has gone.
    let sealer: WALSealer

    /// How long a write waits for other writers before it is refused (exit 75).
    static let writeLimit: Duration = .seconds(5)

    private init(
        folder: StateFolder,
        instance: String,
        queue: DatabaseQueue,
        walPages: WALPages,
        writeLock: LockFile,
        schemaLock: LockFile
    ) {
        self.folder = folder
        self.instance = instance
        self.queue = queue
        self.walPages = walPages
        self.writeLock = writeLock
        sealer = WALSealer(folder, instance, writeLock)
        self.schemaLock = schemaLock
    }

    deinit {
        hot.removeAll()
        queue.retire()
    }

    /// Opens the database in `folder`.
    ///
    /// - Parameter create: makes folder and database where missing; else their absence is `.notFound`.
    /// - Throws: `StorageError` with any code.
    package static func open(_ folder: StateFolder, create: Bool) throws -> Store {
        // First of all: what root makes in somebody else's folder would lock them out.
        try folder.becomeOwner()
        if !folder.exists {
            if errno == EACCES { throw hidden(folder, create ? .notAllowed : .notFound) }
            guard create else { throw missing(folder) }
            try folder.create()
        }
        try makeDatabaseFile(folder)
        let schemaLock = try LockFile(folder.schemaLockPath, in: folder)
        try schemaLock.lock(.shared, limit: writeLimit)
        let writeLock = try LockFile(folder.writeLockPath, in: folder)
        _ = isConfigured
        try WALSeal.check(folder, writeLock)
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            // By `prepare`, for a tenth of what it takes GRDB at each start.
            configuration.foreignKeysEnabled = false
            configuration.prepareDatabase(prepare)
            let queue = try DatabaseQueue(path: folder.databasePath, configuration: configuration)
            let version = try queue.inDatabase { try schemaVersion($0, path: folder.databasePath) }
            if version < Schema.version {
                try writeLock.lock(.exclusive, limit: writeLimit)
                defer { writeLock.unlock() }
                try migrate(queue)
            }
            let mode = try queue.inDatabase { try text($0, "PRAGMA journal_mode") }
            if mode != "wal" {
                // Somebody changed it, or put a copy there that VACUUM had made.
                try writeLock.lock(.exclusive, limit: writeLimit)
                defer { writeLock.unlock() }
                try queue.inDatabase {
                    _ = try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL")
                }
            }
            let instance = try queue.inDatabase { try text($0, "SELECT name FROM instance") ?? "" }
            try folder.createParts()
            let store = Store(
                folder: folder,
                instance: instance,
                queue: queue,
                walPages: queue.inDatabase(WALPages.init),
                writeLock: writeLock,
                schemaLock: schemaLock
            )
            if version < Schema.version { try store.write { _ in } }
            return store
        } catch let error as DatabaseError {
            throw StorageError(error, path: folder.databasePath)
        }
    }
}

// MARK: - Opening

extension Store {
    /// SQLite's settings for this process, made before its first connection.
    private static let isConfigured = csqlite_configure() == SQLITE_OK

    /// Each connection: durable commits, rows that refer to rows, and no need of a disk but the folder's: SQLite
    /// would put what it sorts into /var/tmp.
    private static func prepare(_ db: Database) throws {
        // GRDB notes what each statement reads and writes, for observers that we have none of.
        sqlite3_set_authorizer(db.sqliteConnection, nil, nil)
        let settings =
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY"
        let code = sqlite3_exec(db.sqliteConnection, settings, nil, nil, nil)
        guard code == SQLITE_OK else { throw HotStatement.error(db) }
    }

    /// To whoever only looks it is as if it were not there (66); to whoever would work in it, refused (77).
    private static func hidden(_ folder: StateFolder, _ code: StorageError.Code) -> StorageError {
        StorageError(
            code,
            "cannot look into the state folder \(folder.path): \(systemMessage(EACCES))",
            hint: folder.path == StateFolder.systemPath
                ? "it is root's and group flower's: become a member, or look at your own with --user"
                : "do this as its owner, or name another with --state"
        )
    }

    private static func missing(_ folder: StateFolder) -> StorageError {
        let isSystem = folder.path == StateFolder.systemPath
        if access(folder.path, F_OK) == 0, !StateFolder.isFolder(folder.path) {
            return StorageError(
                .notFound,
                "\(folder.path) is no state folder, but a file",
                hint: "name the folder that it is in with --state"
            )
        }
        return StorageError(
            .notFound,
            "there is no state folder at \(folder.path) yet",
            hint: isSystem
                ? "flower apply makes one; --user looks at your own"
                : "flower apply makes one; --system looks at \(StateFolder.systemPath)"
        )
    }

    /// Makes an empty file of the right mode before SQLite would make one by the umask.
    private static func makeDatabaseFile(_ folder: StateFolder) throws {
        let descriptor = folder.openFile(folder.databasePath, O_RDWR)
        if descriptor >= 0 {
            defer { close(descriptor) }
            return try StateFolder.checkPlain(descriptor, folder.databasePath)
        }
        let isDenied = errno == EACCES || errno == EPERM
        throw StorageError(
            isDenied ? .notAllowed : .cannotCreate,
            "cannot open \(folder.databasePath) for writing: \(systemMessage())",
            hint: errno == EROFS
                ? "its disk is read-only: remount it, or name another state folder with --state"
                : "check the owner and mode of the state folder, or name another with --state"
        )
    }

    // Fetched by its SQL, each would take GRDB twice the time at each start.

    private static func number(_ db: Database, _ sql: String) throws -> Int {
        try Int.fetchOne(db.makeStatement(sql: sql)) ?? 0
    }

    private static func text(_ db: Database, _ sql: String) throws -> String? {
        try String.fetchOne(db.makeStatement(sql: sql))
    }

    /// How many migrations the file has; 0 for a fresh one.
    private static func schemaVersion(_ db: Database, path: String) throws -> Int {
        let version = try number(db, "PRAGMA user_version")
        let application = try number(db, "PRAGMA application_id")
        let isFresh =
            try version == 0 && application == 0
            && number(db, "SELECT count(*) FROM sqlite_schema") == 0
        guard isFresh || application == Schema.applicationID else {
            throw StorageError(
                .unusable,
                "\(path) is a SQLite database, but not one of Flower's",
                hint: "move it away, or name another state folder with --state"
            )
        }
        guard version <= Schema.version else {
            throw StorageError(
                .unusable,
                "\(path) was written by a newer Flower (schema \(version); this one knows"
                    + " \(Schema.version))",
                hint: "install that version again; nothing was changed"
            )
        }
        return version
    }

    /// Called with the write lock: of several processes that found a fresh file, one does the work.
    private static func migrate(_ queue: DatabaseQueue) throws {
        // The journal mode is kept in the file, and cannot be changed inside a transaction.
        try queue.inDatabase { db in
            _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
        }
        try queue.write { db in
            let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            for migration in Schema.migrations.dropFirst(version) { try db.execute(sql: migration) }
            if version == 0 {
                try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
                try db.execute(
                    sql:
                        "INSERT INTO instance (id, name, created_at_ms) VALUES (1, ?, \(Schema.now))",
                    arguments: [newInstanceName()]
                )
            }
            try db.execute(sql: "PRAGMA user_version = \(Schema.version)")
        }
    }

    static func newInstanceName() -> String {
        let digits = String(UInt32.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
