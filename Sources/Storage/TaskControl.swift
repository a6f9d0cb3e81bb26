import Flows
import Synchronization

/// `task.control`: what most tasks have nothing of, as one JSON object, so that the others pay for one
/// empty column and not for six: every change of a task's state reads and writes its whole row.
struct TaskControl: Sendable, Codable, Equatable {
    var retryJitter: Double?
    var retryJitterMilliseconds: Int64?
    var retryOn: RetryCauses?
    var killGraceMilliseconds: Int64?
    var environmentFiles: [String]?
    var isolate: Int?

    private enum CodingKeys: String, CodingKey {
        case retryJitter = "retry_jitter"
        case retryJitterMilliseconds = "retry_jitter_ms"
        case retryOn = "retry_on"
        case killGraceMilliseconds = "kill_grace_ms"
        case environmentFiles = "environment_files"
        case isolate
    }

    static let plain = TaskControl()

    var jitter: RetryJitter {
        RetryJitter(fraction: retryJitter ?? 0, span: retryJitterMilliseconds ?? 0)
    }

    var killGrace: Duration { killGraceMilliseconds.map { .stored($0) } ?? Limit.killGrace }

    var files: [VariableFile] { environmentFiles?.map { VariableFile(text: $0) } ?? [] }

    var isIsolated: Bool { (isolate ?? 0) != 0 }

    /// The column, of the rows `t` of `flow_task` and `f` of `flow`.
    static let sql = """
        CASE WHEN t.isolate = 0 AND t.environment_files IS NULL AND t.kill_grace_ms IS NULL
            AND f.kill_grace_ms IS NULL AND (t.retry_limit = 0 OR (t.retry_on IS NULL
            AND t.retry_jitter = 0 AND t.retry_jitter_ms = 0))
          THEN NULL
          ELSE json_object('retry_jitter', t.retry_jitter, 'retry_jitter_ms', t.retry_jitter_ms,
            'retry_on', json(t.retry_on), 'isolate', t.isolate,
            'kill_grace_ms', coalesce(t.kill_grace_ms, f.kill_grace_ms),
            'environment_files', json(t.environment_files)) END
        """
}
