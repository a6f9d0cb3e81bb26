import Flows

extension FlowReader {
    /// A task with the nodes that its graph's faults are shown at.
    private struct Read {
        var spec: TaskSpec
        var key: Node
        var needs: [Node]
    }

    func tasks(_ node: Node) -> [TaskSpec] {
        let hint = "write each task under its name: tasks: {hello: {run: echo hello}}"
        guard let members = mapping(node, "'tasks'", hint: hint) else { return [] }
        if members.isEmpty { findings.fault("a flow needs at least one task", at: node.place) }
        guard members.count <= Limit.tasksPerFlow else {
            findings.fault(
                "a flow has at most \(Limit.tasksPerFlow) tasks, this has \(members.count)",
                at: node.place
            )
            return []
        }
        var inner = self
        let names = members.compactMap(\.key.text)
        inner.taskNames = (names, Set(names))
        let read = members.compactMap { inner.task($0) }
        checkGraph(read)
        return read.map(\.spec)
    }

    private func task(_ member: Node.Member) -> Read? {
        guard let name = member.key.text, name != "<<" else { return nil }
        if let fault = Names.faultOfTask(name) {
            findings.fault("task: \(Text.clipped(fault))", at: member.key.place)
        }
        // Kept in the graph, so that tasks which need it are not called wrong too.
        var spec = TaskSpec(name: name, action: .run(""))
        guard let fields = fields(of: member.value, .task) else {
            return Read(spec: spec, key: member.key, needs: [])
        }
        let needs = fields["needs"].flatMap { list($0, "'needs'", of: "task names") } ?? []
        spec.needs = needs.compactMap { text($0, "an element of 'needs'") }
        var inner = self
        inner.scope.task = name
        spec.traits = inner.traits(fields, needs: spec.needs)
        inner.scope.needs = Set(spec.needs)
        inner.scope.hasItem = fields["for_each"] != nil
        if let action = inner.action(fields, member.key) { spec.action = action }
        if let node = fields["environment"] { spec.environment = inner.environment(node) }
        if let node = fields["priority"] {
            spec.priority = integer(node, "'priority'", Limit.priority)
        }
        if let node = fields["timeout"] { spec.timeout = timeout(node) }
        if let node = fields["retries"] { spec.retries = retries(node) }
        inner.control(fields, &spec)
        return Read(spec: spec, key: member.key, needs: needs.filter { !($0.text ?? "").isEmpty })
    }

    func timeout(_ node: Node) -> Duration? {
        let timeout = duration(node, "'timeout'")
        if timeout == .zero {
            findings.fault("'timeout' must be longer than nothing", at: node.place)
        }
        return timeout
    }

    func action(_ fields: Fields, _ key: Node) -> TaskAction? {
        let kinds = ["run", "exec", "component", "flow"].filter { fields[$0] != nil }
        if let with = fields["with"], fields["component"] == nil {
            findings.fault(
                "'with' stands without 'component'",
                at: fields.place(of: "with"),
                hint: "'with' is a component's input; a process takes 'environment'"
            )
            checkPlacesBelow(with)
        }
        if kinds.isEmpty {
            findings.fault(
                "task \(Text.quoted(key.text ?? "")) does nothing",
                at: key.place,
                hint: "give it one of 'run', 'exec' or 'component'"
            )
        } else if kinds.count > 1 {
            let all = kinds.map { "'\($0)'" }.joined(separator: " and ")
            findings.fault(
                "a task is one thing, this is \(all)",
                at: fields.place(of: kinds[1]),
                hint: "make them two tasks, the second with 'needs'"
            )
        }
        var action: TaskAction?
        if let node = fields["run"] {
            if text(node, "'run'") != nil, let text = argument(node, "'run'") {
                action = .run(text)
            }
            warnOfPlaces(inRun: node)
        }
        if let node = fields["exec"] {
            action = arguments(node, "'exec'", example: "[python3, clean.py]").map { .exec($0) }
            if case .sequence(let elements) = node.content {
                for element in elements {
                    checkPlaces(in: element)
                    refuseSecrets(in: element)
                }
            }
        }
        if let node = fields["component"] { action = component(node, fields["with"]) }
        if let started = startedFlow(fields) { action = started }
        return action
    }

    private func component(_ node: Node, _ with: Node?) -> TaskAction? {
        var input: JSONValue? = .object([:])
        if let with {
            input = mapping(with, "'with'").flatMap { _ in json(with) }
            checkPlacesBelow(with)
        }
        guard let name = text(node, "'component'") else { return nil }
        guard let check = context.components[name] else {
            let known = context.components.keys.sorted()
            findings.fault(
                "there is no component \(Text.quoted(name))",
                at: node.place,
                hint: findings.nearest.hint(name, in: known)
                    ?? (known.isEmpty ? nil : "there are \(known.joined(separator: ", "))")
            )
            return nil
        }
        guard let input else { return nil }
        // What `${…}` will stand for is not known yet.
        if !input.holdsPlaces, let fault = check(input) {
            findings.fault("component '\(name)': \(fault)", at: (with ?? node).place)
        }
        return .component(name: name, with: input)
    }

    func retries(_ node: Node) -> RetryPolicy {
        var policy = RetryPolicy.none
        if let count = node.plainText.flatMap({ Int($0) }) {
            findings.fault(
                "'retries' must be a mapping, not a single value",
                at: node.place,
                hint: "retries: {limit: \(count)}"
            )
            return policy
        }
        guard let fields = fields(of: node, .retries) else { return policy }
        if let limit = fields["limit"] {
            policy.limit = integer(limit, "'limit'", 0...Limit.retries) ?? 0
        } else {
            findings.fault(
                "'retries' needs a 'limit'",
                at: node.place,
                hint: "retries: {limit: 3}"
            )
        }
        if let delay = fields["delay"].flatMap({ duration($0, "'delay'") }) {
            policy.delay = delay
        }
        if let backoff = fields["backoff"].flatMap({ number($0, "'backoff'", 1...100) }) {
            policy.backoff = backoff
        }
        if let delay = fields["max_delay"].flatMap({ duration($0, "'max_delay'") }) {
            policy.maxDelay = delay
        }
        if let node = fields["jitter"] { policy.jitter = jitter(node) ?? .none }
        if let node = fields["retry_on"] { policy.causes = causes(node) ?? .all }
        return policy
    }

    private func checkGraph(_ tasks: [Read]) {
        let count = tasks.reduce(0) { $0 + $1.needs.count }
        guard count <= Limit.needsPerFlow else {
            findings.fault(
                "a flow has at most \(Limit.needsPerFlow) needs, this has \(count)",
                at: nil
            )
            return
        }
        let names = tasks.map(\.spec.name)
        // A repeated name is already reported; the first task of it stands for all.
        let positions = Dictionary(zip(names, names.indices)) { first, _ in first }
        var needs = [[Int]](repeating: [], count: tasks.count)
        for (position, task) in tasks.enumerated() {
            var seen: Set<String> = []
            for node in task.needs {
                guard let need = node.text else { continue }
                if !seen.insert(need).inserted {
                    findings.fault("'needs' names \(Text.quoted(need)) twice", at: node.place)
                } else if let found = positions[need] {
                    needs[position].append(found)
                } else {
                    findings.fault(
                        "'needs' names \(Text.quoted(need)), which is no task of this flow",
                        at: node.place,
                        hint: findings.nearest.hint(need, in: names)
                    )
                }
            }
        }
        reportCycles(tasks, needs)
    }

    /// One cycle of each knot of tasks: a fault in each, not every way round.
    private func reportCycles(_ tasks: [Read], _ needs: [[Int]]) {
        var needs = needs
        var left = 100
        while left > 0, let cycle = Graph(needs: needs).cycle {
            left -= 1
            // From the task that stands first in the file, which repeats at the end.
            let loop = cycle.dropLast()
            let first = loop.min() ?? 0
            let start = loop.firstIndex(of: first) ?? loop.startIndex
            let turned = Array(loop[start...] + loop[..<start]) + [first]
            let shown = turned.count <= 50 ? turned : Array(turned.prefix(50))
            var path = shown.map { tasks[$0].spec.name }.joined(separator: " → ")
            if shown.count < turned.count {
                let more = turned.count - shown.count - 1
                path += " → (\(more) more) → \(tasks[first].spec.name)"
            }
            findings.fault(
                "tasks wait for each other: \(path)",
                at: tasks[first].key.place,
                hint: "take one of these out of a 'needs'"
            )
            for position in loop { needs[position] = [] }
        }
    }
}
