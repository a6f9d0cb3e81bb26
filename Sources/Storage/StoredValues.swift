import Cron
import Flows
import GRDB

/// Numbers of rows that plain SQL may have spoilt: whatever stands there, no sum of them overflows. What is
/// out of its range is refused where it is written (`Schema.values`) and told by `flower check`.
extension Instant {
    /// Of a column `…_at_ms`: none is further from 1970 than the year 9999.
    init(stored milliseconds: Int64) {
        self.init(milliseconds: min(max(milliseconds, -Self.storedBound), Self.storedBound))
    }

    private static let storedBound: Int64 = 253_402_300_799_999
}

extension Duration {
    /// Of a column `…_ms`: none is negative, or longer than a lifetime.
    static func stored(_ milliseconds: Int64) -> Duration {
        .milliseconds(min(max(milliseconds, 0), 100 * Limit.durationMilliseconds))
    }
}

extension Store {
    /// What `read` makes of a column, told by its name where that cannot be read.
    static func column<Value>(_ name: StaticString, _ read: () throws -> Value) throws -> Value {
        do {
            return try read()
        } catch let error as StorageError where error.code == .badInput {
            throw StorageError(
                .badInput,
                "\(name) cannot be used: \(error.message)",
                hint: error.hint
            )
        }
    }

    /// A column `…_ms`.
    ///
    /// - Throws: `StorageError.badInput` beyond `least`...`Limit.durationMilliseconds`.
    static func span(
        _ milliseconds: Int64,
        _ column: StaticString,
        atLeast least: Int64 = 0
    ) throws -> Duration {
        guard (least...Limit.durationMilliseconds).contains(milliseconds) else {
            throw StorageError(
                .badInput,
                "\(column) is \(milliseconds): it is \(least) to \(Limit.durationMilliseconds)"
            )
        }
        return .milliseconds(milliseconds)
    }

    /// The words of a command, of which there is at least one.
    static func filled(_ words: [String]) throws -> [String] {
        guard !words.isEmpty else { throw StorageError(.badInput, "it has no word") }
        return words
    }
}

extension TaskControl {
    /// - Throws: `StorageError.badInput` for a value out of its range.
    var checked: TaskControl {
        get throws {
            if let part = retryJitter, !(0...1).contains(part) {
                throw StorageError(.badInput, "retry_jitter is \(part): it is 0 to 1")
            }
            if let span = retryJitterMilliseconds { _ = try Store.span(span, "retry_jitter_ms") }
            if let grace = killGraceMilliseconds { _ = try Store.span(grace, "kill_grace_ms") }
            return self
        }
    }
}

extension StorageError {
    /// A row that was just written is not there: a trigger that is not ours has undone it.
    static func unwritten(_ table: String) -> StorageError {
        StorageError(
            .unusable,
            "a row of table '\(table)' that was written is not there",
            hint:
                "flower check tells what is wrong; a trigger that is not Flower's is to be dropped"
        )
    }

    /// What the attempt of a task tells that has such a row.
    var rowFault: String { "\(message); mend its row, or see what flower check --mend does" }

    /// Whether a column of a STRICT table cannot hold what was to be written.
    var isOfDatatype: Bool {
        (underlyingError as? DatabaseError)?.extendedResultCode == .SQLITE_CONSTRAINT_DATATYPE
    }

    /// Whether it is of single rows that plain SQL has spoilt, and all else goes on.
    var isOfRows: Bool { code == .badInput || code == .notFound }
}
