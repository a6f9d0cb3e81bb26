import CLinux
import Cron
import FlowFiles
import Flows
import Glibc
import Storage
import Systemd

/// The scheduler's folder of flow files: what lies in it is what is scheduled.
///
/// Applied file by file: one with faults keeps its last good definition, a file that is gone takes its
/// flows with it, and one whose bytes are those that were applied last is not even read as a flow, so
/// that it never overwrites a change made in SQL.
///
/// Not thread-safe: one thread calls it.
package final class FlowFolder {
    /// Absolute, without links.
    package let path: String
    private let store: Store
    private let makeLoader: (Instant) -> FlowFileLoader
    private let watch: FolderWatch

    private enum Pending {
        case nothing
        /// Files that changed, by their names in the folder.
        case names(Set<String>)
        case everything
    }

    private var pending = Pending.everything
    /// Which files each other file is part of, by name.
    private var dependents: [String: Set<String>] = [:]
    /// A file is refused: whatever changes may mend it.
    private var hasRefused = false
    /// Its flows stay until it is there again; `nil` before the first look.
    private var isMissing: Bool?
    private let isExpected: Bool
    private var isUnreadable = false
    /// How the pools stood when a file was refused for one that was not there.
    private var poolMark: String?

    /// Who applied, in the audit.
    private static let actor = "scheduler"
    /// Of the faults of one file, so many are told; `flower validate` tells all.
    private static let faultsTold = 5

    /// - Parameters:
    ///   - isExpected: whether it is told where the folder is not there from the beginning.
    ///   - makeLoader: for files read at an instant.
    package init(
        _ path: String,
        store: Store,
        isExpected: Bool = true,
        makeLoader: @escaping (Instant) -> FlowFileLoader
    ) throws {
        self.path = FlowFileLoader.resolved(path)
        self.store = store
        self.makeLoader = makeLoader
        self.isExpected = isExpected
        watch = try FolderWatch()
    }

    /// Readable when something has changed in the folder.
    package var descriptor: Int32 { watch.descriptor }
    var hasChanges: Bool {
        if case .nothing = pending { false } else { true }
    }

    /// Whether pools have changed since a file was refused for one; then refused files are to be
    /// looked at again.
    func awaitsPools() throws -> Bool {
        guard let mark = poolMark, try store.poolMark() != mark else { return false }
        poolMark = nil
        // No name: refused ones are looked at in any case.
        if case .nothing = pending { pending = .names([]) }
        return true
    }

    /// From now on everything is to be looked at anew.
    func expectChanges() { pending = .everything }

    /// Takes note of what has changed.
    ///
    /// - Returns: whether any of it matters: tasks may write their files into this folder too.
    @discardableResult
    func takeNote() -> Bool {
        let changes = watch.take()
        guard !changes.isOverflow, changes.gone.isEmpty else {
            expectChanges()
            return true
        }
        // A file that was only made is not whole yet; its closing is told. A link is whole.
        let arrived = changes.names.filter { name in
            !changes.created.contains(name) || Self.isWhole("\(path)/\(name)")
        }
        let files = arrived.filter(FlowFileLoader.isFlowFile)
            .union(arrived.flatMap { dependents[$0] ?? [] })
        // What a refused file refers to is not known: any file may be what mends it.
        guard !files.isEmpty || (hasRefused && !arrived.isEmpty) else { return false }
        switch pending {
        case .nothing: pending = .names(files)
        case .names(let names): pending = .names(names.union(files))
        case .everything: break
        }
        return true
    }

    private static func isWhole(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return true }
        return status.st_mode & S_IFMT == S_IFLNK || status.st_nlink > 1
    }

    /// Applies what has changed.
    ///
    /// - Parameters:
    ///   - report: told what became of each file; one sentence a call.
    ///   - between: called after each file: fires do not wait for a thousand files.
    /// - Returns: whether it could be read; else the same is to be asked again in a while.
    /// - Throws: `StorageError`; the same files are looked at again by the next call.
    package func apply(
        at now: Instant,
        report: (Bulletin) -> Void,
        between: () -> Void
    ) throws -> Bool {
        guard hasChanges else { return true }
        guard isThere(report) else { return false }
        let (found, faults) = FlowFileLoader.files(at: path)
        if let fault = faults.first {
            if !isUnreadable {
                report("the folder of flow files cannot be read: \(fault.path): \(fault.message)")
            }
            isUnreadable = true
            return false
        }
        isUnreadable = false
        let known = try store.sourceFiles(in: path)
        let loader = makeLoader(now)
        let changed = found.filter {
            isCandidate($0, known[$0]) && !(isAsSeen($0, known[$0]) && loader.isTrusted($0))
        }
        let gone = known.keys.filter { !found.contains($0) }.sorted()
        var seen = try read(changed, loader, known: known, gone: Set(gone))
        seen = try checkReferences(seen)
        var kept: Set<String> = []
        for file in seen {
            let changes = try store.see(file, by: Self.actor, at: now)
            kept.formUnion(file.source?.flows.map(\.name) ?? [])
            tell(file, changes, known[file.path], report)
            between()
        }
        // A link may lead elsewhere now: the flows of where it led are gone too.
        let good = seen.filter { $0.source != nil }
        let paths =
            good.map(\.sourcePath)
            + (good.map(\.path) + gone).compactMap {
                known[$0]?.sourcePath
            }
        let removed = try store.removeFlows(
            from: Array(Set(paths)).sorted(),
            keeping: kept,
            gone: gone,
            by: Self.actor,
            at: now
        )
        for (flow, _) in removed.changes { report("flow '\(flow)' removed: no file declares it") }
        try noteDependents()
        pending = .nothing
        // 100,000 flows leave 150 MiB behind, which a process that sleeps for hours does not need.
        if !seen.isEmpty { clinux_trim_memory() }
        return true
    }

    /// A folder that is missing is no reason to remove all flows: it may be on a disk not mounted.
    private func isThere(_ report: (Bulletin) -> Void) -> Bool {
        do {
            try watch.add(path, .departures)
            if isMissing == true { report("the folder of flow files, \(path), is there again") }
            isMissing = false
            return true
        } catch {
            if isMissing == false || (isMissing == nil && isExpected) {
                let isThere = (error as? StorageError)?.code != .notFound
                let what = isThere ? "\(error)" : "there is no folder of flow files at \(path)"
                report("\(what); the flows applied so far stay")
            }
            isMissing = true
            return false
        }
    }

    /// Whether a file is to be looked at: it changed, or was refused, which another file's change may
    /// have mended.
    private func isCandidate(_ path: String, _ known: SourceFile?) -> Bool {
        guard case .names(let names) = pending, let known, known.message == nil else { return true }
        return names.contains(Self.name(of: path))
    }

    private func isAsSeen(_ path: String, _ known: SourceFile?) -> Bool {
        // A file that others are part of is read again, which costs little: there are few.
        guard let known, known.isInForce, known.dependencies.isEmpty else { return false }
        return known.sourcePath == FlowFileLoader.resolved(path)
            && known.digest == FlowFileLoader.digest(ofFile: path)
    }

    private func read(
        _ paths: [String],
        _ loader: FlowFileLoader,
        known: [String: SourceFile],
        gone: Set<String>
    ) throws -> [SeenFile] {
        guard !paths.isEmpty else { return [] }
        let others = known.values.filter { !paths.contains($0.path) && !gone.contains($0.path) }
        let owners = try store.flowOwners(in: others.map(\.sourcePath))
        let (sources, diagnostics) = loader.load(paths: paths, besides: owners)
        let byPath = Dictionary(sources.map { ($0.path, $0) }) { first, _ in first }
        let faults = Dictionary(grouping: diagnostics.filter { !$0.isWarning }, by: \.path)
        return paths.compactMap { path in
            let resolved = FlowFileLoader.resolved(path)
            if let faults = faults[path] {
                return SeenFile(
                    refused: path,
                    sourcePath: resolved,
                    digest: FlowFileLoader.digest(ofFile: path) ?? "",
                    message: Self.message(faults)
                )
            }
            // A second link to a file that was read already has no source of its own.
            return byPath[resolved].map { SeenFile(path, $0) }
        }
    }

    /// Refuses files that name what is not there, or can never be filled: their tasks would wait for ever. What
    /// one of them declares is then not there for the others either.
    private func checkReferences(_ files: [SeenFile]) throws -> [SeenFile] {
        var files = files
        while true {
            let flows = files.flatMap { $0.source?.flows ?? [] }
            let faults = Dictionary(grouping: try store.referenceFaults(of: flows), by: \.flow)
            guard !faults.isEmpty else { return files }
            if faults.values.joined().contains(where: \.reference.isPool) {
                poolMark = try store.poolMark()
            }
            files = files.map { file in
                guard let source = file.source else { return file }
                let own = source.flows.flatMap { faults[$0.name] ?? [] }
                guard !own.isEmpty else { return file }
                return SeenFile(
                    refused: file.path,
                    sourcePath: file.sourcePath,
                    digest: file.digest,
                    message: Self.message(own.map { Diagnostic($0, in: source) })
                )
            }
        }
    }

    private static func message(_ faults: [Diagnostic]) -> String {
        var lines = faults.prefix(faultsTold).map(\.rendered)
        if faults.count > faultsTold { lines.append("and \(faults.count - faultsTold) more") }
        return lines.joined(separator: "\n")
    }

    private func tell(
        _ file: SeenFile,
        _ changes: ApplyReport,
        _ known: SourceFile?,
        _ report: (Bulletin) -> Void
    ) {
        if let message = file.message {
            guard message != known?.message else { return }
            let isNew = known == nil
            let stays = isNew ? "" : ", what it said before stays"
            let fields = [
                JournalField("FLOWER_INSTANCE", store.instance),
                JournalField("FLOWER_FILE", file.path),
            ]
            let text = "\(file.path) is refused\(stays):\n\(message)"
            report(Bulletin(JournalEvent(.fileRefused, .error, text, fields)))
            return
        }
        for (change, flows) in Dictionary(grouping: changes.changes, by: \.change)
        where change != .unchanged && change != .edited {
            let what = flows.count == 1 ? "flow '\(flows[0].flow)'" : "\(flows.count) flows"
            report("\(file.path): \(what) \(change.rawValue)")
        }
        if known?.message != nil { report("\(file.path) is no longer refused") }
    }

    /// Watches what flow files are made of besides themselves.
    private func noteDependents() throws {
        dependents = [:]
        let files = try store.sourceFiles(in: path).values
        hasRefused = files.contains { $0.message != nil }
        for file in files {
            for dependency in file.dependencies {
                let name = Self.name(of: dependency)
                dependents[name, default: []].insert(Self.name(of: file.path))
                let folder = String(dependency.dropLast(name.utf8.count + 1))
                // Where it cannot be watched, SIGHUP is still there.
                try? watch.add(folder, .departures)
            }
        }
    }

    private static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
