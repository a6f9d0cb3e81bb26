import Components
import Cron
import Flows
import Storage
import TestSupport
import Testing

@testable import Execution

/// A runner on a real database in a temporary folder.
final class RunnerHarness {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try .withState()
        store = try Store.open(folder.state, create: true)
    }

    /// Applies a flow of these tasks and registers a run of it.
    @discardableResult
    func register(
        _ tasks: [TaskSpec],
        flow name: String = "flow",
        concurrency: Int? = nil,
        _ change: (inout Flow) -> Void = { _ in }
    ) throws -> Int64 {
        var flow = Flow(
            name: name,
            concurrency: concurrency,
            workingDirectory: folder.path,
            tasks: tasks
        )
        change(&flow)
        let source = FlowSource(path: "/flows/\(name).yaml", digest: "1", flows: [flow])
        _ = try store.apply([source], by: "test", at: .now)
        let request = RegisterRequest(flow: name, isForced: true, hostZone: "UTC")
        return try store.register(request, by: "test", at: .now).runID
    }

    func runner(
        workers: Int = 4,
        _ change: (inout Runner.Options) -> Void = { _ in },
        registry: ComponentRegistry = .builtIn
    ) throws -> Runner {
        var options = Runner.Options()
        options.workers = workers
        options.linger = .zero
        change(&options)
        return try Runner(store, options: options, registry: registry)
    }

    /// By name; an item's is `each[1]`.
    func tasks(ofRun run: Int64) throws -> [String: TaskDetail] {
        let tasks = try store.run(run).tasks
        return Dictionary(
            uniqueKeysWithValues: tasks.map {
                ("\(TaskName($0.name, item: $0.item == 0 ? nil : $0.item))", $0)
            }
        )
    }

    func task(_ name: String, ofRun run: Int64) throws -> TaskDetail {
        try #require(try tasks(ofRun: run)[name])
    }

    /// The kept tail of a task's first attempt.
    func tail(_ name: String = "a", ofRun run: Int64 = 1) throws -> String {
        let id = try task(name, ofRun: run).id
        return String(decoding: try store.tail(ofTask: id, attempt: 1), as: UTF8.self)
    }

    func lines(ofRun run: Int64, task: String? = nil) throws -> [String] {
        var lines: [String] = []
        try LogReader(folder.state, LogQuery(run: run, task: task)).readNew {
            lines.append(String(decoding: $0.text, as: UTF8.self))
        }
        return lines
    }
}

extension TaskSpec {
    static func run(
        _ name: String,
        _ text: String,
        needs: [String] = [],
        timeout: Duration? = nil,
        retries: RetryPolicy = .none
    ) -> TaskSpec {
        TaskSpec(
            name: name,
            needs: needs,
            action: .run(text),
            timeout: timeout,
            retries: retries
        )
    }

    static func component(
        _ name: String,
        _ component: String,
        _ with: [String: JSONValue] = [:],
        timeout: Duration? = nil
    ) -> TaskSpec {
        TaskSpec(
            name: name,
            action: .component(name: component, with: .object(with)),
            timeout: timeout
        )
    }
}
