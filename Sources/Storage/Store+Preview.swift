import Cron
import Flows
import GRDB

extension Store {
    /// The claim that a runner would get for a task, were its flow registered now. Writes nothing.
    ///
    /// - Throws: `StorageError.notFound` (flow or task), `.badInput` (no such parameter, or a
    ///   master spoilt with SQL).
    package func preview(
        task name: String,
        of flowName: String,
        parameters: [Variable],
        hostZone: String,
        at now: Instant
    ) throws -> Claim {
        try read { db in
            let row = try Self.liveFlow(db, named: flowName)
            let flow = try Self.loadFlow(db, id: row["id"])
            guard let task = flow.tasks.first(where: { $0.name == name }) else {
                throw StorageError(
                    .notFound,
                    "flow '\(flowName)' has no task '\(name)'",
                    hint: didYouMean(name, among: flow.tasks.map(\.name))
                        ?? "flower show \(flowName) shows its tasks"
                )
            }
            let values = try Self.parameters(db, flow: row["id"], overriddenBy: [parameters])
            let sequence = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'run'"
            let run = RunContext(
                runID: try Int64.fetchOne(db, sql: sequence).map { $0 + 1 } ?? 1,
                flow: flow.name,
                instance: instance,
                dueAt: nil,
                registeredAt: now,
                timezone: try Self.recordedZone(db) ?? hostZone,
                parameters: values.sorted { $0.name < $1.name },
                environment: flow.environment.sorted { $0.name < $1.name },
                workingDirectory: flow.workingDirectory,
                shell: flow.shell,
                environmentFiles: flow.environmentFiles,
                secrets: Set(flow.secrets)
            )
            return Claim(
                taskID: 0,
                attempt: 1,
                run: run,
                name: task.name,
                item: 0,
                action: task.action,
                environment: task.environment.sorted { $0.name < $1.name },
                timeout: task.timeout,
                retries: task.retries,
                retryBase: 0,
                environmentFiles: task.environmentFiles,
                isIsolated: task.isIsolated,
                given: Claim.Given(values: Self.unknown(in: task))
            )
        }
    }

    /// What only a run can tell stands for itself.
    private static func unknown(in task: TaskSpec) -> [String: String] {
        var values: [String: String] = task.traits.forEach == nil ? [:] : ["item": "${item}"]
        for text in task.texts where TaskPlace.mayStand(in: text) {
            // A text that cannot be read is told of where it is filled.
            for name in (try? Template(text))?.names ?? [] { values[name] = "${\(name)}" }
        }
        return values.filter { $0.key == "item" || TaskPlace.isMeant(by: $0.key) }
    }
}
