import Flows
import GRDB
import Glibc

/// A copy of the whole database, made while others work on it.
extension Store {
    /// Writes a consistent copy to `path`, which appears whole or not at all, with mode 0600.
    ///
    /// The copy has a new instance name: restored beside tasks that still run, it never takes their
    /// processes for its own.
    ///
    /// - Throws: `StorageError.cannotCreate` where `path` exists or cannot be written.
    package func backup(to path: String) throws {
        guard access(path, F_OK) != 0 else {
            throw StorageError(
                .cannotCreate,
                "\(path) is there already",
                hint: "name another file, or remove that one"
            )
        }
        let draft = "\(path).\(getpid()).part"
        let descriptor = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.cannotWrite(path) }
        close(descriptor)
        defer { unlink(draft) }
        do {
            try queue.inDatabase { db in
                // It may write into a file that is empty, and reads one snapshot.
                try db.execute(sql: "VACUUM INTO ?", arguments: [draft])
            }
            try Self.rename(instanceOf: draft)
        } catch let error as DatabaseError {
            throw StorageError(error, path: draft)
        }
        try Self.sync(draft)
        // link(2), because rename(2) would take the place of a file that has come meanwhile.
        guard link(draft, path) == 0 else { throw Self.cannotWrite(path) }
        try Self.sync(String(path.lastIndex(of: "/").map { path[...$0] } ?? "."))
    }

    private static func rename(instanceOf path: String) throws {
        let copy = try DatabaseQueue(path: path)
        defer { copy.retire() }
        // VACUUM leaves a database without one; its own goes when the copy is closed.
        _ = try copy.inDatabase { try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL") }
        try copy.write { db in
            try db.execute(sql: "UPDATE instance SET name = ?", arguments: [newInstanceName()])
        }
        try copy.close()
    }

    private static func sync(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw cannotWrite(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw cannotWrite(path) }
    }

    private static func cannotWrite(_ path: String) -> StorageError {
        let code = errno
        return StorageError(
            .cannotCreate,
            "cannot write \(path): \(systemMessage(code))",
            hint: code == ENOENT ? "make its folder first" : nil
        )
    }
}
