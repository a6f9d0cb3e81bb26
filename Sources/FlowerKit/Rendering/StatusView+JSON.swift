import Cron
import Flows
import Storage

extension StatusView {
    /// All but its tasks.
    static func members(
        of run: RunHead,
        _ zone: Zone,
        _ trouble: Trouble = .none
    ) -> [String: JSONValue] {
        var members = RunsView.members(of: run.summary, zone, trouble)
        members["timed_out_at"] = .instant(run.summary.timedOutAt, in: zone)
        members["outputs"] = .object(
            Dictionary(
                run.outputs.map { ($0.name, .text($0.value.map(run.summary.masking))) }
            ) { $1 }
        )
        members["start_at"] = .instant(run.plan?.startAt, in: zone)
        members["start_by"] = .instant(run.plan?.startBy, in: zone)
        members["parent_run"] = .count(run.parent?.run)
        members["parent_task"] = .text(run.parent.map { "\($0.task)" })
        return members
    }

    /// - Parameter tail: of its output, if it has failed.
    static func json(
        _ task: TaskDetail,
        _ tail: [UInt8],
        of run: RunSummary,
        _ zone: Zone,
        _ trouble: Trouble
    ) -> JSONValue {
        .object([
            "name": .string(task.name),
            "item": .count(task.item),
            "state": .string(task.shownState.word),
            "needs": .names(task.needs),
            "is_ready": .bool(task.isReady),
            "trouble": .text(trouble.text(of: task)),
            "retry_at": .instant(task.retryAt, in: zone),
            "hold": .text(task.hold),
            "waits_for_pools": .names(task.pools.filter(\.isShort).map(\.demand.pool)),
            "attempts": .array(task.attempts.map { json($0, zone) }),
            "tail": .names(lastLines(tail)),
            "outputs": .variables(
                task.outputs.map { Variable($0.name, run.masking($0.value)) }
            ),
            "child_run": .count(task.child?.id),
        ])
    }

    private static func json(_ attempt: AttemptDetail, _ zone: Zone) -> JSONValue {
        .object([
            "number": .count(attempt.number),
            "started_at": .instant(attempt.startedAt, in: zone),
            "ended_at": .instant(attempt.endedAt, in: zone),
            "duration_ms": .count(attempt.durationMilliseconds),
            "outcome": .text(attempt.outcome),
            "exit_code": .count(attempt.exitCode),
            "signal": .count(attempt.signal),
            "pid": .count(attempt.pid),
            "user_cpu_ms": .count(attempt.userCPUMilliseconds),
            "system_cpu_ms": .count(attempt.systemCPUMilliseconds),
            "max_rss_kib": .count(attempt.maxRSSKiB),
            "lines": .count(attempt.lines),
            "lost": .count(attempt.lost),
            "note": .text(attempt.note),
        ])
    }
}
