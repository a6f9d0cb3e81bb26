import Flows
import GRDB

/// The columns of `Schema.control` ⇄ the flow model.
extension Store {
    /// Of `flow_task`, from `retry_jitter` on.
    static func storedControl(_ task: TaskSpec) throws -> StatementArguments {
        let retries = task.retries
        return [
            retries.jitter.fraction, retries.jitter.span.milliseconds,
            try retries.causes == .all ? nil : encode(retries.causes),
            task.killGrace?.milliseconds, try stored(task.pools), task.hold,
            try stored(task.environmentFiles), task.isIsolated,
        ]
    }

    static func stored(_ files: [VariableFile]) throws -> String? {
        try files.isEmpty ? nil : encode(files.map(\.text))
    }

    static func decodeFiles(_ text: String) throws -> [VariableFile] {
        try decode([String].self, text).map { VariableFile(text: $0) }
    }

    static func decodeCauses(_ text: String) throws -> RetryCauses {
        try decode(RetryCauses.self, text)
    }

    /// The names whose values are not shown, of a row of `flow` or `run`.
    static func secrets(_ row: Row) throws -> Set<String> {
        guard let text = row["secrets"] as String? else { return [] }
        return Set(try decode([String].self, text))
    }

    /// Texts that are not shown, of a row of `run`.
    static func carried(_ row: Row) throws -> [String] {
        try (row["carried"] as String?).map { try decode([String].self, $0) } ?? []
    }

    /// `{"disk":1,"gpu":2}`: by name, so that equal demands are one lane.
    static func stored(_ pools: [PoolDemand]) throws -> String? {
        guard !pools.isEmpty else { return nil }
        return try encode(Dictionary(pools.map { ($0.pool, $0.slots) }) { first, _ in first })
    }

    static func decodePools(_ text: String) throws -> [PoolDemand] {
        let pools = try decode([String: Int].self, text).sorted { $0.key < $1.key }
            .map { PoolDemand($0.key, $0.value) }
        if let wrong = pools.first(where: { !(1...Limit.poolSlots).contains($0.slots) }) {
            throw StorageError(
                .badInput,
                "the database has a task that takes \(wrong.slots) slots of pool '\(wrong.pool)'",
                hint: "mend it with SQL, or apply its flow file again"
            )
        }
        return pools
    }
}

extension RetryJitter {
    init(fraction: Double, span: Int64) {
        self = span > 0 ? .span(.stored(span)) : .fraction(fraction)
    }

    package var fraction: Double { if case .fraction(let fraction) = self { fraction } else { 0 } }

    package var span: Duration { if case .span(let span) = self { span } else { .zero } }
}
