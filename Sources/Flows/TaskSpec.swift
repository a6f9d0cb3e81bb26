/// A task as declared in a flow file; `TaskRun` is its execution in a run.
package struct TaskSpec: Sendable, Equatable {
    /// `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`, unique in the flow.
    package var name: String
    /// Names of tasks of the same flow, each once, in the file's order.
    package var needs: [String]
    package var action: TaskAction
    /// Values may hold `${…}`; win over the flow's variables of the same names.
    package var environment: [Variable]
    /// For one attempt; `nil` = none. More than zero.
    package var timeout: Duration?
    package var retries: RetryPolicy
    /// -20...19; `nil` = the flow's.
    package var priority: Int?
    /// Between TERM and KILL; `nil` = the flow's.
    package var killGrace: Duration?
    /// Slots that it takes while it runs; names are unique; by name.
    package var pools: [PoolDemand]
    /// Why it waits for a person's release; `nil` = it does not.
    package var hold: String?
    /// Read at launch; their variables win over `environment`, later files over earlier ones.
    package var environmentFiles: [VariableFile]
    /// Whether its component runs in a process of its own.
    package var isIsolated: Bool
    package var traits: TaskTraits

    package init(
        name: String,
        needs: [String] = [],
        action: TaskAction,
        environment: [Variable] = [],
        timeout: Duration? = nil,
        retries: RetryPolicy = .none,
        priority: Int? = nil,
        killGrace: Duration? = nil,
        pools: [PoolDemand] = [],
        hold: String? = nil,
        environmentFiles: [VariableFile] = [],
        isIsolated: Bool = false,
        traits: TaskTraits = TaskTraits()
    ) {
        self.name = name
        self.needs = needs
        self.action = action
        self.environment = environment
        self.timeout = timeout
        self.retries = retries
        self.priority = priority
        self.killGrace = killGrace
        self.pools = pools
        self.hold = hold
        self.environmentFiles = environmentFiles
        self.isIsolated = isIsolated
        self.traits = traits
    }
}

/// What a task does.
package enum TaskAction: Sendable, Equatable {
    /// `run:`, a text for the flow's shell. Never substituted: parameters arrive as environment.
    case run(String)
    /// `exec:`, a program and its arguments, each of which may hold `${…}`. Never empty.
    case exec([String])
    /// `component:` and `with:`, Swift code in the runner's process; strings in `with` may hold `${…}`.
    case component(name: String, with: JSONValue)
    /// `flow:` and `parameters:`, a run of another flow, which it waits for without a worker; values of
    /// `parameters` may hold `${…}`.
    case flow(name: String, parameters: [Variable])

    package var kind: String {
        switch self {
        case .run: "run"
        case .exec: "exec"
        case .component: "component"
        case .flow: "flow"
        }
    }
}

/// When and how often a failed attempt is tried again.
package struct RetryPolicy: Sendable, Equatable {
    /// Further attempts after the first, 0...`Limit.retries`.
    package var limit: Int
    /// Before the first further attempt.
    package var delay: Duration
    /// Each wait is the one before times this, 1...100.
    package var backoff: Double
    /// No wait is longer, but for its jitter.
    package var maxDelay: Duration
    /// So much may be added to each wait.
    package var jitter: RetryJitter
    /// After which ends there is a further attempt.
    package var causes: RetryCauses

    package init(
        limit: Int,
        delay: Duration = .seconds(1),
        backoff: Double = 2,
        maxDelay: Duration = .seconds(3600),
        jitter: RetryJitter = .none,
        causes: RetryCauses = .all
    ) {
        self.limit = limit
        self.delay = delay
        self.backoff = backoff
        self.maxDelay = maxDelay
        self.jitter = jitter
        self.causes = causes
    }

    package static let none = RetryPolicy(limit: 0)

    /// The wait before the attempt that follows `failures` failed ones; `failures` from 1.
    ///
    /// `min(delay × backoff^(failures - 1), maxDelay)`, in whole milliseconds.
    package func wait(afterFailures failures: Int) -> Duration {
        precondition(failures >= 1, "a retry follows at least one failed attempt")
        let cap = Double(maxDelay.milliseconds)
        var milliseconds = Double(delay.milliseconds)
        for _ in 1..<failures where milliseconds < cap { milliseconds *= backoff }
        return .milliseconds(Int64(min(milliseconds, cap)))
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
