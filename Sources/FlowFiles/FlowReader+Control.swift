import Flows

/// Time-outs, pools, holds, files of variables, secrets and isolation.
extension FlowReader {
    /// What a flow says of all its tasks.
    mutating func control(_ fields: Fields, _ flow: inout Flow) {
        if let node = fields["kill_grace"] { flow.killGrace = duration(node, "'kill_grace'") }
        if let node = fields["run_timeout"] {
            flow.runTimeout = duration(node, "'run_timeout'")
            if flow.runTimeout == .zero {
                findings.fault("'run_timeout' must be longer than nothing", at: node.place)
            }
        }
        baseFolder = flow.workingDirectory
        if let node = fields["environment_file"] { flow.environmentFiles = files(node) }
        if let node = fields["secrets"] { flow.secrets = secrets(node) }
        secretNames = Set(flow.secrets)
    }

    func control(_ fields: Fields, _ spec: inout TaskSpec) {
        if let node = fields["kill_grace"] { spec.killGrace = duration(node, "'kill_grace'") }
        spec.pools = pools(fields)
        if let node = fields["hold"] { spec.hold = hold(node) }
        if let node = fields["environment_file"] { spec.environmentFiles = files(node) }
        if let node = fields["isolate"] {
            spec.isIsolated = truth(node, "'isolate'") ?? false
            if fields["component"] == nil {
                findings.fault(
                    "'isolate' stands without 'component'",
                    at: fields.place(of: "isolate"),
                    hint: "a 'run' or 'exec' is a process of its own already"
                )
            }
        }
    }

    func truth(_ node: Node, _ owner: String) -> Bool? {
        switch node.plainText {
        case "true": return true
        case "false": return false
        default:
            let written = node.text.map { $0.isEmpty ? "nothing" : Text.quoted($0) } ?? node.kind
            findings.fault("\(owner) must be true or false, not \(written)", at: node.place)
            return nil
        }
    }

    // MARK: - Retries

    /// A part of each wait, or a span.
    func jitter(_ node: Node) -> RetryJitter? {
        let isNumber = node.plainText?.utf8.allSatisfy {
            (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".")
        }
        guard isNumber == true, let text = node.text, !text.isEmpty else {
            return duration(node, "'jitter'").map { .span($0) }
        }
        if let part = Double(text), (0...1).contains(part) { return .fraction(part) }
        findings.fault(
            "'jitter' is a part of the wait, 0 to 1, or a span, not \(Text.quoted(text))",
            at: node.place,
            hint: "write 0.5, or \(text)s"
        )
        return nil
    }

    func causes(_ node: Node) -> RetryCauses? {
        let hint = "retry_on: {exit: [75], timeout: true}"
        if case .mapping = node.content {
        } else {
            findings.fault(
                "'retry_on' must be a mapping, not \(node.kind)",
                at: node.place,
                hint: hint
            )
            return nil
        }
        let count = findings.faultCount
        guard let fields = fields(of: node, .retryOn) else { return nil }
        var causes = RetryCauses.none
        if let node = fields["exit"] {
            causes.exits = numbers(node, "'exit'") { integer($0, "an exit code", 1...255) }
        }
        if let node = fields["signal"] {
            causes.signals = numbers(node, "'signal'") { signal($0) }
        }
        if let node = fields["timeout"] { causes.timeout = truth(node, "'timeout'") ?? false }
        if let node = fields["interrupted"] {
            causes.interrupted = truth(node, "'interrupted'") ?? false
        }
        if let node = fields["not_started"] {
            causes.notStarted = truth(node, "'not_started'") ?? false
        }
        if causes == .none, findings.faultCount == count {
            findings.fault("'retry_on' names nothing to retry on", at: node.place, hint: hint)
        }
        return causes
    }

    /// `any`, one, or a list.
    private func numbers(
        _ node: Node,
        _ owner: String,
        _ number: (Node) -> Int?
    ) -> RetryCauses.Numbers {
        if node.text == "any" { return .any }
        switch node.content {
        case .scalar: return .these(number(node).map { [$0] } ?? [])
        case .sequence(let elements): return .these(Set(elements.compactMap(number)).sorted())
        case .mapping:
            findings.fault("\(owner) must be a list, or any, not a mapping", at: node.place)
            return .none
        }
    }

    private func signal(_ node: Node) -> Int? {
        guard let text = text(node, "a signal") else { return nil }
        if let number = SignalNames.number(of: text) { return number }
        findings.fault(
            "there is no signal \(Text.quoted(text))",
            at: node.place,
            hint: findings.nearest.hint(text.uppercased(), in: SignalNames.names)
                ?? "write it as kill(1) does: KILL, TERM or 9"
        )
        return nil
    }

    // MARK: - Pools and holds

    private func pools(_ fields: Fields) -> [PoolDemand] {
        if let node = fields["pool"] {
            if fields["pools"] != nil {
                findings.fault(
                    "a task has 'pool' or 'pools', not both",
                    at: fields.place(of: "pools"),
                    hint: "pools: {\(node.text ?? "gpu"): 1, …}"
                )
            }
            return demand(node, slots: 1).map { [$0] } ?? []
        }
        guard let node = fields["pools"] else { return [] }
        var demands: [PoolDemand] = []
        switch node.content {
        case .scalar:
            findings.fault(
                "'pools' must be a mapping of pools and slots, not \(node.kind)",
                at: node.place,
                hint: node.isNothing ? nil : "write 'pool: \(node.text ?? "")'"
            )
        case .sequence(let elements):
            demands = elements.compactMap { demand($0, slots: 1) }
        case .mapping(let members):
            demands = members.compactMap { member in
                let slots = integer(member.value, "slots of a pool", 1...Limit.poolSlots)
                return demand(member.key, slots: slots ?? 1)
            }
        }
        if demands.count > Limit.poolsPerTask {
            findings.fault("a task takes of at most \(Limit.poolsPerTask) pools", at: node.place)
        }
        // A repeated key of the mapping is reported as such.
        for (name, same) in Dictionary(grouping: demands, by: \.pool) where same.count > 1 {
            if case .sequence = node.content {
                findings.fault("'pools' names \(Text.quoted(name)) twice", at: node.place)
            }
        }
        return demands.sorted { $0.pool < $1.pool }
    }

    private func demand(_ node: Node, slots: Int) -> PoolDemand? {
        guard let name = text(node, "a pool's name") else { return nil }
        if let fault = Names.faultOfFlow(name) {
            findings.fault("pool: \(Text.clipped(fault))", at: node.place)
            return nil
        }
        if name == PoolDemand.everyTask {
            findings.fault(
                "every task takes a slot of '\(name)' by itself",
                at: node.place,
                hint: "it limits how many tasks run at once over all runners"
            )
            return nil
        }
        references.note(.pool(task: scope.task, name: name), at: node.place)
        return PoolDemand(name, slots)
    }

    /// The reason; empty for `true`.
    private func hold(_ node: Node) -> String? {
        switch node.plainText {
        case "true": return ""
        case "false": return nil
        default: break
        }
        guard let reason = text(node, "'hold'") else { return nil }
        if reason.utf8.count > Limit.reasonBytes {
            findings.fault("'hold' is longer than \(Limit.reasonBytes) bytes", at: node.place)
        }
        return reason
    }

    // MARK: - Files and secrets

    /// One path, or a list of them.
    private func files(_ node: Node) -> [VariableFile] {
        var nodes = [node]
        if case .sequence(let elements) = node.content { nodes = elements }
        guard nodes.count <= Limit.environmentFiles else {
            let limit = Limit.environmentFiles
            findings.fault("'environment_file' names more than \(limit) files", at: node.place)
            return []
        }
        return nodes.compactMap { file($0) }
    }

    private func file(_ node: Node) -> VariableFile? {
        guard let text = text(node, "'environment_file'") else { return nil }
        refusePlaces(in: node, "'environment_file'")
        let mayBeMissing = text.hasPrefix("-")
        let path = String(text.dropFirst(mayBeMissing ? 1 : 0))
        if path.isEmpty {
            findings.fault("'environment_file' names no file", at: node.place)
            return nil
        }
        let isHome = path == "~" || path.hasPrefix("~/")
        let absolute =
            isHome
            ? Path.absolute("." + path.dropFirst(), in: context.home)
            : Path.absolute(path, in: baseFolder)
        let file = VariableFile(absolute, mayBeMissing: mayBeMissing)
        judge(file, path, at: node)
        return file
    }

    /// Says what each launch would say of a file that is there already. No line of it is shown: it may be
    /// one of secrets.
    private func judge(_ file: VariableFile, _ written: String, at node: Node) {
        guard let fault = dependencies.fault(of: file) else { return }
        guard fault.line > 0 else {
            findings.fault(
                "\(Text.quoted(written)) \(fault.message)",
                at: node.place,
                hint: fault.hint
            )
            return
        }
        let inner = Findings(path: file.path)
        inner.fault(fault.message, at: Place(line: fault.line, column: fault.column))
        findings.add(inner)
        findings.fault("\(Text.quoted(written)) has faults of its own", at: node.place)
    }

    private func secrets(_ node: Node) -> [String] {
        guard let elements = list(node, "'secrets'", of: "names") else { return [] }
        if elements.count > Limit.secrets {
            findings.fault("'secrets' has more than \(Limit.secrets) names", at: node.place)
            return []
        }
        var names: [String] = []
        for element in elements {
            guard let name = text(element, "an element of 'secrets'") else { continue }
            if names.contains(name) {
                findings.fault("'secrets' names \(Text.quoted(name)) twice", at: element.place)
            }
            names.append(name)
        }
        return names
    }

    /// Each secret must be something: else a slip of the pen would show it to everyone.
    func checkSecrets(_ fields: Fields, of flow: Flow) {
        guard let node = fields["secrets"], case .sequence(let elements) = node.content else {
            return
        }
        let hasFiles =
            !flow.environmentFiles.isEmpty || flow.tasks.contains { !$0.environmentFiles.isEmpty }
        var known = parameterNames.union(flow.environment.map(\.name))
        for task in flow.tasks { known.formUnion(task.environment.map(\.name)) }
        for element in elements {
            guard let name = element.text, !name.isEmpty, !known.contains(name) else { continue }
            // A file of variables is read at launch; what is in it is not known here.
            if hasFiles, Names.faultOfVariable(name) == nil { continue }
            findings.fault(
                "'secrets' names \(Text.quoted(name)), which is no parameter or variable",
                at: element.place,
                hint: findings.nearest.hint(name, in: known.sorted())
            )
        }
    }

    /// The words of a command are seen by every user of the machine (`ps`).
    func refuseSecrets(in node: Node) {
        guard !secretNames.isEmpty, let text = node.text, let template = try? Template(text) else {
            // A text that is no template has its own fault.
            return
        }
        for (name, offset) in zip(template.names, template.placeOffsets)
        where secretNames.contains(name) {
            let written = "${\(name)}"
            findings.fault(
                "'\(written)' is secret, and the words of 'exec' are seen by all users of the machine",
                at: place(ofByte: offset, length: written.unicodeScalars.count, in: node),
                hint:
                    "environment: {VALUE: \"\(written)\"}, or take the parameter from the environment"
            )
        }
    }
}
