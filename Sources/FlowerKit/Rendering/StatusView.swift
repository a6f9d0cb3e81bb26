import Cron
import Execution
import Flows
import Storage

/// `flower status`: what the run is, its tasks as a tree, and the last words of those that failed.
struct StatusView {
    let run: RunDetail
    /// Of failed tasks, by task id.
    private let tails: [Int64: [UInt8]]
    let time: TimeText
    private let trouble: Trouble
    /// What each line of the tree stands for: a task, or all items of one.
    private let entries: [Entry]
    /// By name: a task waits for the first of its needs that has not succeeded.
    private let states: [String: TaskState]
    /// Of the last attempts; the kernel counts none for components, which run in the runner.
    private let showsUsage: Bool

    /// Of the failed tasks, so many are told with their last lines; the others' rows say why as
    /// well.
    static let failuresShown = 10
    static let tailLinesShown = 10

    /// - Parameter showsItems: each on a line of its own, not all of a task on one.
    init(
        _ run: RunDetail,
        tails: [Int64: [UInt8]],
        showsItems: Bool = false,
        _ time: TimeText,
        _ trouble: Trouble = .none
    ) {
        self.trouble = trouble
        self.run = run
        entries = Entry.entries(of: run.tasks, showsItems: showsItems)
        self.tails = tails
        self.time = time
        states = Dictionary(run.tasks.map { ($0.name, $0.state) }) { $0.satisfiesNeed ? $1 : $0 }
        showsUsage = run.tasks.contains { $0.attempts.last?.userCPUMilliseconds != nil }
    }

    func rendered(width: Int?, colour: Bool) -> String {
        facts.rendered(width: width, colour: colour) + "\n"
            + table.rendered(width: width, colour: colour) + outputs(width)
            + failures(colour: colour)
    }

    private var facts: Facts {
        let summary = run.summary
        var facts = Facts()
        facts.add("run", "\(summary.id) of flow '\(summary.flow)'")
        facts.add("started by", run.parent.map { "run \($0.run), task \($0.task)" })
        let state = trouble.state(summary.state, ofRun: summary.id)
        facts.add("state", state.text, state.style)
        facts.add("trouble", runTrouble, .bad)
        facts.add("tasks", RunsView.progress(summary.counts, left: trouble.left(ofRun: summary.id)))
        if !summary.failedHooks.isEmpty {
            facts.add("hooks", summary.failedHooks.joined(separator: ", ") + " failed", .bad)
        }
        if let due = summary.dueAt { facts.add("due", time.stamp(due)) }
        if summary.state.isActive, let plan = run.plan {
            // To be started at its due time needs no saying.
            let isMoved = plan.startAt != summary.dueAt
            facts.add("to start", isMoved ? "\(time.stamp(plan.startAt)), by its jitter" : nil)
            facts.add("start by", plan.startBy.map { time.stamp($0) })
        }
        let registered = "\(time.stamp(summary.registeredAt)), \(time.ago(summary.registeredAt))"
        facts.add("registered", "\(registered) (\(summary.origin))")
        facts.add("took", trouble.took(summary, at: time.now).map { TimeText.span($0) })
        facts.add("parameters", RunsView.parameters(summary.shownParameters))
        facts.add("timed out", timedOut(summary), .bad)
        return facts
    }

    /// Of the run as a whole: that nobody works on it is no trouble where nothing could be worked on.
    private var runTrouble: String? {
        let texts = run.tasks.compactMap { trouble.text(of: $0) }
        return texts.first { $0 == Trouble.deadRunner } ?? texts.first
    }

    private func timedOut(_ summary: RunSummary) -> String? {
        summary.timedOutAt.map { at in
            let limit = summary.timeout.map { " of \(DurationText.format($0))" } ?? ""
            return "its run_timeout\(limit) was over at \(time.stamp(at))"
        }
    }

    private var table: Table {
        var columns: [Table.Column] = [
            .init(title: "TASK"), .init(title: "STATE"), .init(title: "TOOK", dispensable: 1),
        ]
        if showsUsage {
            columns += [
                .init(title: "CPU", isNumber: true, dispensable: 5),
                .init(title: "MEMORY", isNumber: true, dispensable: 4),
            ]
        }
        columns += [
            .init(title: "EXIT", dispensable: 2),
            .init(title: "ATTEMPTS", isNumber: true, dispensable: 3),
            .init(title: "WHY", isFree: true),
        ]
        var table = Table(columns: columns)
        // Of a task with items all of them.
        let places = Dictionary(grouping: entries.indices) { entries[$0].first.name }
        let needs = entries.map { $0.first.needs.flatMap { places[$0] ?? [] } }
        table.rows = TaskTree.lines(needs: needs).map { line in
            let entry = entries[line.position]
            return entry.tasks.count == 1
                ? row(entry.first, prefix: line.prefix) : row(entry, prefix: line.prefix)
        }
        return table
    }

    private func row(_ entry: Entry, prefix: String) -> [Table.Cell] {
        var cells: [Table.Cell] = [
            .init(prefix + entry.shownName), trouble.state(entry.state, of: entry.tasks),
            .init(took(entry).map { TimeText.span($0) } ?? "-"),
        ]
        let last = entry.tasks.compactMap(\.attempts.last)
        if showsUsage {
            let spent = last.compactMap(\.cpuMilliseconds)
            let memory = last.compactMap(\.maxRSSKiB).max() ?? 0
            cells += [
                .init(spent.isEmpty ? "-" : TimeText.span(spent.reduce(0, +))),
                .init(memory == 0 ? "-" : StatsView.memory(memory)),
            ]
        }
        let attempts = entry.tasks.reduce(0) { $0 + $1.attempts.count }
        cells += [
            .init(entry.exitText), .init(attempts == 0 ? "-" : "\(attempts)"),
            .init(why(entry)),
        ]
        return cells
    }

    /// How far its items are, and why the first of those that decide its state is in that.
    private func why(_ entry: Entry) -> String {
        let progress = RunsView.progress(
            entry.counts,
            left: entry.tasks.count { trouble.isOfDeadRunner(task: $0.id) }
        )
        guard let task = entry.tasks.first(where: { $0.shownState == entry.state }) else {
            return progress
        }
        let reason = why(task)
        switch entry.state {
        case .succeeded, .skipped, .running: return progress
        case .waiting, .held, .failed, .cancelled:
            return reason.isEmpty || reason == "ready"
                ? progress : "\(progress); \(task.shownName): \(reason)"
        }
    }

    private func row(_ task: TaskDetail, prefix: String) -> [Table.Cell] {
        let last = task.attempts.last
        var cells: [Table.Cell] = [
            .init(prefix + task.shownName), trouble.state(task.shownState, of: [task]),
            .init(took(task).map { TimeText.span($0) } ?? "-"),
        ]
        if showsUsage {
            cells += [
                .init(last?.cpuMilliseconds.map { TimeText.span($0) } ?? "-"),
                .init(last?.maxRSSKiB.map(StatsView.memory) ?? "-"),
            ]
        }
        cells += [
            .init(last?.exitText ?? "-"),
            .init(task.attempts.isEmpty ? "-" : "\(task.attempts.count)"), .init(why(task)),
        ]
        return cells
    }

    /// Nothing of one that runs on unwatched: whether it does nobody knows.
    private func took(_ task: TaskDetail) -> Int64? {
        guard let attempt = task.attempts.last else { return nil }
        if let duration = attempt.durationMilliseconds { return duration }
        return attempt.endedAt == nil && !trouble.isOfDeadRunner(task: task.id)
            ? time.now.milliseconds - attempt.startedAt.milliseconds : nil
    }

    /// Nor of items of which one does.
    private func took(_ entry: Entry) -> Int64? {
        entry.tasks.contains { trouble.isOfDeadRunner(task: $0.id) }
            ? nil : entry.took(at: time.now)
    }

    /// Why a task is in the state it is in, where the state alone does not say.
    private func why(_ task: TaskDetail) -> String {
        if trouble.isOfDeadRunner(task: task.id) { return Trouble.deadRunner }
        switch task.shownState {
        case .running:
            return task.attempts.last?.pid.map { "pid \($0)" } ?? ""
        case .failed, .cancelled:
            let isLate =
                task.state == .cancelled && run.summary.timedOutAt != nil && !task.isHook
            if isLate { return LateRun.reason(after: task.attempts.last) }
            return task.attempts.last?.reason ?? ""
        case .succeeded:
            return task.attempts.last?.note ?? ""
        case .held: return held(task)
        case .skipped: return ""
        case .waiting:
            if let retryAt = task.retryAt {
                let reason = task.attempts.last.map { ": \($0.reason)" } ?? ""
                return "again \(time.left(until: retryAt))\(reason)"
            }
            if let short = task.pools.first(where: \.isShort) { return short.reason }
            if task.isReady || task.state == .running { return "ready" }
            if let child = task.child, child.state.isActive {
                return "run \(child.id) of flow '\(child.flow)' is \(child.state.rawValue)"
            }
            if let unmet = unmet(task) { return unmet }
            return run.summary.state == .queued ? "queued behind an earlier run" : ""
        }
    }

    /// What tasks gave, in the order of the tasks, and the run itself; the first line of each.
    private func outputs(_ width: Int?) -> String {
        var table = Table(columns: [.init(title: "OUTPUT"), .init(title: "VALUE", isFree: true)])
        func add(_ name: String, _ value: String) {
            let lines = Printable.lines(run.summary.masking(value))
            let shown = (lines.first ?? "") + (lines.count > 1 ? " …" : "")
            table.rows.append([.init(name), .init(shown)])
        }
        for entry in entries {
            if entry.tasks.count == 1 {
                for output in entry.first.outputs {
                    add("\(entry.first.shownName).\(output.name)", output.value)
                }
            } else {
                for (name, count) in entry.outputCounts {
                    add("\(entry.shownName).\(name)", counted(count, "value"))
                }
            }
        }
        for output in run.outputs {
            add(output.name, output.value ?? "- (\(output.reason ?? ""))")
        }
        return table.rows.isEmpty ? "" : "\n" + table.rendered(width: width, colour: false)
    }

    private func unmet(_ task: TaskDetail) -> String? {
        let unmet = task.needs.first { !(states[$0]?.satisfiesNeed ?? false) }
        return unmet.map { "needs \($0) (\(states[$0]?.word ?? "not there"))" }
    }

    private func held(_ task: TaskDetail) -> String {
        [task.hold, unmet(task), "flower release \(run.summary.id) \(task.name)"]
            .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "; ")
    }

    /// The last lines of what is kept of an output; the first may be the end of a longer one.
    static func lastLines(_ tail: [UInt8]) -> [String] {
        Printable.lines(String(decoding: tail, as: UTF8.self))
            .dropLast(while: \.isEmpty)
            .suffix(tailLinesShown)
    }

    private func failures(colour: Bool) -> String {
        let failed = run.tasks.filter { $0.state == .failed }
        var text = ""
        for task in failed.prefix(Self.failuresShown) {
            guard let attempt = task.attempts.last else { continue }
            let title = "\(task.shownName), attempt \(attempt.number): \(attempt.reason)"
            let cell = Table.Cell(title, .bad)
            text += "\n" + (colour ? cell.style.applied(to: cell.text) : cell.text) + "\n"
            for line in Self.lastLines(tails[task.id] ?? []) {
                text += "  | \(Printable.row(line))\n"
            }
        }
        let more = failed.count - Self.failuresShown
        if more > 0 {
            text += "\n\(more) more failed; flower logs \(run.summary.id) has their output\n"
        }
        return text
    }
}

extension TaskDetail {
    /// `clean`, or for one item of it `clean[3]`.
    var shownName: String { "\(TaskName(name, item: item == 0 ? nil : item))" }

    /// A task that is claimed and not yet launched is shown as waiting.
    var shownState: TaskState { state == .running && !isLaunched ? .waiting : state }
}

extension AttemptDetail {
    /// `0`, `1`, `SIGKILL`; `-` where there was no process that could exit.
    var exitText: String {
        if let exitCode { return "\(exitCode)" }
        return signal.map { SignalName.of($0) } ?? "-"
    }
}

extension Array {
    /// Without the elements at its end that fit.
    fileprivate func dropLast(while fits: (Element) -> Bool) -> ArraySlice<Element> {
        var rest = self[...]
        while let last = rest.last, fits(last) { rest.removeLast() }
        return rest
    }
}

extension AttemptDetail {
    /// In the user's code and in the kernel for it.
    var cpuMilliseconds: Int64? {
        userCPUMilliseconds.map { $0 + (systemCPUMilliseconds ?? 0) }
    }
}
