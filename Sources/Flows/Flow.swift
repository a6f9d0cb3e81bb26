import Cron

/// A named acyclic graph of tasks, optionally scheduled: what one flow file declares.
///
/// A `Flow` is always valid: `FlowFiles` builds one only from a file without faults, and `Storage`
/// checks again what it reads back, because the master tables may be changed with plain SQL.
package struct Flow: Sendable, Equatable {
    /// `[a-z0-9][a-z0-9._-]{0,63}`, unique in a state folder.
    package var name: String
    package var description: String
    /// In the file's order; identities (`ScheduleSpec.identity`) are unique.
    package var schedules: [ScheduleSpec]
    package var overlap: OverlapPolicy
    /// How many runs may be queued under `overlap: queue`; a fire beyond is recorded and not run.
    package var queueLimit: Int
    /// How many tasks of this flow may run at once, over all its runs; `nil` = no limit. At least 1.
    package var concurrency: Int?
    /// -20...19, lower first, as nice(1).
    package var priority: Int
    /// Names are unique; in the file's order.
    package var parameters: [Variable]
    /// Values may hold `${…}`. Names are unique; in the file's order.
    package var environment: [Variable]
    /// An absolute path.
    package var workingDirectory: String
    /// The words before a `run:` text, which is handed over with `-c`. Never empty.
    package var shell: [String]
    /// What it gives to a task that starts it, or to whoever looks: filled once a run has succeeded. Keys are
    /// unique; by name.
    package var outputs: [Variable]
    /// At least one, at most `Limit.tasksPerFlow`; names are unique; in the file's order.
    package var tasks: [TaskSpec]
    package var expectation: Expectation?
    /// Between TERM and KILL, for tasks without one of their own; `nil` = `Limit.killGrace`.
    package var killGrace: Duration?
    /// For a whole run, from its first task's start; `nil` = none. More than zero.
    package var runTimeout: Duration?
    /// Read at each launch; their variables win over `environment`.
    package var environmentFiles: [VariableFile]
    /// Names of parameters and variables whose values are shown as `***`; each once.
    package var secrets: [String]
    /// At most one for each event.
    package var hooks: [Hook]

    package init(
        name: String,
        description: String = "",
        schedules: [ScheduleSpec] = [],
        overlap: OverlapPolicy = .skip,
        queueLimit: Int = Limit.queuedRuns,
        concurrency: Int? = nil,
        priority: Int = 0,
        parameters: [Variable] = [],
        environment: [Variable] = [],
        workingDirectory: String,
        shell: [String] = Flow.defaultShell,
        tasks: [TaskSpec],
        expectation: Expectation? = nil,
        killGrace: Duration? = nil,
        runTimeout: Duration? = nil,
        environmentFiles: [VariableFile] = [],
        secrets: [String] = [],
        hooks: [Hook] = [],
        outputs: [Variable] = []
    ) {
        self.outputs = outputs
        self.name = name
        self.description = description
        self.schedules = schedules
        self.overlap = overlap
        self.queueLimit = queueLimit
        self.concurrency = concurrency
        self.priority = priority
        self.parameters = parameters
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.shell = shell
        self.tasks = tasks
        self.expectation = expectation
        self.killGrace = killGrace
        self.runTimeout = runTimeout
        self.environmentFiles = environmentFiles
        self.secrets = secrets
        self.hooks = hooks
    }

    package static let defaultShell = ["sh", "-eu"]
}

/// A name with its text: a parameter, or a variable of an environment.
package struct Variable: Sendable, Hashable, Codable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a fire does while an earlier run of its flow is active.
package enum OverlapPolicy: String, Sendable, CaseIterable, Codable {
    /// The fire is recorded with the reason `overlap` and not run.
    case skip
    /// The run is registered at once and starts when those before it have settled.
    case queue
    /// The run starts beside the other.
    case allow
    /// The earlier runs are cancelled, and the run starts when they have ended.
    case replace
}
