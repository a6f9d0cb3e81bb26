import Cron
import Flows
import GRDB

/// What applying a set of files did, or would do.
package struct ApplyReport: Sendable, Equatable {
    package enum Change: String, Sendable {
        case added
        case changed
        case unchanged
        /// The file is as it was, the master was changed with SQL since: the change stays.
        case edited
        case removed
    }

    /// By name, ascending.
    package var changes: [(flow: String, change: Change)] = []

    package var isNothing: Bool {
        changes.allSatisfy { $0.change == .unchanged || $0.change == .edited }
    }

    package static func == (a: ApplyReport, b: ApplyReport) -> Bool {
        a.changes.elementsEqual(b.changes) { $0 == $1 }
    }
}

extension Store {
    /// Makes the master say what `sources` say: all of it, or after an error nothing.
    ///
    /// - Parameter pruned: flows that came from these paths (a file, or a folder with all below it) and
    ///   are in `sources` no more are removed; their runs finish and stay.
    package func apply(
        _ sources: [FlowSource],
        pruning pruned: [String] = [],
        by actor: String,
        at now: Instant
    ) throws -> ApplyReport {
        if try read({ try Self.changesNothing($0, sources, pruning: pruned) }) {
            // Applying the same files twice writes nothing, and does not wait for other writers.
            return try read { try Self.report($0, unchanged: sources) }
        }
        let report = try write { db in
            var report = ApplyReport()
            let kept = Set(sources.flatMap { $0.flows.map(\.name) })
            let gone = try Self.flows(db, from: pruned).filter { !kept.contains($0) }
            try Self.checkReferences(db, of: sources.flatMap(\.flows), removing: gone)
            for source in sources {
                for flow in source.flows {
                    let change = try Self.apply(db, flow, from: source, at: now)
                    report.changes.append((flow.name, change))
                }
            }
            for name in gone {
                try Self.remove(db, flow: name, at: now)
                report.changes.append((name, .removed))
            }
            report.changes.sort { $0.flow < $1.flow }
            let changed = report.changes.filter { $0.change != .unchanged && $0.change != .edited }
            for (name, change) in changed {
                try Self.audit(db, at: now, by: actor, "apply", flow: name, detail: change.rawValue)
            }
            return report
        }
        folder.touchWake()
        return report
    }

    private static func changesNothing(
        _ db: Database,
        _ sources: [FlowSource],
        pruning pruned: [String]
    ) throws -> Bool {
        for source in sources {
            for flow in source.flows {
                guard try isAsApplied(db, flow: flow.name, source: source) else { return false }
            }
        }
        let kept = Set(sources.flatMap { $0.flows.map(\.name) })
        return try flows(db, from: pruned).allSatisfy(kept.contains)
    }

    private static func report(_ db: Database, unchanged sources: [FlowSource]) throws
        -> ApplyReport
    {
        var report = ApplyReport()
        for name in sources.flatMap({ $0.flows.map(\.name) }).sorted() {
            let sql = "SELECT edited_at_ms IS NOT NULL FROM flow WHERE name = ?"
            let isEdited =
                try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: [name]) ?? false
            report.changes.append((name, isEdited ? .edited : .unchanged))
        }
        return report
    }

    /// Whether the file is the one that was applied, and a run can be made of what SQL has changed since.
    private static func isAsApplied(
        _ db: Database,
        flow name: String,
        source: FlowSource
    ) throws -> Bool {
        let sql = """
            SELECT id, edited_at_ms IS NOT NULL AS edited FROM flow
            WHERE name = ? AND source_path = ? AND source_digest = ? AND removed_at_ms IS NULL
            """
        let arguments: StatementArguments = [name, source.path, source.digest]
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) else {
            return false
        }
        return try !row["edited"] || fault(db, ofFlow: row["id"]) == nil
    }

    static func apply(
        _ db: Database,
        _ flow: Flow,
        from source: FlowSource,
        at now: Instant
    ) throws -> ApplyReport.Change {
        let sql = "SELECT id, edited_at_ms, removed_at_ms FROM flow WHERE name = ?"
        let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [flow.name])
        let isEdited = row?["edited_at_ms"] as Int64? != nil
        if try isAsApplied(db, flow: flow.name, source: source) {
            return isEdited ? .edited : .unchanged
        }
        var change = ApplyReport.Change.changed
        if row == nil || row?["removed_at_ms"] as Int64? != nil {
            change = .added
        } else if !isEdited, let id = row?["id"] as Int64?, try loadFlow(db, id: id) == flow {
            // A comment or a neighbour in the file changed, not this flow.
            change = .unchanged
        }
        try writeMaster(db, flow, from: source, at: now)
        return change
    }

    /// The names of flows not yet removed that came from `paths` or from below them.
    private static func flows(_ db: Database, from paths: [String]) throws -> [String] {
        let sql = "SELECT name, source_path FROM flow WHERE removed_at_ms IS NULL ORDER BY name"
        return try Row.fetchAll(db, sql: sql).compactMap { row in
            guard let source = row["source_path"] as String? else { return nil }
            let isBelow = paths.contains { source == $0 || source.hasPrefix($0 + "/") }
            return isBelow ? row["name"] : nil
        }
    }

    static func remove(_ db: Database, flow name: String, at now: Instant) throws {
        try db.execute(
            sql: "UPDATE flow SET removed_at_ms = ? WHERE name = ?",
            arguments: [now.milliseconds, name]
        )
        try db.execute(
            sql: """
                UPDATE schedule SET removed_at_ms = ?
                WHERE removed_at_ms IS NULL AND flow_id = (SELECT id FROM flow WHERE name = ?)
                """,
            arguments: [now.milliseconds, name]
        )
        try db.execute(
            sql: "DELETE FROM expectation WHERE flow_id = (SELECT id FROM flow WHERE name = ?)",
            arguments: [name]
        )
        try db.execute(sql: "UPDATE flow SET edited_at_ms = NULL WHERE name = ?", arguments: [name])
    }

    /// Writes one row of the audit: who did what to what.
    static func audit(
        _ db: Database,
        at now: Instant,
        by actor: String,
        _ verb: String,
        flow name: String? = nil,
        run: Int64? = nil,
        detail: String? = nil
    ) throws {
        let sql = """
            INSERT INTO action (at_ms, actor, verb, flow_id, run_id, detail)
            VALUES (?, ?, ?, (SELECT id FROM flow WHERE name = ?), ?, ?)
            """
        try db.cachedStatement(sql: sql)
            .execute(arguments: [now.milliseconds, actor, verb, name, run, detail])
    }
}
