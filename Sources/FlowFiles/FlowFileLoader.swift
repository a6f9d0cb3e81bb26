import Cron
import Flows
import HostFiles

/// Reads the flow files of one `validate` or `apply`: all of them, whatever is wrong with some.
package struct FlowFileLoader: Sendable {
    private let components: [String: @Sendable (JSONValue) -> String?]
    private let componentOutputs: @Sendable (String, JSONValue) -> [String]?
    private let zoneExists: @Sendable (String) -> Bool
    private let zoneHint: @Sendable (String) -> String?
    private let home: String
    private let runner: @Sendable () -> String?
    private let crontabHost: CrontabHost?
    private let now: Instant
    private let lint: LintWorld?
    private let trust: FileTrust?
    private let isTrustRequired: Bool

    /// - Parameters:
    ///   - components: by name, each with its check of `with`: what is wrong, or `nil`.
    ///   - componentOutputs: the keys that a component gives, by its name and its `with`; `nil` = any, for all that is known.
    ///   - zoneHint: what to write for a zone that is not there; `nil` where nothing is known.
    ///   - home: the absolute path that `~/` and a crontab's commands start in.
    ///   - runner: the name of the user as whom tasks will run, asked where a file names another;
    ///     `nil` = not known, and nobody is told of it.
    ///   - crontabHost: for what cron does otherwise on this host; `nil` = only what is so on each is told.
    ///   - now: a schedule that is due at no time after it gets a warning.
    ///   - lint: what is needed to tell a person of what is no fault; `nil` = nobody is told.
    ///   - trust: whether a file may be carried out, however good it is; `nil` = each may.
    ///   - isTrustRequired: refuse what may not be; else a person has asked for it, and is warned.
    package init(
        components: [String: @Sendable (JSONValue) -> String?],
        componentOutputs: @escaping @Sendable (String, JSONValue) -> [String]? = { _, _ in nil },
        zoneExists: @escaping @Sendable (String) -> Bool,
        zoneHint: @escaping @Sendable (String) -> String?,
        home: String,
        runner: @escaping @Sendable () -> String?,
        crontabHost: CrontabHost? = nil,
        now: Instant,
        lint: LintWorld? = nil,
        trust: FileTrust? = nil,
        isTrustRequired: Bool = true
    ) {
        self.trust = trust
        self.isTrustRequired = isTrustRequired
        self.components = components
        self.componentOutputs = componentOutputs
        self.zoneExists = zoneExists
        self.zoneHint = zoneHint
        self.home = home
        self.runner = runner
        self.crontabHost = crontabHost
        self.now = now
        self.lint = lint
    }

    /// The files at `paths`, and of folders those in them that end in `.yaml`, `.yml` or
    /// `.crontab`, not deeper; names that begin with `.` or `#` or end with `~` or `#` are passed over.
    ///
    /// A file named twice is read once. Two flows of one name are a fault of the later file.
    ///
    /// - Returns: the files without faults, in the order given, a folder's sorted by name; and all
    ///   findings, in the same order and within a file by place. Nothing may be applied if one of
    ///   them is a fault.
    ///
    /// - Parameter owners: flows that other files declare, each with its file.
    package func load(
        paths: [String],
        besides owners: [String: String] = [:]
    ) -> (files: [FlowSource], diagnostics: [Diagnostic]) {
        let (files, diagnostics, _) = loadAll(paths: paths, besides: owners)
        return (files, diagnostics)
    }

    /// The same, and what each file, also one with faults, refers to as far as it could be read.
    package func loadAll(
        paths: [String],
        besides owners: [String: String] = [:]
    ) -> (files: [FlowSource], diagnostics: [Diagnostic], dependencies: [String: [String]]) {
        var files: [FlowSource] = []
        var diagnostics: [Diagnostic] = []
        var dependencies: [String: [String]] = [:]
        var seen: Set<String> = []
        var owners = owners
        for path in paths {
            let (found, faults) = Self.files(at: path)
            diagnostics += faults
            if found.isEmpty, faults.isEmpty { diagnostics.append(Self.nothing(in: path)) }
            for path in found {
                // Links resolved, so that a file is known by one path however it is named.
                let absolute = FileReader.resolved(path)
                guard seen.insert(absolute).inserted else { continue }
                let others = Dependencies(
                    trust: isTrustRequired ? trust : nil,
                    launchTrust: trust
                )
                let (file, findings) = read(path, absolute, others, &owners)
                if let file { files.append(file) }
                dependencies[path] = others.watched
                diagnostics += findings.sorted
            }
        }
        return (files, diagnostics, dependencies)
    }

    private static func nothing(in folder: String) -> Diagnostic {
        Diagnostic(
            path: folder,
            message: "no flow file is in this folder",
            hint: "those end in .yaml, .yml or .crontab; folders in it are not looked into",
            severity: .warning
        )
    }

    /// What a flow remembers of the bytes that it was read from; `nil` where they cannot be read.
    package static func digest(ofFile path: String) -> String? {
        (try? FileReader.contents(of: path)).map { Digest.text($0) }
    }

    /// The absolute path without links, by which a flow remembers its file.
    package static func resolved(_ path: String) -> String { FileReader.resolved(path) }

    /// Whether the scheduler should take notice of a file of this name in its folder.
    package static func isFlowFile(_ name: String) -> Bool {
        guard let first = name.first, let last = name.last else { return false }
        return first != "." && first != "#" && last != "~" && last != "#"
            && ending(of: name) != nil
    }

    private enum Ending {
        case yaml, crontab
    }

    private static func ending(of name: String) -> Ending? {
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { return .yaml }
        return name.hasSuffix(".crontab") ? .crontab : nil
    }

    /// The flow files of a folder, or a file itself; sorted by name.
    package static func files(at path: String) -> (found: [String], faults: [Diagnostic]) {
        guard FileReader.isFolder(path) else { return ([path], []) }
        do throws(FileReader.Fault) {
            let folder = path.hasSuffix("/") ? path : path + "/"
            let names = try FileReader.names(inFolder: path)
            let paths = names.filter { isFlowFile($0) }.map { folder + $0 }
            // A folder may be named like a flow file; it is looked into only if named itself.
            return (paths.filter { !FileReader.isFolder($0) }, [])
        } catch {
            return ([], [Diagnostic(path: path, message: error.message, hint: error.hint)])
        }
    }

    private func read(
        _ path: String,
        _ absolute: String,
        _ dependencies: Dependencies,
        _ owners: inout [String: String]
    ) -> (file: FlowSource?, findings: Findings) {
        let findings = Findings(path: path)
        guard isTrusted(path, findings) else { return (nil, findings) }
        let bytes: [UInt8]
        do throws(FileReader.Fault) {
            bytes = try FileReader.contents(of: path)
        } catch {
            findings.fault(error.message, at: nil, hint: error.hint)
            return (nil, findings)
        }
        let declared: [FlowReader.Declared]
        switch Self.ending(of: path) {
        case .yaml: declared = yaml(bytes, absolute, findings, dependencies)
        case .crontab:
            findings.source = SourceText(crontab: bytes)
            declared = CrontabFlows(findings: findings, context: context(absolute)).read(bytes)
        case nil:
            findings.fault("is no flow file: those end in .yaml, .yml or .crontab", at: nil)
            declared = []
        }
        for flow in declared {
            if let owner = owners[flow.name] {
                findings.fault(
                    "flow '\(flow.name)' is declared a second time, first at \(owner)",
                    at: flow.place,
                    hint: "names are unique over all files"
                )
            } else {
                owners[flow.name] = "\(path):\(flow.place.line):\(flow.place.column)"
            }
        }
        guard findings.faultCount == 0 else { return (nil, findings) }
        let flows = declared.compactMap(\.flow)
        let file = FlowSource(
            path: absolute,
            digest: dependencies.digest(with: bytes),
            flows: flows,
            dependencies: dependencies.watched,
            references: Dictionary(
                declared.filter { !$0.references.isEmpty }.map { ($0.name, $0.references) }
            ) { first, _ in first },
            formerUsers: Dictionary(
                declared.compactMap { flow in flow.formerUser.map { (flow.name, $0) } }
            ) { first, _ in first }
        )
        return (file, findings)
    }

    /// Of a file that is refused nothing is read, so that its flows' names stay free.
    private func isTrusted(_ path: String, _ findings: Findings) -> Bool {
        do throws(FileTrust.Fault) {
            try trust?.check(path)
            return true
        } catch {
            if isTrustRequired {
                findings.fault(error.message, at: nil, hint: error.hint)
            } else {
                let hint = "\(error.hint): a scheduler of root's refuses such a file"
                findings.warn(error.message, at: nil, hint: hint)
            }
            return !isTrustRequired
        }
    }

    /// Whether the file may still be carried out, if that is required.
    package func isTrusted(_ path: String) -> Bool {
        isTrusted(path, Findings(path: path))
    }

    private func yaml(
        _ bytes: [UInt8],
        _ absolute: String,
        _ findings: Findings,
        _ dependencies: Dependencies
    ) -> [FlowReader.Declared] {
        let source: SourceText
        do throws(SourceText.Fault) {
            source = try SourceText(bytes)
        } catch {
            findings.fault(error.message, at: error.place, hint: error.hint)
            return []
        }
        findings.source = source
        guard let root = YAMLComposer.compose(source, findings: findings) else { return [] }
        var reader = FlowReader(
            source: source,
            findings: findings,
            context: context(absolute),
            dependencies: dependencies
        )
        return reader.read(root).map { [$0] } ?? []
    }

    private func context(_ absolute: String) -> FlowReader.Context {
        FlowReader.Context(
            stem: Path.stem(of: absolute),
            folder: Path.folder(of: absolute),
            home: home,
            runner: runner,
            crontabHost: crontabHost,
            components: components,
            componentOutputs: componentOutputs,
            zoneExists: zoneExists,
            zoneHint: zoneHint,
            now: now,
            lint: lint
        )
    }
}
