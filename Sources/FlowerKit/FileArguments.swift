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

    /// All that they declare; what there is to say of them goes to `report`.
    ///
    /// - Throws: `Failure` where there is a fault; see `FileReport.tell`.
    ///
    /// - Parameters:
    ///   - folder: the state folder for which they are.
    ///   - trust: what a person is warned of who asks for a file; see `FlowFileLoader`.
    func load(
        in session: Session,
        for folder: StateFolder,
        _ report: FileReport,
        trust: FileTrust? = nil
    ) throws -> [FlowSource] {
        let loader = session.makeLoader(
            at: session.now,
            for: folder,
            lint: session.lintWorld,
            trust: trust,
            isTrustRequired: false
        )
        let (sources, diagnostics) = loader.load(paths: paths)
        try report.tell(diagnostics)
        return sources
    }

    /// The same for what files name of each other, of pools and of flows applied before.
    ///
    /// - Parameter store: where these are; `nil` = nothing is there yet, and what is not in the files is only
    ///   warned of.
    static func checkReferences(
        of sources: [FlowSource],
        in store: Store?,
        _ report: FileReport
    ) throws {
        let flows = sources.flatMap(\.flows)
        let world = ReferenceWorld(of: flows)
        let faults = try store?.referenceFaults(of: flows) ?? world.faults(of: flows)
        let remarks = try store?.overlapRemarks(of: flows) ?? world.overlapRemarks(of: flows)
        guard !(faults + remarks).isEmpty else { return }
        let owners = Dictionary(
            sources.flatMap { source in source.flows.map { ($0.name, source) } }
        ) { first, _ in first }
        func diagnostics(
            _ found: [ReferenceFault],
            _ severity: (ReferenceFault) -> Diagnostic.Severity
        ) -> [Diagnostic] {
            found.compactMap { one in
                owners[one.flow].map { Diagnostic(one, in: $0, severity: severity(one)) }
            }
        }
        let told =
            diagnostics(faults) { store == nil && $0.isAbsence ? .warning : .fault }
            + diagnostics(remarks) { _ in .warning }
        try report.tell(told.sorted())
    }

    /// Whether nothing is at any of these paths.
    static func areMissing(_ paths: [String]) -> Bool {
        Set(paths).allSatisfy { access($0, F_OK) != 0 }
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
        lint: LintWorld? = nil,
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
            componentOutputs: { registry.outputs(of: $0, with: $1) },
            zoneExists: Self.isZone,
            zoneHint: { ZoneDirectory.host.fault(of: $0)?.hint },
            home: runner.home,
            runner: { runner.name },
            crontabHost: .current(runner: runner),
            now: now,
            lint: lint,
            trust: trust,
            isTrustRequired: isTrustRequired
        )
    }

    /// For the crontabs that are imported.
    func crontabWorld(for folder: StateFolder) -> CrontabWorld {
        CrontabWorld(
            host: .current(runner: .ofRunner(in: folder)),
            zoneExists: Self.isZone,
            zoneHint: { ZoneDirectory.host.fault(of: $0)?.hint },
            now: now,
            lint: lintWorld
        )
    }

    @Sendable private static func isZone(_ name: String) -> Bool {
        (try? ZoneDirectory.host.zone(named: name)) != nil
    }

    /// What schedules are looked at by where a person is told.
    var lintWorld: LintWorld {
        let host = hostZone
        return LintWorld(
            zone: { name in name.map { try? ZoneDirectory.host.zone(named: $0) } ?? host },
            isUser: { word in
                // `man`, `mail` and `sync` are users too.
                let isProgram = ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"].contains {
                    access($0 + word, X_OK) == 0
                }
                return !word.contains("/") && !isProgram && Account(named: word) != nil
            }
        )
    }
}
