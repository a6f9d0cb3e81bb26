import ArgumentParser
import Components
import Cron
import Execution
import FlowFiles
import Flows
import Glibc
import HostFiles
import HostTime
import Storage

/// The flow files that a command is given.
struct FileArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Flow files (.yaml, .yml, .crontab), or folders of them.",
            valueName: "path"
        ),
        completion: .file(extensions: ["yaml", "yml", "crontab"])
    )
    var paths: [String]

    /// All that they declare; warnings are told.
    ///
    /// - Throws: `Failure` where there is a fault; every one is told by then. Exit 65, or 66 where
    ///   all that is wrong is that nothing is there.
    ///
    /// - Parameters:
    ///   - folder: the state folder for which they are.
    ///   - trust: what a person is warned of who asks for a file; see `FlowFileLoader`.
    ///   - consequence: what follows from a fault, for the last line.
    func load(
        in session: Session,
        for folder: StateFolder,
        trust: FileTrust? = nil,
        consequence: String = ""
    ) throws -> [FlowSource] {
        let loader = session.makeLoader(
            at: session.now,
            for: folder,
            trust: trust,
            isTrustRequired: false
        )
        let (sources, diagnostics) = loader.load(paths: paths)
        try Self.tell(diagnostics, in: session, consequence)
        return sources
    }

    /// The same for what files name of each other, of pools and of flows applied before.
    ///
    /// - Parameter store: where these are; `nil` = nothing is there yet, and what is not in the files is only
    ///   warned of.
    static func checkReferences(
        of sources: [FlowSource],
        in store: Store?,
        _ session: Session,
        consequence: String = ""
    ) throws {
        let flows = sources.flatMap(\.flows)
        let faults =
            try store?.referenceFaults(of: flows) ?? ReferenceWorld(of: flows).faults(of: flows)
        guard !faults.isEmpty else { return }
        let owners = Dictionary(
            sources.flatMap { source in source.flows.map { ($0.name, source) } }
        ) { first, _ in first }
        let diagnostics = faults.compactMap { fault in
            owners[fault.flow].map {
                Diagnostic(
                    fault,
                    in: $0,
                    severity: store == nil && fault.isAbsence ? .warning : .fault
                )
            }
        }
        try tell(diagnostics.sorted(), in: session, consequence)
    }

    private static func tell(
        _ diagnostics: [Diagnostic],
        in session: Session,
        _ consequence: String
    ) throws {
        try session.complain(diagnostics.map { $0.rendered + "\n" }.joined())
        let faults = diagnostics.filter(\.isFault)
        guard !faults.isEmpty else { return }
        let files = Set(faults.map(\.path))
        let code: ExitCode = files.allSatisfy { access($0, F_OK) != 0 } ? .notFound : .badInput
        throw Failure(
            code,
            "\(counted(faults.count, "fault")) in \(counted(files.count, "file"))\(consequence)"
        )
    }

    /// The paths as flows remember them: absolute, links resolved (realpath(3)).
    var resolvedPaths: [String] {
        paths.compactMap { path in
            guard let resolved = realpath(path, nil) else { return nil }
            defer { free(resolved) }
            return String(cString: resolved)
        }
    }
}

extension Session {
    /// For flow files of a state folder, with the components of this program.
    func makeLoader(
        at now: Instant,
        for folder: StateFolder,
        trust: FileTrust? = nil,
        isTrustRequired: Bool = true
    ) -> FlowFileLoader {
        let registry = registry
        let runner = Account.ofRunner(in: folder)
        let checks = registry.names.map { name in
            (name, { @Sendable (with: JSONValue) in registry.fault(of: name, with: with) })
        }
        return FlowFileLoader(
            components: Dictionary(uniqueKeysWithValues: checks),
            componentOutputs: { registry.outputs(of: $0) },
            zoneExists: { (try? ZoneDirectory.host.zone(named: $0)) != nil },
            zoneHint: { ZoneDirectory.host.fault(of: $0)?.hint },
            home: runner.home,
            runner: { runner.name },
            now: now,
            trust: trust,
            isTrustRequired: isTrustRequired
        )
    }
}
