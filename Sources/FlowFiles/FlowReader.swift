import Cron
import Flows

/// Reads the tree of one flow file into a `Flow`, finding every fault on the way.
struct FlowReader {
    let source: SourceText
    let findings: Findings
    let context: Context
    let dependencies: Dependencies
    let references = ReferenceLog()
    /// The flow's parameters, once read; what `${…}` may name.
    var parameterNames: Set<String> = []
    /// What it may name besides.
    var scope = PlaceScope()
    /// The names of all its tasks, in the file's order, and to look one up.
    var taskNames: (list: [String], all: Set<String>) = ([], [])
    /// Once read, and if it is one.
    var flowName: String?
    /// What is not to be shown; never in the words of an `exec`.
    var secretNames: Set<String> = []
    /// What paths of `environment_file` are relative to: the working directory.
    var baseFolder = "/"

    /// What a file's meaning depends on besides its text.
    struct Context: Sendable {
        /// The file's name without its ending.
        var stem: String
        /// The file's folder, an absolute path.
        var folder: String
        /// For `~/`, an absolute path.
        var home: String
        /// As whom tasks will run; `nil` = nobody knows.
        var runner: @Sendable () -> String?
        /// For `.crontab` files.
        var crontabHost: CrontabHost?
        /// The components by name, each with its check of `with`: what is wrong, or `nil`.
        var components: [String: @Sendable (JSONValue) -> String?]
        /// The keys that a component gives; `nil` = any, for all that is known.
        var componentOutputs: @Sendable (String, JSONValue) -> [String]?
        var zoneExists: @Sendable (String) -> Bool
        var zoneHint: @Sendable (String) -> String?
        /// A schedule that is due at no time after it gets a warning.
        var now: Instant
        /// Beyond faults; `nil` = nobody is told.
        var lint: LintWorld?
    }

    /// What a file declares: its name is kept though the rest be at fault, so that another file
    /// with the same name is told of.
    struct Declared {
        var name: String
        var place: Place
        /// `nil` where there were faults.
        var flow: Flow?
        /// Where it names what stands elsewhere.
        var references: [FlowReference: ReferencePlace] = [:]
        /// Who ran its tasks where it comes from; `nil` = nobody else, for all that is known.
        var formerUser: String?
    }

    init(
        source: SourceText,
        findings: Findings,
        context: Context,
        dependencies: Dependencies
    ) {
        self.dependencies = dependencies
        self.source = source
        self.findings = findings
        self.context = context
    }

    mutating func read(_ root: Node) -> Declared? {
        guard let fields = fields(of: root, .flow) else { return nil }
        let name = flowName(fields)
        let parameters =
            fields["parameters"].map { self.parameters($0, limit: Limit.parametersPerFlow) } ?? []
        parameterNames = Set(parameters.map(\.name))
        flowName = name?.text
        var flow = Flow(
            name: name?.text ?? "",
            parameters: parameters,
            workingDirectory: context.folder,
            tasks: []
        )
        flow.description =
            fields["description"].flatMap { text($0, "'description'", mayBeEmpty: true) } ?? ""
        if let node = fields["schedules"] {
            flow.schedules = schedules(node, flowName: flow.name)
        }
        if let node = fields["overlap"] { flow.overlap = overlap(node) ?? .skip }
        if let node = fields["queue_limit"] {
            flow.queueLimit = integer(node, "'queue_limit'", 1...Limit.queuedRunsAtMost) ?? 1
            if flow.overlap != .queue {
                findings.warn(
                    "'queue_limit' does nothing without 'overlap: queue'",
                    at: fields.place(of: "queue_limit")
                )
            }
        }
        if let node = fields["concurrency"] {
            flow.concurrency = integer(node, "'concurrency'", 1...Limit.concurrency)
        }
        if let node = fields["priority"] {
            flow.priority = integer(node, "'priority'", Limit.priority) ?? 0
        }
        if let node = fields["environment"] { flow.environment = environment(node) }
        if let node = fields["working_directory"] {
            flow.workingDirectory = folder(node) ?? context.folder
        }
        if let node = fields["shell"] {
            flow.shell = arguments(node, "'shell'", example: "[bash, -eu]") ?? Flow.defaultShell
        }
        control(fields, &flow)
        if let node = fields["tasks"] {
            flow.tasks = tasks(node)
        } else {
            findings.fault(
                "a flow needs 'tasks'",
                at: fields.place,
                hint: "tasks: {hello: {run: echo hello}}"
            )
        }
        flow.hooks = hooks(fields, tasks: flow.tasks.map(\.name))
        if let node = fields["outputs"] { flow.outputs = outputs(node, of: flow.tasks) }
        checkComponentOutputs(of: flow)
        if let node = fields["expect"] { flow.expectation = expectation(node) }
        checkSecrets(fields, of: flow)
        guard let name else { return nil }
        for (key, own) in [("parameters", FlowReference.ownParameters), ("outputs", .ownOutputs)] {
            let isThere = fields[key] != nil
            references.note(own, at: isThere ? fields.place(of: key) : name.place)
        }
        return Declared(
            name: flow.name,
            place: name.place,
            flow: findings.faultCount == 0 ? flow : nil,
            references: findings.faultCount == 0 ? places(in: flow) : [:],
            formerUser: fields["ran_as"].flatMap { formerUser($0) }
        )
    }

    private func flowName(_ fields: Fields) -> (text: String, place: Place)? {
        let offer = Self.flowName(from: context.stem).map { "flow: \($0)" }
        guard let node = fields["flow"] else {
            findings.fault("a flow needs its name under 'flow'", at: fields.place, hint: offer)
            return nil
        }
        guard let name = text(node, "'flow'") else { return nil }
        if let fault = Names.faultOfFlow(name) {
            findings.fault("the flow's name: \(fault)", at: node.place, hint: offer)
            return nil
        }
        return (name, node.place)
    }

    /// `text` made a flow's name: lower case, other characters as `-`; `nil` where nothing is left.
    static func flowName(from text: String) -> String? {
        let word = text.lowercased().unicodeScalars.map { scalar -> Character in
            let isKept = scalar.isASCII && scalar.properties.isAlphabetic
            return isKept || "0123456789._-".unicodeScalars.contains(scalar)
                ? Character(scalar) : "-"
        }
        let name = String(
            String(word.drop { !$0.isLetter && !$0.isNumber }).prefix(Limit.nameBytes)
        )
        return Names.faultOfFlow(name) == nil ? name : nil
    }

    private func overlap(_ node: Node) -> OverlapPolicy? {
        guard let word = text(node, "'overlap'") else { return nil }
        if let policy = OverlapPolicy(rawValue: word) { return policy }
        let policies = OverlapPolicy.allCases.map(\.rawValue)
        findings.fault(
            "\(Text.quoted(word)) is no overlap policy",
            at: node.place,
            hint: didYouMean(word, among: policies, synonyms: Self.overlapSynonyms)
                ?? "write \(policies.joined(separator: ", "))"
        )
        return nil
    }

    /// What Kubernetes and others call them.
    private static let overlapSynonyms = [
        "forbid": "skip", "drop": "skip", "ignore": "skip", "no": "skip", "false": "skip",
        "none": "skip", "wait": "queue", "serial": "queue", "enqueue": "queue",
        "parallel": "allow", "concurrent": "allow", "yes": "allow", "true": "allow",
        "cancel": "replace", "kill": "replace", "restart": "replace", "terminate": "replace",
    ]

    /// Who ran the tasks where they come from is kept for a person, who is told that it is another.
    private func formerUser(_ node: Node) -> String? {
        guard let name = text(node, "'ran_as'") else { return nil }
        refusePlaces(in: node, "'ran_as'")
        guard let runner = context.runner(), runner != name else { return name }
        findings.warn(
            "ran as \(Text.quoted(name)), and will run as \(Text.quoted(runner))",
            at: node.place,
            hint: "see that \(Text.quoted(runner)) may do what the tasks do, then take 'ran_as' out"
        )
        return name
    }

    private func folder(_ node: Node) -> String? {
        guard let path = text(node, "'working_directory'") else { return nil }
        refusePlaces(in: node, "'working_directory'")
        return self.path(path, at: node)
    }

    /// As seen from the flow file's folder, absolute.
    func path(_ path: String, at node: Node) -> String? {
        guard path.hasPrefix("~") else { return Path.absolute(path, in: context.folder) }
        if path == "~" || path.hasPrefix("~/") {
            return Path.absolute("." + path.dropFirst(), in: context.home)
        }
        findings.fault(
            "\(Text.quoted(path)): only your own home is known here",
            at: node.place,
            hint: "write '~/…' or the whole path"
        )
        return nil
    }
}
