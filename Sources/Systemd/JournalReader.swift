import CSystemd
import Glibc

/// Reads the journals that this user may read: sd-journal(3).
///
/// After `init` or a seek it stands between entries: `next` or `previous` goes to one. Of one thread.
package final class JournalReader {
    private let library: csystemd
    private let journal: OpaquePointer

    /// What `wait` has seen.
    package enum Change: Sendable, Equatable {
        case nothing
        /// Entries were added.
        case added
        /// Files came or went: rotation, another host's journal.
        case rearranged
    }

    /// - Parameter folder: of journal files; `nil` = this host's (sd_journal_open(3)).
    /// - Throws: where there is no libsystemd, or the folder cannot be read. A user who may read no
    ///   journal gets an empty one.
    package init(folder: String? = nil) throws(JournalFailure) {
        guard let library = csystemd_load() else { throw .noLibrary }
        self.library = library.pointee
        var journal: OpaquePointer?
        let code: Int32
        if let folder {
            code = self.library.journal_open_directory(&journal, folder, 0)
        } else {
            code = self.library.journal_open(&journal, CSYSTEMD_LOCAL_ONLY)
        }
        try JournalFailure.checked(
            code,
            "cannot open the journal\(folder.map { " in \($0)" } ?? "")"
        )
        guard let journal else { throw JournalFailure("cannot open the journal", code: ENOMEM) }
        self.journal = journal
        // By default a value is cut at 64 KiB (sd_journal_get_data(3)).
        try JournalFailure.checked(
            self.library.journal_set_data_threshold(journal, 0),
            "cannot read whole fields"
        )
    }

    deinit { library.journal_close(journal) }

    // MARK: - Which entries

    /// From now on only entries with this field; of several matches of one name one must fit, of
    /// several names each (sd_journal_add_match(3)).
    ///
    /// A follower adds matches after it has gone to a real entry: seen with systemd 252, a seek to the
    /// tail and `previous` with matches that fit nothing yet loses the first entries that come.
    package func match(_ name: String, _ value: String) throws(JournalFailure) {
        let bytes = Array("\(name)=\(value)".utf8)
        try JournalFailure.checked(
            library.journal_add_match(journal, bytes, bytes.count),
            "cannot look for \(name)"
        )
    }

    /// Those matched so far, or those matched from here on (sd_journal_add_disjunction(3)).
    package func matchOr() throws(JournalFailure) {
        try JournalFailure.checked(library.journal_add_disjunction(journal), "cannot look for both")
    }

    /// Those matched so far that are also matched from here on (sd_journal_add_conjunction(3)).
    package func matchAnd() throws(JournalFailure) {
        try JournalFailure.checked(library.journal_add_conjunction(journal), "cannot look for both")
    }

    /// All entries again (sd_journal_flush_matches(3)).
    package func matchAll() { library.journal_flush_matches(journal) }

    // MARK: - Where

    /// sd_journal_seek_head(3).
    package func seekHead() throws(JournalFailure) {
        try JournalFailure.checked(library.journal_seek_head(journal), Self.seeking)
    }

    /// Behind the last entry: `previous` goes to it (sd_journal_seek_tail(3)).
    package func seekTail() throws(JournalFailure) {
        try JournalFailure.checked(library.journal_seek_tail(journal), Self.seeking)
    }

    /// Before the first entry written at `microseconds` since 1970 or later
    /// (sd_journal_seek_realtime_usec(3)).
    package func seek(toMicroseconds microseconds: UInt64) throws(JournalFailure) {
        let code = library.journal_seek_realtime_usec(journal, microseconds)
        try JournalFailure.checked(code, Self.seeking)
    }

    /// Before the entry of a cursor, or where it would be (sd_journal_seek_cursor(3)).
    package func seek(toCursor cursor: String) throws(JournalFailure) {
        try JournalFailure.checked(library.journal_seek_cursor(journal, cursor), Self.seeking)
    }

    private static let seeking = "cannot move in the journal"

    /// sd_journal_next(3). - Returns: whether there is an entry.
    package func next() throws(JournalFailure) -> Bool {
        try JournalFailure.checked(library.journal_next(journal), Self.seeking) > 0
    }

    /// sd_journal_previous(3). - Returns: whether there is an entry.
    package func previous() throws(JournalFailure) -> Bool {
        try JournalFailure.checked(library.journal_previous(journal), Self.seeking) > 0
    }

    /// Waits for a change since the last call, at most `limit` (sd_journal_wait(3)). journald tells
    /// of entries in batches, up to 250 ms late.
    package func wait(limit: Duration) throws(JournalFailure) -> Change {
        let (seconds, attoseconds) = limit.components
        let microseconds = UInt64(max(0, seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
        return try change(library.journal_wait(journal, microseconds))
    }

    /// Readable when there may be a change, for a loop that waits for other things too; then
    /// `takeChange` is to be called (sd_journal_get_fd(3)).
    package func descriptor() throws(JournalFailure) -> Int32 {
        try JournalFailure.checked(library.journal_get_fd(journal), Self.waiting)
    }

    /// Does not wait (sd_journal_process(3)).
    package func takeChange() throws(JournalFailure) -> Change {
        try change(library.journal_process(journal))
    }

    private func change(_ code: Int32) throws(JournalFailure) -> Change {
        switch try JournalFailure.checked(code, Self.waiting) {
        case CSYSTEMD_APPEND: return .added
        case CSYSTEMD_INVALIDATE: return .rearranged
        default: return .nothing
        }
    }

    private static let waiting = "cannot wait for the journal"

    // MARK: - The present entry

    /// A field's value; of several of one name the first; `nil` = it has none
    /// (sd_journal_get_data(3)).
    package func value(of name: String) throws(JournalFailure) -> [UInt8]? {
        var data: UnsafeRawPointer?
        var count = 0
        let code = library.journal_get_data(journal, name, &data, &count)
        if code == -ENOENT { return nil }
        try JournalFailure.checked(code, Self.reading)
        return [UInt8](
            UnsafeRawBufferPointer(start: data, count: count)
                .dropFirst(name.utf8.count + 1)
        )
    }

    package func text(of name: String) throws(JournalFailure) -> String? {
        try value(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// All fields, journald's own too (sd_journal_enumerate_available_data(3)).
    package func fields() throws(JournalFailure) -> [(name: String, value: [UInt8])] {
        var fields: [(name: String, value: [UInt8])] = []
        library.journal_restart_data(journal)
        while true {
            var data: UnsafeRawPointer?
            var count = 0
            let code = library.journal_enumerate_available_data(journal, &data, &count)
            guard try JournalFailure.checked(code, Self.reading) > 0 else { return fields }
            let bytes = UnsafeRawBufferPointer(start: data, count: count)
            guard let sign = bytes.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: bytes[..<sign], as: UTF8.self)
            fields.append((name, [UInt8](bytes[(sign + 1)...])))
        }
    }

    /// When journald got it, in microseconds since 1970 (sd_journal_get_realtime_usec(3)).
    package func microseconds() throws(JournalFailure) -> UInt64 {
        var time: UInt64 = 0
        let code = library.journal_get_realtime_usec(journal, &time)
        try JournalFailure.checked(code, Self.reading)
        return time
    }

    /// The same by CLOCK_MONOTONIC of the boot of its `_BOOT_ID` (sd_journal_get_monotonic_usec(3)).
    package func monotonicMicroseconds() throws(JournalFailure) -> UInt64 {
        var time: UInt64 = 0
        var boot = csystemd_id()
        let code = library.journal_get_monotonic_usec(journal, &time, &boot)
        try JournalFailure.checked(code, Self.reading)
        return time
    }

    /// Its number in the sequence of journald's entries, and the sequence's name, 32 hex digits
    /// (sd_journal_get_seqnum(3)); `nil` where libsystemd is older than 254.
    package func sequence() throws(JournalFailure) -> (number: UInt64, name: String)? {
        guard let seqnum = library.journal_get_seqnum else { return nil }
        var number: UInt64 = 0
        var id = csystemd_id()
        try JournalFailure.checked(seqnum(journal, &number, &id), Self.reading)
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        let name = withUnsafeBytes(of: id) { bytes in
            bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        }
        return (number, String(decoding: name, as: UTF8.self))
    }

    /// A name for its place, good after reboots too (sd_journal_get_cursor(3)).
    package func cursor() throws(JournalFailure) -> String {
        var text: UnsafeMutablePointer<CChar>?
        try JournalFailure.checked(library.journal_get_cursor(journal, &text), Self.reading)
        defer { free(text) }
        return text.map { String(cString: $0) } ?? ""
    }

    private static let reading = "cannot read an entry of the journal"
}
