import Execution
import Flows
import Storage

/// Retries by cause, pools, holds and the like, as `flower show` has them.
extension FlowView {
    /// What stands under LIMITS besides time-out, retries and priority.
    func controls(_ task: TaskSpec) -> [String] {
        var parts: [String] = []
        if task.retries.limit > 0, task.retries.causes != .all {
            parts.append("only after \(Self.text(of: task.retries.causes))")
        }
        if let grace = task.killGrace { parts.append("kill grace \(DurationText.format(grace))") }
        parts += task.pools.map {
            $0.slots == 1 ? "pool \($0.pool)" : "\($0.slots) slots of pool \($0.pool)"
        }
        if let hold = task.hold { parts.append(hold.isEmpty ? "held" : "held: \(hold)") }
        if task.isIsolated { parts.append("isolated") }
        return parts
    }

    static func controls(_ task: TaskSpec) -> [String: JSONValue] {
        [
            "kill_grace_ms": .count(task.killGrace?.milliseconds),
            "pools": .object(
                Dictionary(task.pools.map { ($0.pool, .count($0.slots)) }) { first, _ in first }
            ),
            "hold": .text(task.hold),
            "environment_files": .names(task.environmentFiles.map(\.text)),
            "isolate": .bool(task.isIsolated),
        ]
    }

    /// `exit 75, SIGKILL, a timeout`.
    static func text(of causes: RetryCauses) -> String {
        var parts: [String] = []
        switch causes.exits {
        case .any: parts.append("any exit code")
        case .these(let codes): parts += codes.map { "exit \($0)" }
        }
        switch causes.signals {
        case .any: parts.append("any signal")
        case .these(let numbers): parts += numbers.map { SignalName.of($0) }
        }
        if causes.timeout { parts.append("a timeout") }
        if causes.interrupted { parts.append("an interruption") }
        if causes.notStarted { parts.append("a failed start") }
        return parts.joined(separator: ", ")
    }

    static func json(_ causes: RetryCauses) -> JSONValue {
        .object([
            "exit": json(causes.exits),
            "signal": json(causes.signals),
            "timeout": .bool(causes.timeout),
            "interrupted": .bool(causes.interrupted),
            "not_started": .bool(causes.notStarted),
        ])
    }

    private static func json(_ numbers: RetryCauses.Numbers) -> JSONValue {
        switch numbers {
        case .any: .string("any")
        case .these(let numbers): .array(numbers.map { .count($0) })
        }
    }
}
