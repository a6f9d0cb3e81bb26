import Glibc

/// Tells when the database may say something new, or a runner has begun or ended: by inotify(7), so that
/// whoever waits for a run need not ask again and again.
///
/// Made before the first look, so that no change falls between the two.
package final class StateWatch {
    private let database: FolderWatch
    private let runners: FolderWatch
    private let databaseNames: Set<String>
    /// Whether a runner's file was made or closed, when it was taken last. The kernel tells of the close
    /// before it gives the lock back.
    package private(set) var sawRunner = false

    /// - Throws: `StorageError`.
    package init(_ folder: StateFolder) throws {
        // A commit writes to the write-ahead log; a run's first line makes its folder.
        database = try FolderWatch(folder.path, .writes)
        try database.add(folder.logsPath)
        // A runner's file is closed by its end, however it comes.
        runners = try FolderWatch(folder.runnersPath, .departures)
        databaseNames = ["flower.db-wal", "flower.db"]
    }

    /// Readable when something has happened.
    package var descriptors: [Int32] { [database.descriptor, runners.descriptor] }

    /// Takes what has happened: whether the database is to be read again.
    package func take() -> Bool {
        let changes = database.take()
        sawRunner = !runners.take().isEmpty
        return sawRunner || changes.isOverflow || !changes.names.isDisjoint(with: databaseNames)
    }

    /// Waits until something has happened, at most `limit`; takes it.
    package func wait(limitMilliseconds limit: Int32) {
        var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        poll(&entries, nfds_t(entries.count), limit)
        _ = take()
    }
}
