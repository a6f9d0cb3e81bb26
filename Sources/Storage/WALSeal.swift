import Flows
import GRDB
import Glibc

/// What `flower.db` and `flower.db-wal` were when Flower last wrote: kept in `write.lock`, by whoever wrote.
///
/// SQLite replays every WAL whose checksums agree, whichever database it was written for
/// (sqlite.org/howtocorrupt.html, 1.4): a backup that is restored beside the WAL of the database before
/// becomes a mixture of the two, and says nothing. So the pair is held against this at each opening, before
/// SQLite sees it. Without fsync: a power cut may leave an old one, which is then told by the boot.
struct WALSeal: Equatable {
    /// What tells one generation of a WAL from all others (sqlite.org/fileformat2.html, 4.1).
    struct Salts: Equatable {
        let first: UInt32
        let second: UInt32

        /// Whether a WAL that had these has been started again since: then the first is counted up by one.
        func leads(to later: Salts) -> Bool {
            self == later || (1...Self.restarts).contains(later.first &- first)
        }

        /// Another database's WAL comes that near by chance once in 65,536 times.
        private static let restarts: UInt32 = 1 << 16
    }

    let instance: String
    let boot: String
    /// Inode, size and time of change of `flower.db`.
    let file: [Int64]
    /// `nil`: there was no WAL, and whoever had the database open could have made one.
    let salts: Salts?

    private static let mark = "flower-wal-1"

    init(instance: String, file: [Int64], salts: Salts?) {
        self.instance = instance
        boot = Machine.bootID
        self.file = file
        self.salts = salts
    }

    /// `nil` where nothing is known: `write.lock` of a fresh folder is empty.
    init?(_ text: String) {
        let words = text.prefix { $0 != "\n" }.split(separator: " ").map(String.init)
        guard words.count == 8, words[0] == Self.mark else { return nil }
        let numbers = words[3...].map { Int64($0) ?? -1 }
        instance = words[1]
        boot = words[2]
        file = Array(numbers.prefix(3))
        salts =
            numbers[3] < 0
            ? nil
            : Salts(
                first: UInt32(truncatingIfNeeded: numbers[3]),
                second: UInt32(truncatingIfNeeded: numbers[4])
            )
    }

    var text: String {
        let numbers = file + [salts.map { Int64($0.first) } ?? -1, Int64(salts?.second ?? 0)]
        // Not joined(separator:), for which Swift's runtime looks through all conformances at each start.
        return numbers.reduce("\(Self.mark) \(instance) \(boot)") { "\($0) \($1)" } + "\n"
    }
}

extension WALSeal {
    /// `flower.db` as it is now. By its name, never opened: closing it would drop SQLite's locks on it.
    static func file(in folder: StateFolder) -> [Int64] {
        var status = stat()
        guard stat(folder.databasePath, &status) == 0 else { return [] }
        let changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return [Int64(status.st_ino), Int64(status.st_size), changed]
    }

    /// Of an open WAL; `nil` where there is nothing in it that SQLite would replay.
    static func salts(_ descriptor: Int32) -> Salts? {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 4) { header in
            guard pread(descriptor, header.baseAddress, 32, 0) == 32 else { return nil }
            func number(_ offset: Int) -> UInt32 {
                UInt32(bigEndian: header.load(fromByteOffset: offset, as: UInt32.self))
            }
            guard number(0) | 1 == 0x377f_0683 else { return nil }
            return Salts(first: number(16), second: number(20))
        }
    }

    /// Of the WAL that the index beside it is of (sqlite.org/walformat.html, 2.1): whoever opened the one here
    /// made the other, and a WAL that was put there by hand has none that fits. `nil` also where a connection of
    /// this process has it open: closing it here would drop SQLite's locks.
    private static func indexSalts(in folder: StateFolder) -> Salts? {
        guard !folder.isOpenHere else { return nil }
        let path = folder.databasePath + "-shm"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 8, alignment: 4) { bytes in
            // As they stand in the WAL: big-endian.
            guard pread(descriptor, bytes.baseAddress, 8, 32) == 8 else { return nil }
            func number(_ offset: Int) -> UInt32 {
                UInt32(bigEndian: bytes.load(fromByteOffset: offset, as: UInt32.self))
            }
            return Salts(first: number(0), second: number(4))
        }
    }

    static func salts(in folder: StateFolder) -> Salts? {
        let descriptor = open(folder.walPath, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        // SQLite locks the index, never the WAL: closing this drops nothing.
        defer { close(descriptor) }
        return salts(descriptor)
    }
}

// MARK: - At each opening

extension WALSeal {
    /// Refuses a WAL that was written for another database, or before this one was put in its place.
    ///
    /// - Throws: `StorageError.unusable`.
    static func check(_ folder: StateFolder, _ lock: LockFile) throws {
        if WALSeal(lock.text()) == nil { try checkUnsealed(folder) }
        guard isBroken(folder, lock) != nil else { return }
        do {
            // Somebody may be between a commit and its seal.
            try lock.lock(.exclusive, limit: Store.writeLimit)
        } catch let error as StorageError where error.code == .refused {
            // Who writes has it open: what is replayed was replayed before.
            return
        }
        let broken = isBroken(folder, lock)
        lock.unlock()
        guard let (seal, salts) = broken else { return }
        // A plain sqlite3 that found none has made one, and is at work.
        let isKnown = seal.salts.map { $0.leads(to: salts) } ?? true || folder.isOpenElsewhere
        // Or has gone without closing it, as its shell goes at an error. Who closed the database last has copied
        // the WAL into it: its inode alone is the same.
        let isLeft =
            !isKnown && seal.file.first == file(in: folder).first
            && indexSalts(in: folder) == salts
        guard isKnown || isLeft || seal.boot != Machine.bootID else {
            throw mismatch(folder, "that is not the WAL that was written last here")
        }
        // A restored backup has another instance's name; a plain copy, or a WAL of which nothing is known
        // since a power cut, must at least agree with itself.
        let reason = try Self.fault(in: folder, seal.instance, areRowsJudged: !isLeft)
        if let reason { throw mismatch(folder, reason) }
        try lock.lock(.exclusive, limit: Store.writeLimit)
        defer { lock.unlock() }
        guard isBroken(folder, lock)?.salts == salts else { return }
        let present = WALSeal(instance: seal.instance, file: file(in: folder), salts: salts)
        lock.write(present.text)
    }

    /// In a new folder, into which both were copied, nothing is known of either: they must agree.
    ///
    /// - Throws: `StorageError.unusable`.
    private static func checkUnsealed(_ folder: StateFolder) throws {
        guard salts(in: folder) != nil, !folder.isOpenElsewhere, let name = own(folder) else {
            return
        }
        if let reason = try fault(in: folder, name) { throw mismatch(folder, reason) }
    }

    /// The seal and the WAL that is there, where they differ.
    private static func isBroken(
        _ folder: StateFolder,
        _ lock: LockFile
    ) -> (seal: WALSeal, salts: Salts)? {
        guard let salts = salts(in: folder), let seal = WALSeal(lock.text()),
            seal.salts != salts || seal.file != file(in: folder)
        else { return nil }
        return (seal, salts)
    }

    /// Reads all of it, for which there is seldom a reason; `nil` where nothing is wrong.
    ///
    /// - Parameter areRowsJudged: whether rows that refer to none are a mixture's; else a person's.
    private static func fault(
        in folder: StateFolder,
        _ instance: String,
        areRowsJudged: Bool = true
    ) throws -> String? {
        func strange(_ name: String?) -> String? {
            name == instance
                ? nil : "one is of instance \(instance), the other of \(name ?? "none")"
        }
        do {
            if let name = own(folder), let fault = strange(name) { return fault }
            return try read(folder.databasePath) { db in
                if let fault = strange(try String.fetchOne(db, sql: Self.name)) { return fault }
                let found = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
                if let found, found != "ok" { return found }
                guard areRowsJudged else { return nil }
                let row = try Row.fetchOne(db, sql: "PRAGMA foreign_key_check")
                return row.map { "rows of \($0["table"] as String) refer to what is not there" }
            }
        } catch let error as DatabaseError
            where [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR].contains(error.resultCode)
        {
            return error.message ?? "\(error.resultCode)"
        } catch let error as DatabaseError {
            throw StorageError(error, path: folder.databasePath)
        }
    }

    private static let name = "SELECT name FROM instance"

    /// A connection that may write would copy the WAL into the database when it is closed.
    private static func read<Value>(
        _ path: String,
        _ body: (Database) throws -> Value
    ) throws -> Value {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { queue.retire() }
        return try queue.read(body)
    }

    /// The instance that `flower.db` is of without its WAL (sqlite.org/uri.html, `immutable`); `nil` where
    /// nothing was copied into it yet, or SQLite was built without such names.
    private static func own(_ folder: StateFolder) -> String? {
        let allowed = folder.databasePath.utf8.map { byte in
            let isPlain = byte != 0x23 && byte != 0x25 && byte != 0x3F
            return isPlain ? [byte] : Array("%\(String(byte, radix: 16))".utf8)
        }
        let path = String(decoding: allowed.joined(), as: UTF8.self)
        // Whatever is wrong with it is found when the whole is read.
        return try? read("file:\(path)?immutable=1") { try String.fetchOne($0, sql: name) }
    }

    private static func mismatch(_ folder: StateFolder, _ reason: String) -> StorageError {
        StorageError(
            .unusable,
            "\(folder.walPath) and flower.db do not belong together: \(reason)",
            hint:
                "if one of them was put there by hand, a backup maybe: end what works on the folder,"
                + " move flower.db-wal and flower.db-shm away, and see what flower check says;"
                + " if not, keep a copy, then rm \(folder.writeLockPath)"
        )
    }
}

// MARK: - While it is open

/// Keeps the seal true while this process has the database open.
final class WALSealer: @unchecked Sendable {
    private let folder: StateFolder
    private let instance: String
    private let lock: LockFile
    /// Of the WAL, which stays the same file while a connection of ours has it open.
    private var descriptor: Int32 = -1
    private var written: WALSeal?
    /// What stood there before this process came, where that found no WAL.
    private var before: String?

    /// Where there is no WAL, somebody's first commit will make one: not necessarily ours, a plain
    /// `sqlite3` may be first, and whoever makes it may be killed before its seal is written.
    init(_ folder: StateFolder, _ instance: String, _ lock: LockFile) {
        self.folder = folder
        self.instance = instance
        self.lock = lock
        guard WALSeal.salts(in: folder) == nil else { return }
        before = lock.text()
        lock.write(WALSeal(instance: instance, file: WALSeal.file(in: folder), salts: nil).text)
    }

    /// The database has been closed. Where nothing was written and SQLite took the WAL away, one that
    /// comes now is not ours.
    deinit {
        if descriptor >= 0 { close(descriptor) }
        guard written == nil, let before, access(folder.walPath, F_OK) != 0 else { return }
        lock.write(before)
    }

    /// Called after each commit, with the write lock, in the store's queue.
    func didWrite() {
        if descriptor < 0 {
            descriptor = open(folder.walPath, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        }
        guard let salts = WALSeal.salts(descriptor) else { return }
        let file = WALSeal.file(in: folder)
        // Most commits change neither, and a chain of tasks has one for each.
        guard salts != written?.salts || file != written?.file else { return }
        let seal = WALSeal(instance: instance, file: file, salts: salts)
        lock.write(seal.text)
        written = seal
    }
}
