import Flows

/// `on_failure`, `on_success`, `always` and `notify` of a flow.
extension FlowReader {
    /// In the order of `HookEvent`, whatever the file's.
    ///
    /// - Parameter tasks: names of the flow's tasks, of which a hook may name what they have come to.
    func hooks(_ fields: Fields, tasks: [String]) -> [Hook] {
        var inner = self
        inner.scope.needs = Set(tasks)
        inner.scope.isWhole = true
        return inner.hooks(fields)
    }

    private func hooks(_ fields: Fields) -> [Hook] {
        HookEvent.allCases.compactMap { event in
            guard let node = fields[event.rawValue] else { return nil }
            return event == .notify
                ? mail(node) : hook(event, node, at: fields.place(of: event.rawValue))
        }
    }

    private func hook(_ event: HookEvent, _ node: Node, at place: Place) -> Hook? {
        guard let fields = fields(of: node, .hook) else { return nil }
        var inner = self
        inner.scope.builtIns += Hook.placeNames
        inner.scope.task = event.taskName
        let key = Node(.scalar(event.rawValue, .plain), place: place, endLine: place.line)
        var task = TaskSpec(name: event.taskName, action: .run(""))
        if let action = inner.action(fields, key) { task.action = action }
        if let node = fields["environment"] { task.environment = inner.environment(node) }
        if let node = fields["timeout"] { task.timeout = timeout(node) }
        if let node = fields["retries"] { task.retries = retries(node) }
        return Hook(event, task)
    }

    private func mail(_ node: Node) -> Hook? {
        guard let fields = fields(of: node, .notify) else { return nil }
        guard let mail = fields["mail"] else {
            let hint = "notify: {mail: ops@example.org}"
            findings.fault("'notify' needs 'mail'", at: fields.place, hint: hint)
            return nil
        }
        var nodes = [mail]
        if case .sequence(let elements) = mail.content { nodes = elements }
        if nodes.isEmpty {
            findings.fault("'mail' names nobody", at: mail.place)
        }
        guard nodes.count <= Limit.mailAddresses else {
            findings.fault(
                "'mail' names \(nodes.count) addresses; it may name \(Limit.mailAddresses)",
                at: mail.place
            )
            return nil
        }
        let addresses = nodes.compactMap { node -> String? in
            guard let address = text(node, "an address of 'mail'") else { return nil }
            if let fault = MailAddress.fault(address) { findings.fault(fault, at: node.place) }
            return address
        }
        return Hook.mail(to: addresses)
    }
}
