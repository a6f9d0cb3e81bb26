import Cron
import Flows
import Storage

/// `flower runs`.
enum RunsView {
    /// - Parameter isCut: the list ended because it was long enough.
    static func table(
        _ runs: [RunSummary],
        isCut: Bool,
        _ time: TimeText,
        _ trouble: Trouble = .none
    ) -> Table {
        var table = Table(columns: [
            .init(title: "RUN", isNumber: true), .init(title: "FLOW"), .init(title: "STATE"),
            .init(title: "ORIGIN", dispensable: 5), .init(title: "REGISTERED", dispensable: 1),
            .init(title: "PASSED", dispensable: 6), .init(title: "TOOK", dispensable: 3),
            .init(title: "TASKS", dispensable: 2),
            .init(title: "PARAMETERS", isFree: true, dispensable: 4),
        ])
        table.rows = runs.map { run in
            [
                .init("\(run.id)"), .init(run.flow), trouble.state(run.state, ofRun: run.id),
                .init(run.origin),
                .stamp(run.registeredAt, time), .init(time.ago(run.registeredAt)),
                .init(trouble.took(run, at: time.now).map { TimeText.span($0) } ?? "-"),
                .init(progress(run, trouble)),
                .init(parameters(run.shownParameters)),
            ]
        }
        table.footer =
            counted(runs.count, "run") + " listed" + (isCut ? "; -n shows more." : ".")
            + trouble.lines(runs)
        return table
    }

    /// Of the tasks, and then of hooks that failed: `8, @always failed`.
    static func progress(_ run: RunSummary, _ trouble: Trouble) -> String {
        let hooks =
            run.failedHooks.isEmpty ? [] : [run.failedHooks.joined(separator: " ") + " failed"]
        return ([progress(run.counts, left: trouble.left(ofRun: run.id))] + hooks).joined(
            separator: ", "
        )
    }

    /// `8`, or `5 of 8, 1 failed` where not all have succeeded.
    ///
    /// - Parameter left: so many of those that run are dead runners'.
    static func progress(_ counts: [TaskState: Int], left: Int = 0) -> String {
        let all = counts.values.reduce(0, +)
        let succeeded = counts[.succeeded, default: 0]
        if succeeded == all { return "\(all)" }
        let others: [TaskState] = [.failed, .running, .held, .cancelled, .skipped]
        var counts = counts
        if let running = counts[.running] {
            counts[.running] = running > left ? running - left : nil
        }
        let parts = others.compactMap { state in
            counts[state].map { "\($0) \(state.word)" }
        }
        let unwatched = left > 0 ? ["\(left) \(Trouble.unwatched)"] : []
        return (["\(succeeded) of \(all)"] + parts + unwatched).joined(separator: ", ")
    }

    static func parameters(_ variables: [Variable]) -> String {
        variables.map { "\($0.name)=\(ShellWord.shown($0.value))" }.joined(separator: " ")
    }

    static func json(
        _ run: RunSummary,
        _ zone: Zone,
        _ trouble: Trouble = .none
    ) -> JSONValue {
        .object(members(of: run, zone, trouble))
    }

    /// The keys that `runs` and `status` have in common.
    static func members(
        of run: RunSummary,
        _ zone: Zone,
        _ trouble: Trouble
    ) -> [String: JSONValue] {
        var counts: [String: JSONValue] = [:]
        for state in TaskState.allCases { counts[state.word] = .count(run.counts[state] ?? 0) }
        return [
            "run": .count(run.id),
            "flow": .string(run.flow),
            "state": .string(run.state.rawValue),
            "origin": .string(run.origin),
            "due_at": .instant(run.dueAt, in: zone),
            "registered_at": .instant(run.registeredAt, in: zone),
            "started_at": .instant(run.startedAt, in: zone),
            "ended_at": .instant(run.endedAt, in: zone),
            "parameters": .variables(run.shownParameters),
            "counts": .object(counts),
            "failed_hooks": .names(run.failedHooks),
            "trouble": .text(trouble.text(of: run)),
        ]
    }
}

extension RunSummary {
    /// Milliseconds from its first attempt's start to its last one's end, or to `now` while it is
    /// active.
    func took(at now: Instant) -> Int64? {
        guard let startedAt, let end = endedAt ?? (state.isActive ? now : nil) else { return nil }
        return max(0, end.milliseconds - startedAt.milliseconds)
    }
}
