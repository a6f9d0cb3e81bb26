import CSystemd
import Glibc

/// Writes entries to the journal.
///
/// A write blocks while journald is stopped (seen: from the 11th on) or its socket is full, without
/// limit: so it belongs on a thread that nobody waits for (promise 7). Safe from any thread.
package struct Journal: Sendable {
    /// Immutable once loaded, and alive for ever.
    private nonisolated(unsafe) let library: UnsafePointer<csystemd>

    /// Whether our standard output or error goes to the journal: `$JOURNAL_STREAM` is the device and
    /// inode of what systemd connected them to (systemd.exec(5)), and a shell between may have sent
    /// them elsewhere.
    package static func isStandardOutput(_ stream: String?) -> Bool {
        guard let stream else { return false }
        return [STDOUT_FILENO, STDERR_FILENO].contains { descriptor in
            var status = stat()
            return fstat(descriptor, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
        }
    }

    /// - Throws: where the host has no libsystemd.
    package init() throws(JournalFailure) {
        guard let library = csystemd_load() else { throw .noLibrary }
        self.library = library
    }

    /// Writes one entry: sd_journal_sendv(3), which passes a large one on in a memory file.
    ///
    /// That journald took it is not said: what its rate limit drops is dropped without a word, and so
    /// is everything where no journald runs.
    ///
    /// - Throws: `E2BIG`, `ENOBUFS` and their like, where it could not be handed over.
    package func write(_ fields: [JournalField]) throws(JournalFailure) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.count + 1 })
        var ends: [Int] = []
        for field in fields {
            bytes += field.name.utf8
            bytes.append(UInt8(ascii: "="))
            bytes += field.value
            ends.append(bytes.count)
        }
        let result = bytes.withUnsafeMutableBytes { buffer -> Int32 in
            var vectors: [iovec] = []
            vectors.reserveCapacity(ends.count)
            var start = 0
            for end in ends {
                let part = buffer[start..<end]
                vectors.append(iovec(iov_base: buffer.baseAddress! + start, iov_len: part.count))
                start = end
            }
            return library.pointee.journal_sendv(vectors, Int32(vectors.count))
        }
        try JournalFailure.checked(result, "cannot write to the journal")
    }
}
