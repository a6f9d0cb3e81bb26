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
    ///   - trust: what a person is warned of who asks for a file; see `FlowFileLoader`.
    ///   - consequence: what follows from a fault, for the last line.
    func load(
        in session: Session,
        trust: FileTrust? = nil,
        consequence: String = ""
    ) throws -> [FlowSource] {
        let loader = session.makeLoader(at: session.now, trust: trust, isTrustRequired: false)
        let (sources, diagnostics) = loader.load(paths: paths)
        try session.complain(diagnostics.map { $0.rendered + "\n" }.joined())
        let faults = diagnostics.filter { !$0.isWarning }
        guard !faults.isEmpty else { return sources }
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
    /// For the flow files of this user, with the components of this program.
    func makeLoader(
        at now: Instant,
        trust: FileTrust? = nil,
        isTrustRequired: Bool = true
    ) -> FlowFileLoader {
        let registry = registry
        let checks = registry.names.map { name in
            (name, { @Sendable (with: JSONValue) in registry.fault(of: name, with: with) })
        }
        return FlowFileLoader(
            components: Dictionary(uniqueKeysWithValues: checks),
            zoneExists: { (try? ZoneDirectory.host.zone(named: $0)) != nil },
            zoneNames: { ZoneDirectory.host.names() },
            home: Account.current.home,
            now: now,
            trust: trust,
            isTrustRequired: isTrustRequired
        )
    }
}
