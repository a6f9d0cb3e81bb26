import Flows
import Storage

extension FlowView {
    /// All but its tasks.
    var members: [String: JSONValue] {
        [
            "name": .string(flow.name),
            "description": .string(flow.description),
            "source_path": .text(detail.sourcePath),
            "applied_at": .instant(detail.appliedAt, in: time.zone),
            "edited_at": .instant(detail.editedAt, in: time.zone),
            "paused_at": .instant(detail.pause?.begunAt, in: time.zone),
            "paused_until": .instant(detail.pause?.until, in: time.zone),
            "pause_reason": .text(detail.pause?.reason),
            "expect_every_ms": .count(flow.expectation?.every.milliseconds),
            "expect_register": .text(flow.expectation?.register),
            "late_at": .instant(detail.lateAt, in: time.zone),
            "working_directory": .string(flow.workingDirectory),
            "shell": .names(flow.shell),
            "overlap": .string(flow.overlap.rawValue),
            "queue_limit": .count(flow.queueLimit),
            "concurrency": .count(flow.concurrency),
            "priority": .count(flow.priority),
            "parameters": .variables(flow.parameters.masking(flow.secrets)),
            "environment": .variables(flow.environment.masking(flow.secrets)),
            "schedules": SchedulesView.json(schedules, time.zone),
            "outputs": .variables(flow.outputs),
            "run_timeout_ms": .count(flow.runTimeout?.milliseconds),
            "kill_grace_ms": .count(flow.killGrace?.milliseconds),
            "environment_files": .names(flow.environmentFiles.map(\.text)),
            "secrets": .names(flow.secrets),
            "hooks": .object(
                Dictionary(
                    flow.hooks.map {
                        ($0.event.rawValue, Self.json($0.task, secrets: flow.secrets))
                    }
                ) { $1 }
            ),
        ]
    }

    static func json(_ task: TaskSpec, secrets: [String]) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(task.name),
            "needs": .names(task.needs),
            "kind": .string(task.action.kind),
            "run": .null,
            "exec": .null,
            "component": .null,
            "with": .null,
            "flow": .null,
            "parameters": .null,
            "environment": .variables(task.environment.masking(secrets)),
            "timeout_ms": .count(task.timeout?.milliseconds),
            "priority": .count(task.priority),
            "retries": .object([
                "limit": .count(task.retries.limit),
                "delay_ms": .count(task.retries.delay.milliseconds),
                "backoff": .number(task.retries.backoff),
                "max_delay_ms": .count(task.retries.maxDelay.milliseconds),
                "jitter": .number(task.retries.jitter.fraction),
                "jitter_ms": .count(task.retries.jitter.span.milliseconds),
                "retry_on": json(task.retries.causes),
            ]),
        ]
        members.merge(controls(task)) { first, _ in first }
        members["when"] = .text(task.traits.when?.text)
        switch task.traits.forEach {
        case .texts(let items): members["for_each"] = .names(items)
        case .template(let text): members["for_each"] = .string(text)
        case nil: members["for_each"] = .null
        }
        switch task.action {
        case .run(let text): members["run"] = .string(text)
        case .exec(let words): members["exec"] = .names(words)
        case .component(let name, let with):
            members["component"] = .string(name)
            members["with"] = with
        case .flow(let name, let parameters):
            members["flow"] = .string(name)
            members["parameters"] = .variables(parameters)
        }
        return .object(members)
    }
}
