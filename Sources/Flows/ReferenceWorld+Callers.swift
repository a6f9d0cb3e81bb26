extension ReferenceWorld {
    /// What others may have named of a flow, and is there no more.
    package struct Lost: Sendable {
        package private(set) var isRemoved = false
        package private(set) var parameters: Set<String> = []
        package private(set) var outputs: Set<String> = []

        /// The flow itself.
        package static let all: Lost = {
            var lost = Lost()
            lost.isRemoved = true
            return lost
        }()

        private init() {}

        /// `nil` where `flow` has all that it had.
        package init?(_ before: Known, after flow: Flow) {
            parameters = Set(before.parameters).subtracting(flow.parameters.map(\.name))
            outputs = Set(before.outputs).subtracting(flow.outputs.map(\.name))
            if parameters.isEmpty && outputs.isEmpty { return nil }
        }
    }

    /// What `caller`, which stays as it is, names of flows that have it no more: a fault of theirs.
    ///
    /// - Parameters:
    ///   - path: the file that the caller came from.
    ///   - lost: by the flow's name.
    package func faults(
        of caller: Flow,
        from path: String?,
        whereLost lost: [String: Lost]
    ) throws -> [ReferenceFault] {
        var faults: [ReferenceFault] = []
        for fault in try self.faults(of: caller) {
            let task = fault.reference.startingTask
            guard let other = caller.tasks.first(where: { $0.name == task })?.startedFlow,
                let reference = lost[other]?.reference(of: fault)
            else { continue }
            let place = path.map { "; flow '\(caller.name)' is in force as \($0) has it" } ?? ""
            let told = ReferenceFault(
                flow: other,
                reference: reference,
                message: fault.message + (fault.isAbsence ? " once it is removed" : "") + place,
                hint: "keep it, or first take it out of \(path ?? "flow '\(caller.name)'")"
            )
            // Named in several places, it is told once.
            if !faults.contains(told) { faults.append(told) }
        }
        return faults
    }
}

extension ReferenceWorld.Lost {
    /// What it is a fault of; `nil` unless it comes from what was lost.
    fileprivate func reference(of fault: ReferenceFault) -> FlowReference? {
        switch fault.reference {
        case .flow: isRemoved && fault.isAbsence ? .flow(task: "") : nil
        case .parameter(_, let name): parameters.contains(name) ? .ownParameters : nil
        case .fact(_, let place):
            place.outputKey.map(outputs.contains) == true ? .ownOutputs : nil
        case .pool, .register, .ownParameters, .ownOutputs: nil
        }
    }
}

extension FlowReference {
    /// The task that starts the flow of which something is named.
    fileprivate var startingTask: String? {
        switch self {
        case .flow(let task), .parameter(let task, _): task
        case .fact(_, let place): place.task
        case .pool, .register, .ownParameters, .ownOutputs: nil
        }
    }
}
