import Cron
import Flows
import GRDB

/// Something in the database that should not be so.
package struct CheckFinding: Sendable, Equatable {
    /// What is wrong, with the rows concerned.
    package let problem: String
    /// What to do about it.
    package let remedy: String
    /// How `flower check --mend` mends it; `nil` where a person must.
    package let mending: Mending?

    package init(_ problem: String, remedy: String, mending: Mending? = nil) {
        self.problem = problem
        self.remedy = remedy
        self.mending = mending
    }
}

/// What `flower check --mend` does about a finding.
package struct Mending: Sendable, Equatable {
    /// What it does, as a sentence that begins with its verb.
    package let what: String
    let sql: [String]

    init(_ what: String, _ sql: String...) {
        self.what = what
        self.sql = sql
    }
}

/// `flower check`: what SQLite can tell of its file, and what must be true of the rows.
extension Store {
    /// Reads everything; writes nothing. An empty list: all is well.
    package func check() throws -> [CheckFinding] { try read { try findings($0) } }

    /// Mends what can be mended, all of it in one transaction or nothing.
    ///
    /// - Parameter isRehearsal: only tells what it would do.
    /// - Returns: what was mended, and what is left for a person.
    package func mend(
        isRehearsal: Bool,
        by actor: String,
        at now: Instant
    ) throws -> (mended: [CheckFinding], left: [CheckFinding]) {
        let result = try write(isRehearsal: isRehearsal) { db in
            var mended: [CheckFinding] = []
            var left = try findings(db)
            // What is mended may bring to light what was behind it.
            for _ in 0..<Self.mendingRounds where left.contains(where: { $0.mending != nil }) {
                for finding in left {
                    guard let mending = finding.mending else { continue }
                    for sql in mending.sql { try db.execute(sql: sql) }
                    mended.append(finding)
                }
                try advance(db, at: now)
                left = try findings(db)
            }
            if !mended.isEmpty {
                let detail = "\(mended.count) mended"
                try Self.audit(db, at: now, by: actor, "check", detail: detail)
            }
            return (mended, left)
        }
        if !isRehearsal {
            // What was read of runs and lanes may have been mended.
            contexts.removeAll()
            lanes.removeAll()
            folder.touchWake()
        }
        return result
    }

    private static let mendingRounds = 5

    private func findings(_ db: Database) throws -> [CheckFinding] {
        let faults = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)")
        // Of a row that was written with CHECKs switched off, the file is whole.
        let rules = faults.filter { $0.hasPrefix("CHECK constraint failed") }
        guard rules.count == faults.count || faults == ["ok"] else {
            // What else would be read could be anything.
            return faults.map {
                CheckFinding(
                    "the file is damaged: \($0)",
                    remedy: "stop everything, then restore a backup, or try: sqlite3"
                        + " \(folder.databasePath) .recover"
                )
            }
        }
        let values = try Self.spoiltValues(db)
        // SQLite names the table alone: of one whose rows are told by name below, that is no more.
        var findings = rules.filter { rule in
            !values.contains { $0.problem.hasPrefix("\(rule.split(separator: " ").last ?? "").") }
        }.map {
            CheckFinding(
                "a row breaks a rule of its table: \($0)",
                remedy: "it was written with checks switched off: mend it with SQL"
            )
        }
        findings += try Self.orphans(db)
        findings += values
        findings += try Self.unrunnableFlows(db)
        for rule in Self.rules {
            let rows = try Row.fetchAll(db, sql: "\(rule.sql) LIMIT \(Self.rowsTold + 1)")
            guard !rows.isEmpty else { continue }
            let list = Self.list(rows.map { $0[0] })
            findings.append(
                CheckFinding("\(rule.problem): \(list)", remedy: rule.remedy, mending: rule.mending)
            )
        }
        return findings
    }

    /// Of one problem.
    static let rowsTold = 20

    static func list(_ rows: [String]) -> String {
        rows.prefix(rowsTold).joined(separator: ", ") + (rows.count > rowsTold ? " and more" : "")
    }
}
