import Flows
import GRDB

/// What flows name of each other and of pools: checked before they are applied, where a person can still
/// mend it, and again in the transaction that applies them.
extension Store {
    /// What can never be as these flows say, once all of them are applied; and what flows that stay name of
    /// them, or of those that go, and is there no more.
    ///
    /// - Parameter gone: flows that are removed with it.
    package func referenceFaults(of flows: [Flow], removing gone: [String] = []) throws
        -> [ReferenceFault]
    {
        guard !(flows.isEmpty && gone.isEmpty) else { return [] }
        return try read { try Self.referenceFaults($0, of: flows, removing: gone) }
    }

    /// What is no fault of theirs, and a person should hear of.
    package func overlapRemarks(of flows: [Flow]) throws -> [ReferenceFault] {
        guard flows.contains(where: \.hasReferences) else { return [] }
        return try read { try Self.world($0, with: flows, without: []).overlapRemarks(of: flows) }
    }

    private static func referenceFaults(
        _ db: Database,
        of flows: [Flow],
        removing gone: [String]
    ) throws -> [ReferenceFault] {
        let world = try world(db, with: flows, without: gone)
        var lost = Dictionary(gone.map { ($0, ReferenceWorld.Lost.all) }) { first, _ in first }
        for flow in flows {
            // Nearly no flow declares less than it did; then nothing more is asked.
            guard let before = try stored(db, flow: flow.name) else { continue }
            lost[flow.name] = ReferenceWorld.Lost(before, after: flow)
        }
        let changed = Set(flows.map(\.name) + gone)
        var faults = try world.faults(of: flows)
        for (caller, path) in try callers(db, of: Array(lost.keys), besides: changed) {
            faults += try world.faults(of: caller, from: path, whereLost: lost)
        }
        return faults
    }

    /// The flows that start one of those named, with the files that they came from; one that SQL has spoilt is
    /// told by itself, and keeps no other from being applied.
    private static func callers(
        _ db: Database,
        of names: [String],
        besides others: Set<String>
    ) throws -> [(Flow, path: String?)] {
        guard !names.isEmpty else { return [] }
        let sql = """
            SELECT id, name, source_path FROM flow WHERE removed_at_ms IS NULL AND id IN (
              SELECT flow_id FROM flow_task
              WHERE kind = 'component' AND command = '\(StoredFlow.command)'
                AND \(startedName) IN (SELECT value FROM json_each(?)))
            ORDER BY name
            """
        return try Row.fetchAll(db, sql: sql, arguments: [try encode(names)]).compactMap { row in
            guard !others.contains(row["name"]) else { return nil }
            do {
                return (try loadFlow(db, id: row["id"]), row["source_path"])
            } catch let error as StorageError where error.isOfRows {
                return nil
            }
        }
    }

    /// - Throws: `StorageError.badInput` that names what can never be: it would wait for ever, and nobody be
    ///   told.
    static func checkReferences(_ db: Database, of flows: [Flow], removing gone: [String]) throws {
        // Whom an expectation would register is told when there is something to tell: it may come later.
        let faults = try referenceFaults(db, of: flows, removing: gone).filter {
            $0.reference != .register
        }
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

    /// What the database has without what is `gone`, and `flows` in the place of those of the same names.
    private static func world(
        _ db: Database,
        with flows: [Flow],
        without gone: [String]
    ) throws -> ReferenceWorld {
        let gone = Set(gone)
        let new = Dictionary(flows.map { ($0.name, $0) }) { $1 }
        var known: [String: ReferenceWorld.Known?] = [:]
        let slots = Dictionary(
            uniqueKeysWithValues: try Row.fetchAll(db, sql: "SELECT name, slots FROM pool")
                .map { ($0["name"] as String, $0["slots"] as Int) }
        )
        return ReferenceWorld(
            flow: { name in
                if let known = known[name] { return known }
                let found =
                    try new[name].map { ReferenceWorld.Known($0) }
                    ?? (gone.contains(name) ? nil : stored(db, flow: name))
                known[name] = .some(found)
                return found
            },
            names: {
                let sql = "SELECT name FROM flow WHERE removed_at_ms IS NULL"
                return try String.fetchAll(db, sql: sql).filter { !gone.contains($0) } + new.keys
            },
            slots: { slots[$0] }
        )
    }

    private static let startedName = "iif(json_valid(arguments), arguments ->> 'flow', NULL)"

    private static func stored(_ db: Database, flow name: String) throws -> ReferenceWorld.Known? {
        let sql =
            "SELECT id, outputs, overlap, queue_limit FROM flow WHERE name = ? AND removed_at_ms IS NULL"
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [name]) else {
            return nil
        }
        let id: Int64 = row["id"]
        let parameters = "SELECT name FROM flow_parameter WHERE flow_id = ? ORDER BY position"
        let starts = """
            SELECT DISTINCT \(startedName) AS other FROM flow_task
            WHERE flow_id = ? AND kind = 'component' AND command = '\(StoredFlow.command)'
              AND other IS NOT NULL
            """
        // Outputs that SQL has spoilt are none, so that the file can be applied again, which mends them.
        let outputs = try? (row["outputs"] as String?).map(decodeVariables)
        return ReferenceWorld.Known(
            parameters: try String.fetchAll(db.cachedStatement(sql: parameters), arguments: [id]),
            outputs: outputs?.map(\.name) ?? [],
            starts: try String.fetchAll(db.cachedStatement(sql: starts), arguments: [id]),
            // What a plain shell has spoilt reads as what a flow has that says nothing.
            overlap: OverlapPolicy(rawValue: row["overlap"]) ?? .skip,
            queueLimit: row["queue_limit"]
        )
    }
}
