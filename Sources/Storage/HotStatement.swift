import GRDB
import GRDBSQLite

/// A statement that is run, or gives rows, by the thousand: prepared once on GRDB's connection, and stepped
/// through SQLite's own interface. GRDB's arguments and rows cost three times what the statement does.
///
/// Parameters and columns are numbered as in SQLite: parameters from 1, columns from 0. Used inside the
/// store's queue only.
final class HotStatement {
    private let statement: Statement
    private let pointer: OpaquePointer

    convenience init(_ db: Database, _ sql: String) throws {
        self.init(try db.makeStatement(sql: sql))
    }

    init(_ statement: Statement) {
        self.statement = statement
        pointer = statement.sqliteStatement
    }

    func bind(_ parameter: Int32, _ value: Int64?) {
        if let value {
            sqlite3_bind_int64(pointer, parameter, value)
        } else {
            sqlite3_bind_null(pointer, parameter)
        }
    }

    func bind(_ parameter: Int32, _ value: Int?) { bind(parameter, value.map(Int64.init)) }

    func bind(_ parameter: Int32, _ value: String?) {
        guard var value else { return bind(parameter, nil as Int64?) }
        _ = value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(pointer, parameter, $0.baseAddress, Int32($0.count), Self.copied)
            }
        }
    }

    func bind(_ parameter: Int32, _ value: [UInt8]?) {
        guard let value else { return bind(parameter, nil as Int64?) }
        _ = value.withUnsafeBytes {
            sqlite3_bind_blob(pointer, parameter, $0.baseAddress, Int32($0.count), Self.copied)
        }
    }

    /// As JSON: `WHERE id IN (SELECT value FROM json_each(?1))`.
    func bind(_ parameter: Int32, _ values: [Int64]) {
        var text = "["
        text.reserveCapacity(values.count * 12)
        for value in values {
            if text.utf8.count > 1 { text += "," }
            text += String(value)
        }
        text += "]"
        bind(parameter, text)
    }

    /// Steps to the end and is ready for the next binding.
    func run(_ db: Database) throws {
        let code = sqlite3_step(pointer)
        sqlite3_reset(pointer)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw Self.error(db) }
    }

    /// Gives the one row to `read`, and `nil` where there is none.
    func row<Result>(_ db: Database, _ read: () throws -> Result) throws -> Result? {
        let code = sqlite3_step(pointer)
        defer { sqlite3_reset(pointer) }
        guard code != SQLITE_DONE else { return nil }
        guard code == SQLITE_ROW else { throw Self.error(db) }
        return try read()
    }

    /// Gives each row to `read`, in order.
    func rows(_ db: Database, _ read: () throws -> Void) throws {
        defer { sqlite3_reset(pointer) }
        while true {
            let code = sqlite3_step(pointer)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw Self.error(db) }
            try read()
        }
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(pointer, column) == SQLITE_NULL ? nil : integer(column)
    }

    func real(_ column: Int32) -> Double { sqlite3_column_double(pointer, column) }

    func text(_ column: Int32) -> String? {
        guard let start = sqlite3_column_text(pointer, column) else { return nil }
        let count = Int(sqlite3_column_bytes(pointer, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(pointer, column) else { return [] }
        let count = Int(sqlite3_column_bytes(pointer, column))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// SQLITE_TRANSIENT, whose C definition is a cast that Swift cannot import.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// From so many rows on, one statement for all of them takes less than one for each: SQLite gets ready to
    /// undo every statement alone.
    static let manyRows = 8

    /// Why the last call of SQLite failed.
    static func error(_ db: Database) -> DatabaseError {
        DatabaseError(resultCode: db.lastErrorCode, message: db.lastErrorMessage)
    }
}

/// The hot statements of one store's connection, made when first needed.
///
/// - Important: `@unchecked`, because it is only ever touched inside the store's serial queue.
final class HotStatements: @unchecked Sendable {
    /// By where their names stand in the program: to hash a text took longer than to bind its parameters.
    /// Some twenty; for a dictionary, Swift's runtime would look at each start whether its keys are `Hashable`.
    private var made: [(place: UnsafePointer<UInt8>, isRange: Bool, statement: HotStatement)] = []

    /// A connection with statements cannot be closed.
    func removeAll() { made = [] }

    subscript(_ db: Database, _ sql: StaticString) -> HotStatement {
        get throws { try statement(db, sql, sql.description) }
    }

    /// One whose text is put together: `name` stands for it.
    subscript(
        _ db: Database,
        _ name: StaticString,
        _ sql: @autoclosure () -> String
    ) -> HotStatement {
        get throws { try statement(db, name, sql()) }
    }

    /// One about many tasks, `manyRows` or more: parameters 1 and 2 are theirs, and bound.
    ///
    /// A crowd mostly has ids that follow one another. To look for each of a list takes 2,600 instructions a
    /// task, a tenth of what its change does.
    ///
    /// - Parameters:
    ///   - tasks: each once, in any order.
    ///   - sql: gets the term that is true of them.
    func about(
        _ tasks: [Int64],
        _ db: Database,
        _ name: StaticString,
        _ sql: (String) -> String
    ) throws -> HotStatement {
        var (first, last) = (Int64.max, Int64.min)
        for task in tasks { (first, last) = (min(first, task), max(last, task)) }
        if last - first == tasks.count - 1 {
            let range = try statement(db, name, isRange: true, sql("id BETWEEN ?1 AND ?2"))
            range.bind(1, first)
            range.bind(2, last)
            return range
        }
        let list = try statement(db, name, sql("id IN (SELECT value FROM json_each(?1))"))
        list.bind(1, tasks)
        return list
    }

    private func statement(
        _ db: Database,
        _ name: StaticString,
        isRange: Bool = false,
        _ sql: @autoclosure () -> String
    ) throws -> HotStatement {
        let place = name.utf8Start
        for known in made where known.place == place && known.isRange == isRange {
            return known.statement
        }
        let statement = try HotStatement(db, sql())
        made.append((place, isRange, statement))
        return statement
    }
}
