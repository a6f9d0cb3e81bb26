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
    /// Absolute, with its links: what they lead to may change.
    package let path: String
    private let store: Store
    private let makeLoader: (Instant) -> FlowFileLoader
    private let watch: FlowFileWatch
    private var pending = FlowFileWatch.Change.everything
    /// Files by their names: whatever changes may mend them.
    private var refused: Set<String> = []
    /// Its flows stay until it is there again; `nil` before the first look.
    private var isMissing: Bool?
    private let isExpected: Bool
    private var isUnreadable = false
    /// How the pools stood when a file was refused for one that was not there.
    private var poolMark: String?

    /// As which an earlier version knew a folder behind a link; `nil` once it has forgotten that.
    private var former: String?

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
        let absolute = PathWay.absolute(path)
        let resolved = FlowFileLoader.resolved(path)
        self.path = PathWay(absolute).hasLinks ? absolute : resolved
        former = self.path == resolved ? nil : resolved
        self.store = store
        self.makeLoader = makeLoader
        self.isExpected = isExpected
        watch = try FlowFileWatch(self.path)
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
        pending = pending.and(.names([]))
        return true
    }

    /// From now on everything is to be looked at anew.
    func expectChanges() { pending = .everything }

    /// Takes note of what has changed.
    ///
    /// - Returns: whether any of it matters: tasks may write their files into this folder too.
    @discardableResult
    func takeNote() -> Bool { note(watch.take(refused: refused)) }

    /// The same for what nobody has told: looks at all that the files are made of, and what was refused is looked at
    /// again. A stat(2) for each.
    ///
    /// - Returns: whether anything is to be applied, and whether something is being written.
    @discardableResult
    func sweep() -> (isAny: Bool, hasYoung: Bool) {
        let (change, hasYoung) = watch.sweep()
        return (note(change.and(refused.isEmpty ? .nothing : .names([]))), hasYoung)
    }

    private func note(_ change: FlowFileWatch.Change) -> Bool {
        pending = pending.and(change)
        if case .nothing = change { return false }
        return true
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
        let candidates = found.filter { isCandidate($0, known[$0]) }
        let before = watch.willRead(candidates)
        let changed = candidates.filter { !(isAsSeen($0, known[$0]) && loader.isTrusted($0)) }
        let gone = known.keys.filter { !found.contains($0) }.sorted()
        var seen = try read(changed, loader, known: known, gone: Set(gone))
        seen = try checkReferences(seen, known, gone: gone)
        var kept: Set<String> = []
        for file in seen where !isRefusedAsBefore(file, known[file.path]) {
            let changes = try store.see(file, by: Self.actor, at: now)
            kept.formUnion(file.source?.flows.map(\.name) ?? [])
            tell(file, changes, known[file.path], report)
            between()
        }
        let removed = try store.removeFlows(
            from: Self.origins(of: seen, known, gone: gone),
            keeping: kept,
            gone: gone,
            by: Self.actor,
            at: now
        )
        for (flow, _) in removed.changes { report("flow '\(flow)' removed: no file declares it") }
        for fault in try store.referenceFaults(of: [], removing: removed.changes.map(\.flow)) {
            report("\(fault.message), and will fail")
        }
        try forgetFormer(at: now)
        let files = try store.sourceFiles(in: path).values
        refused = Set(files.filter { $0.message != nil }.map { Self.name(of: $0.path) })
        watch.didRead(files, before)
        pending = .nothing
        // 100,000 flows leave 150 MiB behind, which a process that sleeps for hours does not need.
        if !seen.isEmpty { clinux_trim_memory() }
        return true
    }

    /// A folder that is missing is no reason to remove all flows: it may be on a disk not mounted.
    private func isThere(_ report: (Bulletin) -> Void) -> Bool {
        do {
            try watch.begin()
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

    /// A minute later the same is to be said of it: nothing is written for that.
    private func isRefusedAsBefore(_ file: SeenFile, _ known: SourceFile?) -> Bool {
        guard let known, let message = file.message else { return false }
        return known.message == message && known.digest == file.digest
            && known.sourcePath == file.sourcePath && known.dependencies == file.dependencies
    }

    private func forgetFormer(at now: Instant) throws {
        guard let former else { return }
        let gone = try store.sourceFiles(in: former).keys.sorted()
        _ = try store.removeFlows(from: [], keeping: [], gone: gone, by: Self.actor, at: now)
        self.former = nil
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
        let (sources, diagnostics, dependencies) = loader.loadAll(paths: paths, besides: owners)
        let byPath = Dictionary(sources.map { ($0.path, $0) }) { first, _ in first }
        let faults = Dictionary(grouping: diagnostics.filter(\.isFault), by: \.path)
        return paths.compactMap { path in
            let resolved = FlowFileLoader.resolved(path)
            if let faults = faults[path] {
                return SeenFile(
                    refused: path,
                    sourcePath: resolved,
                    digest: FlowFileLoader.digest(ofFile: path) ?? "",
                    dependencies: dependencies[path] ?? [],
                    message: Self.message(faults)
                )
            }
            // A second link to a file that was read already has no source of its own.
            return byPath[resolved].map { SeenFile(path, $0) }
        }
    }

    /// Where the flows come from of which only those of `files` stay.
    private static func origins(
        of files: [SeenFile],
        _ known: [String: SourceFile],
        gone: [String]
    ) -> [String] {
        // A link may lead elsewhere now: the flows of where it led are gone too.
        let good = files.filter { $0.source != nil }
        let paths = (good.map(\.path) + gone).compactMap { known[$0]?.sourcePath }
        return Set(good.map(\.sourcePath) + paths).sorted()
    }

    /// Refuses files that name what is not there, or can never be filled: their tasks would wait for ever. What
    /// one of them declares is then not there for the others either; and what one of them declares no more,
    /// that flows name which stay.
    private func checkReferences(
        _ files: [SeenFile],
        _ known: [String: SourceFile],
        gone: [String]
    ) throws -> [SeenFile] {
        var files = files
        while true {
            let flows = files.flatMap { $0.source?.flows ?? [] }
            let names = Set(flows.map(\.name))
            let owners = try store.flowOwners(in: Self.origins(of: files, known, gone: gone))
            let doomed = owners.keys.filter { !names.contains($0) }
            let faults = Dictionary(
                // A flow that goes with its file cannot be kept: who starts it is told.
                grouping: try store.referenceFaults(of: flows, removing: doomed).filter {
                    names.contains($0.flow)
                },
                by: \.flow
            )
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
                    dependencies: file.dependencies,
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

    private static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
