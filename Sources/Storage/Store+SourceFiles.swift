import Cron
import Flows
import GRDB

/// A file of the scheduler's folder, as it was seen last.
package struct SourceFile: Sendable, Equatable {
    /// As it lies in the folder.
    package let path: String
    /// Without links: what its flows remember.
    package let sourcePath: String
    package let digest: String
    package let dependencies: [String]
    /// Why it was refused; `nil` = applied.
    package let message: String?
    package let seenAt: Instant
    /// Its flows are those that it declares: reading it again would change nothing.
    package let isInForce: Bool
}

/// What became of a file that has changed.
package struct SeenFile: Sendable {
    package let path: String
    package let sourcePath: String
    package let digest: String
    package let dependencies: [String]
    /// `nil` where it was refused; then what it declared before stays.
    package let source: FlowSource?
    package let message: String?

    package init(_ path: String, _ source: FlowSource) {
        (self.path, sourcePath, digest) = (path, source.path, source.digest)
        dependencies = source.dependencies
        self.source = source
        message = nil
    }

    /// - Parameter dependencies: as far as they are known.
    package init(
        refused path: String,
        sourcePath: String,
        digest: String,
        dependencies: [String],
        message: String
    ) {
        (self.path, self.sourcePath) = (path, sourcePath)
        (self.digest, self.message) = (digest, message)
        self.dependencies = dependencies
        source = nil
    }
}

/// The scheduler's folder: applied file by file, where a bad one keeps its last good definition.
extension Store {
    /// The files directly in `folder` that were seen, by path.
    package func sourceFiles(in folder: String) throws -> [String: SourceFile] {
        try read { db in
            let prefix = folder.hasSuffix("/") ? folder : folder + "/"
            let sql = """
                SELECT f.*, (SELECT count(*) = f.flows FROM flow WHERE source_path = f.source_path
                    AND removed_at_ms IS NULL)
                  AND NOT EXISTS (SELECT 1 FROM flow WHERE source_path = f.source_path
                    AND removed_at_ms IS NULL AND source_digest IS NOT f.digest) AS in_force
                FROM source_file f WHERE substr(path, 1, length(?1)) = ?1
                """
            var files: [String: SourceFile] = [:]
            for row in try Row.fetchAll(db, sql: sql, arguments: [prefix]) {
                let message: String? = row["message"]
                // What it depends on cannot be read: then it is read anew, as one that has changed.
                let dependencies = try? Self.decode([String].self, row["dependencies"])
                files[row["path"]] = SourceFile(
                    path: row["path"],
                    sourcePath: row["source_path"],
                    digest: dependencies == nil ? "" : row["digest"],
                    dependencies: dependencies ?? [],
                    message: message,
                    seenAt: Instant(stored: row["seen_at_ms"]),
                    isInForce: message == nil && row["in_force"]
                )
            }
            return files
        }
    }

    /// All files that were refused, by path: what they declared before stays in force.
    package func refusedFiles() throws -> [SourceFile] {
        try sourceFiles(in: "").values.filter { $0.message != nil }.sorted { $0.path < $1.path }
    }

    /// The flows that came from `paths` and are not removed, each with its path.
    package func flowOwners(in paths: some Collection<String>) throws -> [String: String] {
        try read { db in
            let sql = "SELECT name FROM flow WHERE source_path = ? AND removed_at_ms IS NULL"
            let statement = try db.cachedStatement(sql: sql)
            var owners: [String: String] = [:]
            for path in paths {
                for name in try String.fetchAll(statement, arguments: [path]) {
                    owners[name] = path
                }
            }
            return owners
        }
    }

    /// Applies one file, or notes why it was refused. What it declares no more is not removed yet:
    /// another file may declare it now, which `removeFlows` is to see.
    package func see(_ file: SeenFile, by actor: String, at now: Instant) throws -> ApplyReport {
        let report = try write { db in
            var report = ApplyReport()
            for flow in file.source?.flows ?? [] {
                guard let source = file.source else { break }
                let change = try Self.apply(db, flow, from: source, at: now)
                report.changes.append((flow.name, change))
                if change == .added || change == .changed {
                    let detail = change.rawValue
                    try Self.audit(db, at: now, by: actor, "apply", flow: flow.name, detail: detail)
                }
            }
            let sql = """
                INSERT OR REPLACE INTO source_file
                  (path, source_path, digest, flows, dependencies, message, seen_at_ms)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
            try db.cachedStatement(sql: sql).execute(arguments: [
                file.path, file.sourcePath, file.digest, file.source?.flows.count ?? 0,
                try Self.encode(file.dependencies), file.message, now.milliseconds,
            ])
            return report
        }
        if !report.isNothing { folder.touchWake() }
        return report
    }

    /// Removes the flows that came from `paths` and are not among `kept`; forgets the files in `gone`.
    package func removeFlows(
        from paths: [String],
        keeping kept: Set<String>,
        gone: [String],
        by actor: String,
        at now: Instant
    ) throws -> ApplyReport {
        let doomed = try flowOwners(in: paths).keys.filter { !kept.contains($0) }.sorted()
        guard !doomed.isEmpty || !gone.isEmpty else { return ApplyReport() }
        let report = try write { db in
            var report = ApplyReport()
            for name in doomed {
                try Self.remove(db, flow: name, at: now)
                let detail = ApplyReport.Change.removed.rawValue
                try Self.audit(db, at: now, by: actor, "apply", flow: name, detail: detail)
                report.changes.append((name, .removed))
            }
            for path in gone {
                try db.execute(sql: "DELETE FROM source_file WHERE path = ?", arguments: [path])
            }
            return report
        }
        if !report.isNothing { folder.touchWake() }
        return report
    }
}
