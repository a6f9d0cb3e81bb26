import Flows

/// Where a flow names what stands elsewhere, gathered while it is read.
final class ReferenceLog {
    private(set) var places: [FlowReference: Place] = [:]

    /// The first place of each counts.
    func note(_ reference: FlowReference, at place: @autoclosure () -> Place) {
        if places[reference] == nil { places[reference] = place() }
    }
}

/// `outputs:` of a flow, and what can be known of others'.
extension FlowReader {
    /// By name.
    func outputs(_ node: Node, of tasks: [TaskSpec]) -> [Variable] {
        let hint = "outputs: {total: \"${tasks.TASK.outputs.KEY}\"}"
        guard let members = mapping(node, "'outputs'", hint: hint) else { return [] }
        guard members.count <= Limit.outputsPerTask else {
            findings.fault("a flow has at most \(Limit.outputsPerTask) outputs", at: node.place)
            return []
        }
        var inner = self
        inner.scope = PlaceScope()
        inner.scope.builtIns = PlaceScope.judged
        inner.scope.needs = Set(tasks.map(\.name))
        inner.scope.owner = "'outputs'"
        inner.scope.isWhole = true
        return members.compactMap { inner.output($0) }.sorted { $0.name < $1.name }
    }

    private func output(_ member: Node.Member) -> Variable? {
        guard let name = member.key.text, name != "<<" else { return nil }
        guard OutputText.isKey(name) else {
            findings.fault(
                "output: \(Text.quoted(name)) is no key: letters, digits, '_' and '-',"
                    + " not beginning with a digit or '-'",
                at: member.key.place
            )
            return nil
        }
        guard let value = text(member.value, "output '\(name)'", mayBeEmpty: true) else {
            return nil
        }
        checkPlaces(in: member.value)
        guard value.utf8.count <= Limit.outputBytes else {
            let limit = Limit.outputBytes
            findings.fault("output '\(name)' is longer than \(limit) bytes", at: member.value.place)
            return nil
        }
        return Variable(name, value)
    }

    /// Refuses what names an output of a component that gives none of that name, and so can never be filled.
    func checkComponentOutputs(of flow: Flow) {
        var known: [String: (component: String, outputs: [String])] = [:]
        for task in flow.tasks {
            guard case .component(let name, let with) = task.action,
                let outputs = context.componentOutputs(name, with)
            else { continue }
            known[task.name] = (name, outputs)
        }
        for (reference, place) in references.places {
            guard case .fact(_, let fact) = reference, let key = fact.outputKey,
                let giver = known[fact.task], !giver.outputs.contains(key)
            else { continue }
            let what = "component '\(giver.component)' of task '\(fact.task)'"
            findings.fault(
                giver.outputs.isEmpty
                    ? "there is never an output '\(key)': \(what) gives none"
                    : "\(what) gives no output '\(key)'",
                at: place,
                hint: giver.outputs.isEmpty
                    ? nil
                    : findings.nearest.hint(key, in: giver.outputs)
                        ?? "it gives \(giver.outputs.joined(separator: ", "))"
            )
        }
    }

    /// Those that somebody else is asked for, with the lines that they stand in.
    func places(in flow: Flow) -> [FlowReference: ReferencePlace] {
        let starting = Set(flow.tasks.lazy.filter { $0.startedFlow != nil }.map(\.name))
        var result: [FlowReference: ReferencePlace] = [:]
        for (reference, place) in references.places {
            if case .fact(_, let fact) = reference, !starting.contains(fact.task) { continue }
            result[reference] = ReferencePlace(
                path: findings.path,
                line: place.line,
                column: place.column,
                excerpt: findings.source?.excerpt(at: place)
            )
        }
        return result
    }
}

extension Diagnostic {
    /// A reference that is at fault, where it stands.
    package init(
        _ fault: ReferenceFault,
        in source: FlowSource,
        severity: Severity = .fault
    ) {
        let place = source.references[fault.flow]?[fault.reference]
        self.init(
            path: place?.path ?? source.path,
            line: place?.line ?? 0,
            column: place?.column ?? 0,
            message: fault.message,
            hint: fault.hint,
            excerpt: place?.excerpt,
            severity: severity
        )
    }
}
