import Cron
import Flows
import Storage

extension StatusView {
    static func json(_ run: RunDetail, _ zone: Zone) -> JSONValue {
        var members = RunsView.members(of: run.summary, zone)
        members["tasks"] = .array(run.tasks.map { json($0, zone) })
        return .object(members)
    }

    private static func json(_ task: TaskDetail, _ zone: Zone) -> JSONValue {
        .object([
            "name": .string(task.name),
            "item": .count(task.item),
            "state": .string(task.shownState.word),
            "needs": .names(task.needs),
            "is_ready": .bool(task.isReady),
            "retry_at": .instant(task.retryAt, in: zone),
            "attempts": .array(task.attempts.map { json($0, zone) }),
            "tail": .names(task.state == .failed ? task.tailLines : []),
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
            "note": .text(attempt.note),
        ])
    }
}

extension TaskDetail {
    fileprivate var tailLines: [String] {
        attempts.last?.lastLines(StatusView.tailLinesShown) ?? []
    }
}
