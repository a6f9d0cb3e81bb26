import Flows

/// `flow:` and `parameters:` of a task.
extension FlowReader {
    func startedFlow(_ fields: Fields) -> TaskAction? {
        guard let node = fields["flow"] else {
            if fields["parameters"] != nil {
                findings.fault(
                    "'parameters' stands without 'flow'",
                    at: fields.place(of: "parameters"),
                    hint: "a flow's parameters stand beside 'tasks'; a process takes 'environment'"
                )
            }
            return nil
        }
        refuse("timeout", of: fields, "give the tasks of that flow theirs")
        refuse("environment", of: fields, "write 'parameters', which that flow declares")
        var inner = self
        inner.scope.builtIns = PlaceScope.judged
        inner.scope.owner = "the 'parameters' of a task"
        let parameters = fields["parameters"].map { inner.startParameters($0) } ?? []
        guard let name = text(node, "'flow'") else { return nil }
        if let fault = Names.faultOfFlow(name) {
            findings.fault("the flow's name: \(fault)", at: node.place)
            return nil
        }
        references.note(.flow(task: scope.task), at: node.place)
        if name == flowName {
            findings.fault("a flow cannot start itself", at: node.place)
        }
        return .flow(name: name, parameters: parameters.sorted { $0.name < $1.name })
    }

    private func refuse(_ key: String, of fields: Fields, _ hint: String) {
        guard fields[key] != nil else { return }
        findings.fault("a task with 'flow' has no '\(key)'", at: fields.place(of: key), hint: hint)
    }

    private func startParameters(_ node: Node) -> [Variable] {
        if case .mapping(let members) = node.content {
            for member in members {
                checkPlaces(in: member.value)
                guard let name = member.key.text else { continue }
                references.note(.parameter(task: scope.task, name: name), at: member.key.place)
            }
        }
        return parameters(node, limit: Limit.parametersPerFlow)
    }
}
