import Cron
import Flows

/// What the tasks of one run have in common, as it was at registration. Never changes.
package final class RunContext: Sendable {
    package let runID: Int64
    package let flow: String
    /// Of the database, so that a task's process can be told from another database's.
    package let instance: String
    /// `nil` for a run that no schedule made.
    package let dueAt: Instant?
    package let registeredAt: Instant
    /// An IANA name: `${due.date}` and `${due.time}` are told in it.
    package let timezone: String
    /// The flow's, with the schedule's and the person's values; by name.
    package let parameters: [Variable]
    /// The flow's own; values may hold `${…}`; by name.
    package let environment: [Variable]
    package let workingDirectory: String
    package let shell: [String]
    /// For the whole run, from its first task's start; `nil` = none.
    package let timeout: Duration?
    /// The flow's own.
    package let environmentFiles: [VariableFile]
    /// Names whose values are not to be shown.
    package let secrets: Set<String>
    /// Secrets among what the task that made the run gave it.
    package let carried: [String]

    package init(
        runID: Int64,
        flow: String,
        instance: String,
        dueAt: Instant?,
        registeredAt: Instant,
        timezone: String,
        parameters: [Variable],
        environment: [Variable],
        workingDirectory: String,
        shell: [String],
        timeout: Duration? = nil,
        environmentFiles: [VariableFile] = [],
        secrets: Set<String> = [],
        carried: [String] = []
    ) {
        self.carried = carried
        self.runID = runID
        self.flow = flow
        self.instance = instance
        self.dueAt = dueAt
        self.registeredAt = registeredAt
        self.timezone = timezone
        self.parameters = parameters
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.shell = shell
        self.timeout = timeout
        self.environmentFiles = environmentFiles
        self.secrets = secrets
    }
}

/// A task that one runner has taken, in a committed transaction, and may launch.
package struct Claim: Sendable {
    package let taskID: Int64
    /// From 1, never reset: the number that the attempt will have if the task is launched.
    package let attempt: Int
    package let run: RunContext
    package let name: String
    /// 0 unless the task came of a `for_each:`.
    package let item: Int
    package let action: TaskAction
    /// The task's own; values may hold `${…}`; by name.
    package let environment: [Variable]
    package let timeout: Duration?
    /// Attempts before the last reset: they do not count against `retries`.
    package let retryBase: Int
    /// 0, a flow's with a limit, or one of pools.
    package let lane: Int64
    private let rare: Rare?

    /// What most tasks have nothing of, in one place: a claim is copied several times on its way.
    private final class Rare: Sendable {
        let retries: RetryPolicy
        let killGrace: Duration
        let environmentFiles: [VariableFile]
        let isIsolated: Bool

        init(
            _ retries: RetryPolicy,
            _ killGrace: Duration,
            _ environmentFiles: [VariableFile],
            _ isIsolated: Bool
        ) {
            self.retries = retries
            self.killGrace = killGrace
            self.environmentFiles = environmentFiles
            self.isIsolated = isIsolated
        }
    }

    package var retries: RetryPolicy { rare?.retries ?? .none }
    /// Between TERM and KILL.
    package var killGrace: Duration { rare?.killGrace ?? Limit.killGrace }
    /// The task's own.
    package var environmentFiles: [VariableFile] { rare?.environmentFiles ?? [] }
    /// Whether its component runs in a process of its own.
    package var isIsolated: Bool { rare?.isIsolated ?? false }
    /// `nil` for a plain task.
    package internal(set) var given: Given?

    package init(
        taskID: Int64,
        attempt: Int,
        run: RunContext,
        name: String,
        item: Int,
        action: TaskAction,
        environment: [Variable],
        timeout: Duration?,
        retries: RetryPolicy,
        retryBase: Int,
        lane: Int64 = 0,
        killGrace: Duration = Limit.killGrace,
        environmentFiles: [VariableFile] = [],
        isIsolated: Bool = false,
        given: Given? = nil
    ) {
        self.taskID = taskID
        self.attempt = attempt
        self.run = run
        self.name = name
        self.item = item
        self.action = action
        self.environment = environment
        self.timeout = timeout
        self.retryBase = retryBase
        self.lane = lane
        let isPlain =
            retries.limit == 0 && killGrace == Limit.killGrace && environmentFiles.isEmpty
            && !isIsolated
        rare = isPlain ? nil : Rare(retries, killGrace, environmentFiles, isIsolated)
        self.given = given
    }

    /// Whether it is of a hook, which does not count for its run.
    package var isHook: Bool { name.utf8.first == UInt8(ascii: "@") }

    /// What its places stand for besides what they do in the whole run: outputs, the item.
    package var values: [String: String] { given?.values ?? [:] }
    /// Why it cannot be launched: what it was to be given is not there.
    package var fault: String? { given?.fault }
    /// Secrets that stand in them, besides those of the run and of its environment.
    package var secrets: Set<String> { given?.secrets.texts ?? [] }
    /// Which of them hold a secret.
    package var secretPlaces: Set<String> { given?.secrets.places ?? [] }
    /// Of a task with `flow:` the run that it waited for.
    package var child: SettledRun? { given?.child }

    /// A class, because claims are copied by the thousand and few have one.
    package final class Given: Sendable {
        let values: [String: String]
        let fault: String?
        let child: SettledRun?
        let secrets: MetSecrets

        init(
            values: [String: String],
            fault: String? = nil,
            child: SettledRun? = nil,
            secrets: MetSecrets = MetSecrets()
        ) {
            self.secrets = secrets
            self.values = values
            self.fault = fault
            self.child = child
        }
    }
}

/// A run of another flow that a task has waited for.
package struct SettledRun: Sendable {
    package let id: Int64
    package let flow: String
    package let state: RunState
    package let registeredAt: Instant
    let outputs: [Store.FlowOutput]

    /// What it gave.
    package var given: [Variable] {
        outputs.compactMap { output in output.value.map { Variable(output.name, $0) } }
    }

    /// Secrets that stand in that.
    package var secrets: [String] { outputs.flatMap(\.secrets) }

    /// Which outputs of its flow it could not give, and why.
    package var missing: [String] {
        outputs.compactMap { output in output.reason.map { "no output '\(output.name)': \($0)" } }
    }
}

/// A run that a task with `flow:` waits for, just made.
package struct StartedRun: Sendable {
    package let id: Int64
    package let flow: String
    package let parentRun: Int64
}

/// A launch: recorded at the next turn, so that the task is seen running.
package struct AttemptStart: Sendable {
    package let claim: Claim
    package let startedAt: Instant
    /// `nil` for a component, which has no process of its own.
    package let pid: Int32?
    /// Where its output is kept: `file:PATH`, `journal`, or empty for nowhere.
    package let sink: String

    package init(claim: Claim, startedAt: Instant, pid: Int32?, sink: String) {
        self.claim = claim
        self.startedAt = startedAt
        self.pid = pid
        self.sink = sink
    }
}

/// What became of an attempt.
package struct AttemptEnd: Sendable {
    package let start: AttemptStart
    package let endedAt: Instant
    /// By CLOCK_MONOTONIC: a clock step between start and end does not touch it.
    package let duration: Duration
    package var outcome: Outcome
    package var userCPU: Duration = .zero
    package var systemCPU: Duration = .zero
    /// `nil` where it is not known.
    package var maxRSSKiB: Int?
    /// How many lines it printed, dropped ones included.
    package var lines = 0
    /// How many of them its file does not have.
    package var lost = 0
    /// The last of what it printed, at most `Limit.tailBytes`.
    package var tail: [UInt8] = []
    /// What a person should know besides: processes left behind, a line cut, why it could not start.
    package var note: String?
    /// What it wrote to `$FLOWER_OUTPUT`, however it ended.
    package var outputs: [Variable] = []
    /// Secrets that may stand in them.
    package var secrets: [String] = []

    package init(start: AttemptStart, endedAt: Instant, duration: Duration, outcome: Outcome) {
        self.start = start
        self.endedAt = endedAt
        self.duration = duration
        self.outcome = outcome
    }
}

/// One turn of a runner: what is to be recorded, and how much it could take on.
package struct Turn: Sendable {
    /// Launched since the last turn and still running.
    package var started: [AttemptStart] = []
    package var ended: [AttemptEnd] = []
    /// Claims handed back unlaunched; costs no retry.
    package var returned: [Claim] = []
    /// Claims that were to be cancelled before they were launched.
    package var cancelled: [Claim] = []
    /// How many further claims at most.
    package var wanted = 0
    /// How many of them could be launched at once: of what is scarce, no more are claimed.
    package var free = Int.max
    /// Fires whose instant has come.
    package var planned: PlannedFires?
    /// Found out after the end of their attempts.
    package var losses: [LogLoss] = []

    package init() {}

    /// Whether it gives back something of a pool or of a flow's `concurrency`.
    var freesScarce: Bool {
        ended.contains { $0.start.claim.lane > 0 } || returned.contains { $0.lane > 0 }
    }

    var endsSome: Bool { !ended.isEmpty || !returned.isEmpty }

    package var recordsNothing: Bool {
        started.isEmpty && ended.isEmpty && returned.isEmpty && cancelled.isEmpty
            && planned == nil && losses.isEmpty
    }
}

/// What a turn gave.
package struct TurnResult: Sendable {
    package var claims: [Claim] = []
    /// Tasks of this runner that are to be ended: a person said so, or `overlap: replace`.
    package var toCancel: [Int64] = []
    /// Tasks of this runner that are to be ended because their run is over its `run_timeout`.
    package var toTimeOut: [Int64] = []
    /// When the next run is over its `run_timeout`, or too late for its start; `nil` where none is limited.
    package var nextLimitAt: Instant?
    /// When the next retry comes due, of any run; `nil` where none waits.
    package var nextRetryAt: Instant?
    /// Fires that came due in the turn (`Turn.planned`), and are recorded by it.
    package var recorded: [RecordedFire] = []
    /// Runs that the turn made for tasks with `flow:`.
    package var startedRuns: [StartedRun] = []
    /// What each of the turn's `ended` made of its task, in the same order: waiting, where it is tried
    /// again; `nil` where the task was no longer this runner's, unless it has succeeded all the same.
    package var endStates: [TaskState?] = []
    /// Of the turn's losses, those of attempts whose end is still to be recorded.
    package var losses: [LogLoss] = []
    /// Tasks whose last attempt ended in this turn with the state failed.
    package var failedTasks: Int { endStates.count { $0 == .failed } }

    package init() {}
}

/// Who a runner is, told to the database with its first claim.
package struct RunnerIdentity: Sendable, Hashable {
    /// Random, above 0; names the file `runners/<id>` that it holds locked while it lives.
    package let id: Int64
    package let pid: Int32
    /// `/proc/sys/kernel/random/boot_id`.
    package let bootID: String
    package let workers: Int

    package init(id: Int64, pid: Int32, bootID: String, workers: Int) {
        self.id = id
        self.pid = pid
        self.bootID = bootID
        self.workers = workers
    }
}
