/// What a flow names that stands elsewhere: another flow, what that has, a pool.
package enum FlowReference: Hashable, Sendable {
    /// `flow:` of a task.
    case flow(task: String)
    /// One of `parameters:` beside it.
    case parameter(task: String, name: String)
    /// `${tasks.…}`, in a task or, where that is empty, in the flow's own `outputs:`.
    case fact(task: String, place: TaskPlace)
    case pool(task: String, name: String)
    /// `register:` of `expect:`.
    case register
    /// What the flow itself declares, or does no more, that others name.
    case ownParameters, ownOutputs

    package var isPool: Bool { if case .pool = self { true } else { false } }
}

/// Where a reference stands in its file.
package struct ReferencePlace: Hashable, Sendable {
    /// As the person named it.
    package let path: String
    package let line: Int
    package let column: Int
    package let excerpt: String?

    package init(path: String, line: Int, column: Int, excerpt: String?) {
        self.path = path
        self.line = line
        self.column = column
        self.excerpt = excerpt
    }
}

/// A reference that can never be what it is meant to be.
package struct ReferenceFault: Hashable, Sendable {
    package let flow: String
    package let reference: FlowReference
    package let message: String
    package let hint: String?
    /// What it names is not there: not among what is known.
    package var isAbsence = false
}

/// What references name, as it will be once a set of flows is applied.
package struct ReferenceWorld {
    /// What others may name of a flow.
    package struct Known: Sendable {
        package let parameters: [String]
        package let outputs: [String]
        /// The flows that its tasks start.
        package let starts: [String]
        package let overlap: OverlapPolicy
        package let queueLimit: Int

        package init(
            parameters: [String],
            outputs: [String],
            starts: [String],
            overlap: OverlapPolicy,
            queueLimit: Int
        ) {
            self.parameters = parameters
            self.outputs = outputs
            self.starts = starts
            self.overlap = overlap
            self.queueLimit = queueLimit
        }

        package init(_ flow: Flow) {
            parameters = flow.parameters.map(\.name)
            outputs = flow.outputs.map(\.name)
            starts = flow.tasks.compactMap(\.startedFlow)
            overlap = flow.overlap
            queueLimit = flow.queueLimit
        }
    }

    /// A flow that is there; `nil` = there is none.
    private let flow: (String) throws -> Known?
    /// Names to suggest.
    private let names: () throws -> [String]
    /// How many slots a pool has; `nil` = there is none.
    private let slots: (String) throws -> Int?

    package init(
        flow: @escaping (String) throws -> Known?,
        names: @escaping () throws -> [String],
        slots: @escaping (String) throws -> Int?
    ) {
        self.flow = flow
        self.names = names
        self.slots = slots
    }

    /// Of nothing but these flows.
    package init(of flows: [Flow]) {
        let known = Dictionary(flows.map { ($0.name, Known($0)) }) { $1 }
        self.init(flow: { known[$0] }, names: { Array(known.keys) }, slots: { _ in nil })
    }

    /// In the order of the flows; a circle of flows is told once.
    package func faults(of flows: [Flow]) throws -> [ReferenceFault] {
        var faults: [ReferenceFault] = []
        var circles: Set<Set<String>> = []
        for flow in flows where flow.hasReferences {
            faults += try self.faults(of: flow)
            if let path = try circle(from: flow), circles.insert(Set(path)).inserted {
                faults.append(circle(of: flow, path))
            }
        }
        return faults
    }

    func faults(of flow: Flow) throws -> [ReferenceFault] {
        let wanted = Dictionary(
            flow.tasks.flatMap(\.pools).map { ($0.pool, $0.slots) },
            uniquingKeysWith: max
        )
        var faults: [ReferenceFault] = []
        for task in flow.tasks {
            faults += try faultsOfStart(task, in: flow) + faultsOfPools(task, in: flow, wanted)
        }
        faults += try faultsOfOutputs(in: flow)
        if let other = flow.expectation?.register, try self.flow(other) == nil {
            faults.append(
                ReferenceFault(
                    flow: flow.name,
                    reference: .register,
                    message: "'expect' of flow '\(flow.name)' registers flow '\(other)':"
                        + " there is no flow '\(other)'",
                    hint: didYouMean(other, among: try names()) ?? Self.howToList,
                    isAbsence: true
                )
            )
        }
        return faults
    }

    private static let howToList = "flower flows lists them"

    private func faultsOfStart(_ task: TaskSpec, in flow: Flow) throws -> [ReferenceFault] {
        guard case .flow(let name, let parameters) = task.action else { return [] }
        let what = "task '\(task.name)' of flow '\(flow.name)' starts flow '\(name)'"
        guard let known = try self.flow(name) else {
            return [
                ReferenceFault(
                    flow: flow.name,
                    reference: .flow(task: task.name),
                    message: "\(what): there is no flow '\(name)'",
                    hint: didYouMean(name, among: try names()) ?? Self.howToList,
                    isAbsence: true
                )
            ]
        }
        return parameters.filter { !known.parameters.contains($0.name) }.map { given in
            ReferenceFault(
                flow: flow.name,
                reference: .parameter(task: task.name, name: given.name),
                message: "\(what): the flow has no parameter '\(given.name)'",
                hint: didYouMean(given.name, among: known.parameters) ?? Self.list(known.parameters)
            )
        }
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))"
    }

    /// - Parameter wanted: the most slots of each pool that a task of the flow takes.
    private func faultsOfPools(
        _ task: TaskSpec,
        in flow: Flow,
        _ wanted: [String: Int]
    ) throws -> [ReferenceFault] {
        try task.pools.compactMap { demand in
            let has = try slots(demand.pool)
            // A closed pool is no fault: somebody has closed it.
            guard has == nil || has != 0 && demand.slots > has ?? 0 else { return nil }
            let what = "task '\(task.name)' of flow '\(flow.name)'"
            return ReferenceFault(
                flow: flow.name,
                reference: .pool(task: task.name, name: demand.pool),
                message: has.map {
                    "\(what) takes \(demand.slots) slots of pool '\(demand.pool)', which has \($0)"
                } ?? "\(what) takes of pool '\(demand.pool)', which is not there",
                hint: "flower pool set \(demand.pool) \(wanted[demand.pool] ?? demand.slots)",
                isAbsence: has == nil
            )
        }
    }

    // MARK: - Overlap

    /// Items that start runs of a flow whose overlap does not let them all be done; no faults.
    package func overlapRemarks(of flows: [Flow]) throws -> [ReferenceFault] {
        var remarks: [ReferenceFault] = []
        for flow in flows where flow.hasReferences {
            for task in flow.tasks {
                guard let items = task.traits.forEach, let name = task.startedFlow,
                    let known = try self.flow(name), let loss = Self.loss(of: items, known)
                else { continue }
                remarks.append(
                    ReferenceFault(
                        flow: flow.name,
                        reference: .flow(task: task.name),
                        message:
                            "the items of task '\(task.name)' start runs of flow '\(name)' side by"
                            + " side, and its 'overlap: \(known.overlap.rawValue)' \(loss)",
                        hint: known.overlap == .queue
                            ? "write 'overlap: allow' or a larger 'queue_limit' in flow '\(name)'"
                            : "write 'overlap: allow' in flow '\(name)', or 'queue' for one after"
                                + " another"
                    )
                )
            }
        }
        return remarks
    }

    /// What becomes of items; `nil` where each can be done.
    private static func loss(of items: ItemList, _ known: Known) -> String? {
        var count = Int.max
        if case .texts(let texts) = items { count = texts.count }
        guard count > 1 else { return nil }
        switch known.overlap {
        case .skip: return "fails all that come while one is active"
        case .replace: return "cancels all but the last"
        case .queue where count != .max && count - 1 > known.queueLimit:
            return "lets \(known.queueLimit) wait and fails the rest"
        case .queue, .allow: return nil
        }
    }

    // MARK: - Outputs

    /// What names an output of a task that starts a flow: that flow must declare it.
    private func faultsOfOutputs(in flow: Flow) throws -> [ReferenceFault] {
        let started = Dictionary(
            flow.tasks.compactMap { task in task.startedFlow.map { (task.name, $0) } }
        ) { first, _ in first }
        guard !started.isEmpty else { return [] }
        var faults: [ReferenceFault] = []
        func check(_ texts: [String], of task: String) throws {
            for place in TaskPlace.all(in: texts) {
                guard let key = place.outputKey, let other = started[place.task],
                    let known = try self.flow(other), !known.outputs.contains(key)
                else { continue }
                let what = "task '\(place.task)' of flow '\(flow.name)' starts flow '\(other)'"
                faults.append(
                    ReferenceFault(
                        flow: flow.name,
                        reference: .fact(task: task, place: place),
                        message: known.outputs.isEmpty
                            ? "\(what), which has no 'outputs': there is never an output '\(key)'"
                            : "\(what), which has no output '\(key)'",
                        hint: known.outputs.isEmpty
                            ? "outputs: {\(key): \"${tasks.TASK.outputs.KEY}\"} in that flow"
                            : didYouMean(key, among: known.outputs) ?? Self.list(known.outputs)
                    )
                )
            }
        }
        for task in flow.tasks { try check(task.allTexts, of: task.name) }
        try check(flow.outputs.map(\.value), of: "")
        for hook in flow.hooks { try check(hook.task.allTexts, of: hook.task.name) }
        return faults
    }

    // MARK: - Circles

    /// The way from a flow to itself along what tasks start.
    private func circle(from flow: Flow) throws -> [String]? {
        var before: [String: String] = [:]
        var open = [flow.name]
        while let name = open.popLast() {
            for next in try self.flow(name)?.starts ?? [] {
                if next == flow.name {
                    var path = [flow.name]
                    var step = name
                    while step != flow.name {
                        path.append(step)
                        step = before[step] ?? flow.name
                    }
                    return [flow.name] + path.reversed()
                }
                if before[next] == nil {
                    before[next] = name
                    open.append(next)
                }
            }
        }
        return nil
    }

    private func circle(of flow: Flow, _ path: [String]) -> ReferenceFault {
        let task = flow.tasks.first { $0.startedFlow == path[1] }
        return ReferenceFault(
            flow: flow.name,
            reference: .flow(task: task?.name ?? ""),
            message: "flows start each other in a circle: \(path.joined(separator: " → "))",
            hint: "take one of these out of a task's 'flow'"
        )
    }
}

extension Flow {
    /// Whether it names anything outside itself: nearly no flow does.
    package var hasReferences: Bool {
        expectation?.register != nil
            || tasks.contains { $0.startedFlow != nil || !$0.pools.isEmpty }
    }
}

extension TaskPlace {
    /// Those in texts, in order; what is no template has a fault of its own.
    package static func all(in texts: [String]) -> [TaskPlace] {
        texts.filter { mayStand(in: $0) }
            .flatMap { text in (try? Template(text))?.names.compactMap { TaskPlace($0) } ?? [] }
    }

    /// `nil` unless it names an output.
    package var outputKey: String? {
        if case .output(let key) = fact { key } else { nil }
    }
}
