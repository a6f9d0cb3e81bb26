import Cron
import Flows
import Storage

/// `flower show`: where a flow comes from, when it runs, and its tasks as a tree.
struct FlowView {
    let detail: FlowDetail
    let schedules: [ScheduleRow]
    let time: TimeText

    var flow: Flow { detail.flow }

    init(_ detail: FlowDetail, _ schedules: [ScheduleRow], _ time: TimeText) {
        self.detail = detail
        self.schedules = schedules
        self.time = time
    }

    func rendered(width: Int?, colour: Bool) -> String {
        let outputs = table("OUTPUT", flow.outputs)
        let parts = [
            parameterTable, environmentTable, scheduleTable, rulesTable, taskTable, outputs,
        ]
        return facts.rendered(width: width, colour: colour)
            + parts.compactMap { $0 }
            .map { "\n" + $0.rendered(width: width, colour: colour) }.joined()
    }

    private var facts: Facts {
        var facts = Facts()
        facts.add("flow", flow.name)
        facts.add("about", flow.description)
        facts.add("file", detail.sourcePath)
        facts.add("applied", "\(time.stamp(detail.appliedAt)), \(time.ago(detail.appliedAt))")
        facts.add("edited", detail.editedAt.map { "\(time.stamp($0)), with SQL" }, .active)
        facts.add("paused", detail.pause.map { PauseText.text($0, time) }, .active)
        facts.add("expected", expected, detail.lateAt == nil ? .plain : .bad)
        facts.add("folder", flow.workingDirectory)
        facts.add("shell", shell)
        facts.add("overlap", overlap)
        facts.add("concurrency", flow.concurrency.map(String.init))
        for hook in flow.hooks {
            facts.add(
                hook.event.rawValue,
                hook.event == .notify
                    ? "mail to \(hook.addresses.joined(separator: ", "))"
                    : Self.text(of: hook.task.action)
            )
        }
        facts.add("priority", flow.priority == 0 ? nil : "\(flow.priority)")
        facts.add("run timeout", flow.runTimeout.map(DurationText.format))
        facts.add("kill grace", flow.killGrace.map(DurationText.format))
        facts.add("files", flow.environmentFiles.map(\.text).joined(separator: " "))
        facts.add("secrets", flow.secrets.joined(separator: " "))
        return facts
    }

    private var overlap: String {
        guard flow.overlap == .queue else { return flow.overlap.rawValue }
        return "queue, of which at most \(counted(flow.queueLimit, "run")) wait"
    }

    private var expected: String? {
        guard let expectation = flow.expectation else { return nil }
        var text = "a success every \(DurationText.format(expectation.every))"
        if let other = expectation.register { text += ", else \(other) is registered" }
        if let late = detail.lateAt { text += "; late since \(time.stamp(late))" }
        return text
    }

    private var shell: String? {
        let isUsed = flow.tasks.contains { if case .run = $0.action { true } else { false } }
        return isUsed ? ShellWord.joined(flow.shell) : nil
    }

    private var parameterTable: Table? { table("PARAMETER", flow.parameters.masking(flow.secrets)) }
    private var environmentTable: Table? {
        table("ENVIRONMENT", flow.environment.masking(flow.secrets))
    }

    private func table(_ title: String, _ variables: [Variable]) -> Table? {
        guard !variables.isEmpty else { return nil }
        var table = Table(columns: [.init(title: title), .init(title: "VALUE", isFree: true)])
        table.rows = variables.map { variable in
            let isPlain = Printable.line(variable.value) == variable.value
            return [
                .init(variable.name),
                .init(isPlain ? variable.value : ShellWord.shown(variable.value)),
            ]
        }
        return table
    }

    private var scheduleTable: Table? {
        guard !schedules.isEmpty else { return nil }
        var table = Table(columns: [
            .init(title: "SCHEDULE"), .init(title: "ZONE", dispensable: 2), .init(title: "NEXT"),
            .init(title: "LEFT", dispensable: 1), .init(title: "MEANS", isFree: true),
        ])
        table.rows = schedules.map { row in
            [
                .init(row.cron), .init(row.zone ?? "-"), SchedulesView.next(row.next, time),
                .init(time.left(until: row.nextAt)), .init(row.meaning ?? "-"),
            ]
        }
        return table
    }

    /// What a schedule says beyond when it is due.
    private var rulesTable: Table? {
        guard !schedules.isEmpty else { return nil }
        var table = Table(columns: [
            .init(title: "SCHEDULE"), .init(title: "CATCHUP"),
            .init(title: "WINDOW", dispensable: 1),
            .init(title: "DEADLINE", dispensable: 2), .init(title: "JITTER", dispensable: 3),
            .init(title: "START", dispensable: 5), .init(title: "PARAMETERS", dispensable: 4),
            .init(title: "EXCEPT", isFree: true),
        ])
        table.rows = schedules.map { row in
            let timing = row.timing
            let exceptions = timing.exceptions.map(\.text)
            return [
                .init(row.cron), .init(timing.catchUp.rawValue),
                .init(timing.catchUpWindow.map(DurationText.format) ?? "1d, or to the next"),
                .init(timing.deadline.map(DurationText.format) ?? "-"),
                .init(timing.jitter == .zero ? "-" : DurationText.format(timing.jitter)),
                .stamp(row.startAt, time),
                .init(row.parameters.isEmpty ? "-" : RunsView.parameters(row.parameters)),
                .init(exceptions.isEmpty ? "-" : exceptions.joined(separator: ", ")),
            ]
        }
        let faults = SchedulesView.faults(schedules).drop { $0 == "\n" }
        table.footer = faults.isEmpty ? nil : String(faults)
        return table
    }

    private var taskTable: Table {
        var table = Table(columns: [
            .init(title: "TASK"), .init(title: "NEEDS", dispensable: 1),
            .init(title: "LIMITS", dispensable: 2),
            .init(title: "DOES", isFree: true),
        ])
        let places = Dictionary(flow.tasks.enumerated().map { ($1.name, $0) }) { first, _ in first }
        // A need that names nothing can only come from a change in SQL; the row tells it.
        let needs = flow.tasks.map { $0.needs.compactMap { places[$0] } }
        table.rows = TaskTree.lines(needs: needs).map { line in
            let task = flow.tasks[line.position]
            let isPlain = !line.hidesNeeds && needs[line.position].count == task.needs.count
            return [
                .init(line.prefix + task.name),
                .init(isPlain ? "" : TaskTree.needsText(task.needs)), .init(limits(task)),
                .init(Self.text(of: task.action)),
            ]
        }
        table.footer = counted(flow.tasks.count, "task") + "."
        return table
    }

    private func limits(_ task: TaskSpec) -> String {
        var parts: [String] = []
        if let timeout = task.timeout { parts.append("timeout \(DurationText.format(timeout))") }
        if task.retries.limit > 0 {
            let count = task.retries.limit
            let noun = count == 1 ? "1 retry" : "\(count) retries"
            parts.append("\(noun) from \(DurationText.format(task.retries.delay))")
        }
        if let priority = task.priority { parts.append("priority \(priority)") }
        parts += controls(task)
        if let when = task.traits.when { parts.append("when \(when.text)") }
        switch task.traits.forEach {
        case .texts(let items): parts.append("for each of \(counted(items.count, "item"))")
        case .template(let text): parts.append("for each of \(text)")
        case nil: break
        }
        return parts.joined(separator: ", ")
    }

    /// The first line of what a task does; `…` where more follow.
    static func text(of action: TaskAction) -> String {
        switch action {
        case .run(let text):
            let lines = Printable.lines(text).filter { !$0.isEmpty }
            return (lines.first ?? "") + (lines.count > 1 ? " …" : "")
        case .exec(let words): return ShellWord.joined(words)
        case .component(let name, _): return "component \(name)"
        case .flow(let name, _): return "flow \(name)"
        }
    }
}
