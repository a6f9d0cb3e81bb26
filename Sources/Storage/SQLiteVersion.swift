import GRDBSQLite

/// The SQLite that this program runs with.
///
/// All versions from 3.7.0 to 3.51.2 lose commits where a checkpoint that does not hold the WAL's write lock runs
/// beside one that does (sqlite.org/wal.html, "The WAL-Reset Bug"). Between processes of ours that cannot be: each
/// of them writes, and copies the WAL into the database, with `write.lock` held, and where the last connection is
/// closed SQLite has the database to itself. Another program can meet it.
package struct SQLiteVersion: Sendable, Equatable, CustomStringConvertible {
    /// `SQLITE_VERSION_NUMBER`: 3040001 is 3.40.1.
    package let number: Int

    package init(number: Int) { self.number = number }

    package static var present: SQLiteVersion {
        SQLiteVersion(number: Int(sqlite3_libversion_number()))
    }

    /// By the number alone: a distribution may have mended it and kept that.
    package var hasWALResetFault: Bool {
        guard number >= 3_007_000 else { return false }
        let branch = number / 1000
        // The first version of each branch that is mended.
        let mended = [3_044: 3_044_006, 3_050: 3_050_007][branch] ?? 3_051_003
        return number < mended
    }

    package var description: String {
        "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
}
