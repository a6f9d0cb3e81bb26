import Cron
import Flows

/// A flow's schedules make no runs for a time.
package struct Pause: Sendable, Equatable {
    package let begunAt: Instant
    /// `nil` = until a person ends it.
    package let until: Instant?
    /// A person's words.
    package let reason: String?

    package init(begunAt: Instant, until: Instant? = nil, reason: String? = nil) {
        self.begunAt = begunAt
        self.until = until
        self.reason = reason
    }
}

/// A flow as lists show it.
package struct FlowSummary: Sendable {
    package let name: String
    package let description: String
    package let tasks: Int
    package let schedules: Int
    package let pause: Pause?
    package let isEdited: Bool
    /// `expect:` asks for a success, and there was none.
    package let isLate: Bool
    package let lastRun: Int64?
    package let lastState: RunState?
}

/// A flow with what the database knows of it besides its definition.
package struct FlowDetail: Sendable {
    package let flow: Flow
    package let sourcePath: String?
    package let appliedAt: Instant
    /// When the master was changed with SQL since it was applied.
    package let editedAt: Instant?
    package let pause: Pause?
    /// When it was told that `expect:` is not met; `nil` where all is well.
    package let lateAt: Instant?
}

/// The last fire of a schedule that is past.
package struct LastFire: Sendable {
    package let dueAt: Instant
    package let outcome: FireOutcome
    package let runID: Int64?
    package let state: RunState?
}

/// Which runs a list is of: those that fit all that is said.
package struct RunFilter: Sendable {
    /// Removed ones included.
    package var flow: String?
    /// Any of these; empty = whatever state.
    package var states: Set<RunState>
    /// Registered then or later.
    package var since: Instant?

    package init(flow: String? = nil, states: Set<RunState> = [], since: Instant? = nil) {
        (self.flow, self.states, self.since) = (flow, states, since)
    }
}

/// A run as lists show it.
package struct RunSummary: Sendable {
    package let id: Int64
    package let flow: String
    package let state: RunState
    package let origin: String
    package let dueAt: Instant?
    package let registeredAt: Instant
    /// Of its first attempt.
    package let startedAt: Instant?
    /// Of its last attempt; `nil` while the run is active.
    package let endedAt: Instant?
    package let parameters: [Variable]
    /// How many tasks are in each state.
    package let counts: [TaskState: Int]
    /// Names of parameters whose values are not to be shown.
    package var secrets: Set<String> = []
    /// Its hooks that have failed since it settled: they do not count for its state.
    package var failedHooks: [String] = []
    /// Secrets among what the task that made it gave it.
    package var carried: [String] = []
    /// How long it may take from its first task's start.
    package var timeout: Duration?
    /// When it was ended for having taken longer.
    package var timedOutAt: Instant?

    /// The parameters as they may be shown: secret ones without their values.
    package var shownParameters: [Variable] { parameters.masking(secrets) }

    /// A text of the run as it may be shown: without the values of secret parameters.
    package func masking(_ text: String) -> String {
        guard !secrets.isEmpty else { return text }
        let values = parameters.filter { secrets.contains($0.name) }.map(\.value)
        return SecretText.masked(text, values + values.flatMap(SecretText.pieces) + carried)
    }
}

/// A run without its tasks.
package struct RunHead: Sendable {
    package let summary: RunSummary
    /// The run and its task that started this one with `flow:`.
    package let parent: ParentTask?
    /// What its flow gives, by name, once it has succeeded.
    package let outputs: [Store.FlowOutput]
    /// Of a schedule's run: when it is to start.
    package var plan: RunPlan?
}

/// A run with all its tasks.
package struct RunDetail: Sendable {
    package let summary: RunSummary
    /// In the flow file's order.
    package let tasks: [TaskDetail]
    /// The run and its task that started this one with `flow:`.
    package let parent: ParentTask?
    /// What its flow gives, by name, once it has succeeded.
    package let outputs: [Store.FlowOutput]
    /// Of a schedule's run: when it is to start.
    package var plan: RunPlan?
}

package struct ParentTask: Sendable {
    package let run: Int64
    package let task: TaskName
}

/// The newest run that a task has started with `flow:`.
package struct ChildRun: Sendable {
    package let id: Int64
    package let flow: String
    package let state: RunState
}

/// A task of a run: `TaskRun` in the words of the model.
package struct TaskDetail: Sendable {
    package let id: Int64
    package let name: String
    package let item: Int
    package let state: TaskState
    /// Names, in the file's order; an item's are its task's.
    package var needs: [String]
    /// Claimed, but its process is not started yet: shown as waiting.
    package let isLaunched: Bool
    package let isReady: Bool
    package let retryAt: Instant?
    package let attempts: [AttemptDetail]
    /// Why it waits, or has waited, for a person.
    package var hold: String?
    /// Of a ready one: the pools that it takes of.
    package var pools: [PoolState] = []
    /// What it gave, by key, ascending, as it may be shown.
    package var outputs: [Variable] = []
    package var child: ChildRun?
}

extension TaskDetail {
    /// Whether it is a hook, which does not count for its run.
    package var isHook: Bool { HookEvent(taskName: name) != nil }
}

package struct AttemptDetail: Sendable {
    package let number: Int
    package let startedAt: Instant
    package let endedAt: Instant?
    package let durationMilliseconds: Int64?
    /// The word of `Outcome`; `nil` while it runs.
    package let outcome: String?
    package let exitCode: Int?
    package let signal: Int?
    package let pid: Int32?
    package let userCPUMilliseconds: Int64?
    package let systemCPUMilliseconds: Int64?
    package let maxRSSKiB: Int64?
    package let lines: Int
    /// How many of these its file does not have.
    package let lost: Int
    package let sink: String?
    package let note: String?
}
