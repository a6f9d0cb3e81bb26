import Glibc

/// Who keeps others from writing.
extension Store {
    /// Says whom a write waits for, as far as can be known.
    package var lockSentence: String {
        guard let pid = folder.lockHolder else {
            return "waiting for the database, which another process has locked"
        }
        return "waiting for the database lock held by pid \(pid)"
    }
}

extension StateFolder {
    /// The process in whose write transaction the database is, as proc_locks(5) tells it; `nil` where
    /// there is none, or it belongs to another PID namespace.
    ///
    /// Not by F_GETLK: closing a descriptor of the file would drop SQLite's own POSIX locks on it
    /// (fcntl(2)).
    package var lockHolder: pid_t? {
        var status = stat()
        guard stat(databasePath + "-shm", &status) == 0, let bytes = ProcFile.bytes("/proc/locks")
        else { return nil }
        let inode = ":\(status.st_ino)"
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            // `1: POSIX  ADVISORY  WRITE 4711 fe:00:131 120 120`; `2: ->` waits.
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count == 8, words[1] == "POSIX", words[3] == "WRITE",
                words[5].hasSuffix(inode), let first = Int(words[6]), let last = Int(words[7]),
                (first...max(first, last)).contains(Self.writeLockByte), let pid = pid_t(words[4]),
                pid > 0
            else { continue }
            return pid
        }
        return nil
    }

    /// Of the WAL's index (sqlite.org/walformat.html, section 2.3.1).
    private static let writeLockByte = 120
}
