import Flows
import GRDB

/// What flows name of each other and of pools: checked before they are applied, where a person can still
/// mend it, and again in the transaction that applies them.
extension Store {
    /// What can never be as these flows say, once all of them are applied.
    package func referenceFaults(of flows: [Flow]) throws -> [ReferenceFault] {
        // Nearly none has references; then nothing is asked.
        guard flows.contains(where: \.hasReferences) else { return [] }
        return try read { try Self.referenceFaults($0, of: flows) }
    }

    /// What is no fault of theirs, and a person should hear of.
    package func overlapRemarks(of flows: [Flow]) throws -> [ReferenceFault] {
        guard flows.contains(where: \.hasReferences) else { return [] }
        return try read { try Self.world($0, with: flows).overlapRemarks(of: flows) }
    }

    private static func referenceFaults(_ db: Database, of flows: [Flow]) throws -> [ReferenceFault]
    {
        try world(db, with: flows).faults(of: flows)
    }

    /// - Throws: `StorageError.badInput` that names what can never be: it would wait for ever, and nobody be
    ///   told.
    static func checkReferences(_ db: Database, of flows: [Flow]) throws {
        guard flows.contains(where: \.hasReferences) else { return }
        // Whom an expectation would register is told when there is something to tell: it may come later.
        let faults = try referenceFaults(db, of: flows).filter { $0.reference != .register }
        guard !faults.isEmpty else { return }
        let shown = faults.prefix(10).map(\.message).joined(separator: "; ")
        let more = faults.count > 10 ? "; and \(faults.count - 10) more" : ""
        var hints: [String] = []
        for hint in faults.compactMap(\.hint) where !hints.contains(hint) { hints.append(hint) }
        let hint = hints.sorted().prefix(3).joined(separator: ", ")
        throw StorageError(
            .badInput,
            shown + more,
            hint: faults.contains { $0.reference.isPool } ? "\(hint); then apply again" : hint
        )
    }

    /// What the database has, and `flows` in the place of those of the same names.
    private static func world(_ db: Database, with flows: [Flow]) throws -> ReferenceWorld {
        let new = Dictionary(flows.map { ($0.name, $0) }) { $1 }
        var known: [String: ReferenceWorld.Known?] = [:]
        let slots = Dictionary(
            uniqueKeysWithValues: try Row.fetchAll(db, sql: "SELECT name, slots FROM pool")
                .map { ($0["name"] as String, $0["slots"] as Int) }
        )
        return ReferenceWorld(
            flow: { name in
                if let known = known[name] { return known }
                let found = try new[name].map { ReferenceWorld.Known($0) } ?? stored(db, flow: name)
                known[name] = .some(found)
                return found
            },
            names: {
                let sql = "SELECT name FROM flow WHERE removed_at_ms IS NULL"
                return try String.fetchAll(db, sql: sql) + new.keys
            },
            slots: { slots[$0] }
        )
    }

    private static func stored(_ db: Database, flow name: String) throws -> ReferenceWorld.Known? {
        let sql =
            "SELECT id, outputs, overlap, queue_limit FROM flow WHERE name = ? AND removed_at_ms IS NULL"
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [name]) else {
            return nil
        }
        let id: Int64 = row["id"]
        let parameters = "SELECT name FROM flow_parameter WHERE flow_id = ? ORDER BY position"
        let starts = """
            SELECT DISTINCT arguments ->> 'flow' FROM flow_task
            WHERE flow_id = ? AND kind = 'component' AND command = '\(StoredFlow.command)'
              AND arguments ->> 'flow' IS NOT NULL
            """
        return ReferenceWorld.Known(
            parameters: try String.fetchAll(db.cachedStatement(sql: parameters), arguments: [id]),
            outputs: try (row["outputs"] as String?).map(decodeVariables)?.map(\.name) ?? [],
            starts: try String.fetchAll(db.cachedStatement(sql: starts), arguments: [id]),
            // What a plain shell has spoilt reads as what a flow has that says nothing.
            overlap: OverlapPolicy(rawValue: row["overlap"]) ?? .skip,
            queueLimit: row["queue_limit"]
        )
    }
}
