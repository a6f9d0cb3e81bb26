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
        holders(of: Self.writeLockByte).first { $0.isWriter }?.pid
    }

    /// Whether another process has the database open, and so has read its WAL.
    var isOpenElsewhere: Bool {
        holders(of: Self.openByte).contains { $0.pid != getpid() }
    }

    var isOpenHere: Bool { holders(of: Self.openByte).contains { $0.pid == getpid() } }

    /// Who has locked a byte of the WAL's index, of this PID namespace.
    private func holders(of byte: Int) -> [(pid: pid_t, isWriter: Bool)] {
        var status = stat()
        guard stat(databasePath + "-shm", &status) == 0, let bytes = ProcFile.bytes("/proc/locks")
        else { return [] }
        let inode = ":\(status.st_ino)"
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.compactMap { line in
            // `1: POSIX  ADVISORY  WRITE 4711 fe:00:131 120 120`; `2: ->` waits.
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count == 8, words[1] == "POSIX", words[5].hasSuffix(inode),
                let first = Int(words[6]), let last = Int(words[7]),
                (first...max(first, last)).contains(byte), let pid = pid_t(words[4]),
                pid > 0
            else { return nil }
            return (pid, words[3] == "WRITE")
        }
    }

    /// Of the WAL's index (sqlite.org/walformat.html, section 2.3.1).
    private static let writeLockByte = 120
    /// Locked by every connection as long as it is open (WAL_SHM_DMS of SQLite's os_unix.c).
    private static let openByte = 128
}
