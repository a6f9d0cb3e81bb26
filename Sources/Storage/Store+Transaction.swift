import GRDB

extension Store {
    /// Runs `work` in one `BEGIN IMMEDIATE` transaction, in turn with all other writers of the folder.
    ///
    /// The lock makes the turn fair: behind SQLite's busy handler alone a busy writer starves another
    /// for more than a second.
    ///
    /// - Parameters:
    ///   - isRehearsal: whether what was written is rolled back.
    ///   - isHurried: whether somebody waits for this very commit: where the WAL is to be copied into the
    ///     database, the next one does it.
    func write<Result>(
        isRehearsal: Bool = false,
        isHurried: Bool = false,
        _ work: (Database) throws -> Result
    ) throws -> Result {
        do {
            // Inside the queue, because two threads of one process share the lock's descriptor.
            return try queue.writeWithoutTransaction { db in
                try writeLock.lock(.exclusive, limit: Self.writeLimit)
                defer { writeLock.unlock() }
                startedRuns.withLock { $0 = [] }
                let end: StaticString = isRehearsal ? "ROLLBACK" : "COMMIT"
                let result = try transaction(db, "BEGIN IMMEDIATE", end, work)
                if isRehearsal {
                    // A run that was made and rolled back leaves its number to another.
                    contexts.removeAll()
                } else {
                    if !isHurried { walPages.checkpoint(db) }
                    sealer.didWrite()
                }
                return result
            }
        } catch {
            // A run that was made and rolled back leaves its number to another.
            contexts.removeAll()
            // Nor is a runner's row known to be there, which somebody may have deleted.
            enrolled.withLock { $0.removeAll() }
            guard let error = error as? DatabaseError else { throw error }
            let failure = StorageError(error, path: folder.databasePath)
            throw failure.isOfDatatype ? naming(failure) : failure
        }
    }

    /// A value that no column can hold comes of one that stands in a row: SQLite names the column to be written,
    /// not that row.
    private func naming(_ failure: StorageError) -> StorageError {
        // Where that cannot be read, SQLite's sentence is what there is.
        guard let finding = try? read({ try Self.spoiltValues($0).first }) else { return failure }
        return StorageError(
            .badInput,
            finding.problem,
            hint: "flower check --mend mends it where it can, and flower check tells the rest",
            underlyingError: failure.underlyingError
        )
    }

    /// Returns when whoever writes now has committed. Only Flower's own writers are waited for, and not
    /// longer than `writeLimit`.
    func awaitWriter() throws {
        try queue.inDatabase { _ in
            // In the queue, as in `write`: a thread that writes holds this very lock.
            do {
                try writeLock.lock(.shared, limit: Self.writeLimit)
                writeLock.unlock()
            } catch let error as StorageError where error.code == .refused {}
        }
    }

    /// Runs `work` on one snapshot of the database; it must write nothing.
    ///
    /// GRDB's own `read` sets `PRAGMA query_only`, which makes SQLite compile every statement anew.
    func read<Result>(_ work: (Database) throws -> Result) throws -> Result {
        do {
            return try queue.inDatabase { db in
                let before = db.totalChangesCount
                let result = try transaction(db, "BEGIN", "COMMIT", work)
                precondition(db.totalChangesCount == before, "a read has written")
                return result
            }
        } catch let error as DatabaseError {
            throw StorageError(error, path: folder.databasePath)
        }
    }

    /// By hot statements: GRDB would prepare both anew each time, 8 µs of the commit that a chain of tasks has
    /// for each link.
    private func transaction<Result>(
        _ db: Database,
        _ begin: StaticString,
        _ end: StaticString,
        _ work: (Database) throws -> Result
    ) throws -> Result {
        try hot[db, begin].run(db)
        do {
            let result = try work(db)
            // Of some errors SQLite itself rolls back; what came after one would not be of one piece.
            guard db.isInsideTransaction else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
            try hot[db, end].run(db)
            return result
        } catch {
            if db.isInsideTransaction { try? hot[db, "ROLLBACK"].run(db) }
            throw error
        }
    }
}
