import Flows
import Foundation
import Glibc
import Storage
import Systemd
import Testing

@testable import Execution

extension RunnerTests {
    /// Promise 3: a database that refuses a commit stops claiming and nothing else.
    @Suite struct RefusedCommits {
        private let harness: RunnerHarness
        private var database: String { harness.store.folder.databasePath }

        init() throws { harness = try RunnerHarness() }

        /// From now on no task's state may change, until this is dropped.
        private func deny() -> String {
            "sqlite3 -cmd '.timeout 5000' \(database) \"CREATE TRIGGER deny"
                + " BEFORE UPDATE OF status ON task BEGIN SELECT RAISE(ABORT, 'denied'); END\""
        }

        private func runner(
            drain: Duration,
            _ notifier: FaultNotifier,
            workers: Int = 2
        ) throws -> Runner {
            var options = Runner.Options()
            options.workers = workers
            options.linger = .zero
            options.drain = drain
            return try Runner(harness.store, options: options, notifier: notifier)
        }

        private func allow() { _ = system("sqlite3 \(database) 'DROP TRIGGER deny'") }

        @Test func `what could not be committed is told again, and all goes on`() throws {
            let run = try harness.register([
                .run("a", deny()), .run("b", "echo b"), .run("c", "echo c", needs: ["a"]),
            ])
            let notifier = FaultNotifier { if $0 == 1 { allow() } }
            let ending = try runner(drain: .seconds(60), notifier).run()
            #expect(notifier.faults == 1 && ending.failedTasks == 0)
            let tasks = try harness.tasks(ofRun: run)
            #expect(tasks.values.allSatisfy { $0.state == .succeeded && $0.attempts.count == 1 })
        }

        @Test func `a claim that was refused is tried again, though nothing is to be told`() throws
        {
            let run = try harness.register([.run("a", "echo a")])
            _ = system(deny())
            let notifier = FaultNotifier { if $0 == 2 { allow() } }
            let ending = try runner(drain: .seconds(60), notifier).run()
            #expect(notifier.faults == 2 && ending.launchedTasks == 1)
            #expect(try harness.task("a", ofRun: run).state == .succeeded)
        }

        @Test
        func `beyond its limit the runner ends, but not before its tasks, and a rescue knows`()
            throws
        {
            let go = harness.folder.path + "/go"
            let run = try harness.register([
                .run("a", "\(deny()); exit 3"),
                .run("long", "until [ -e \(go) ]; do sleep 0.02; done"),
                .run("b", "echo b", needs: ["long"]),
            ])
            // The second try comes long after the limit, and still finds a task at work.
            let notifier = FaultNotifier { if $0 == 2 { _ = creat(go, 0o600) } }
            do {
                let runner = try runner(drain: .milliseconds(10), notifier)
                let error = #expect(throws: StorageError.self) { try runner.run() }
                #expect(error?.message.contains("denied") == true)
            }
            #expect(notifier.faults >= 2)
            #expect(try harness.task("a", ofRun: run).state == .running)
            allow()
            let ending = try harness.runner().run()
            #expect(ending.failedTasks == 1 && ending.launchedTasks == 1)
            let tasks = try harness.tasks(ofRun: run)
            #expect(tasks["a"]?.attempts.map(\.exitCode) == [3])
            #expect(tasks["long"]?.attempts.map(\.outcome) == ["succeeded"])
            #expect(tasks["b"]?.state == .succeeded)
        }

        @Test func `a component that runs keeps its runner too`() throws {
            let run = try harness.register([
                .run("a", deny()), .component("long", "sleep", ["duration": .string("3s")]),
            ])
            let notifier = FaultNotifier { if $0 == 2 { allow() } }
            _ = try runner(drain: .milliseconds(10), notifier).run()
            #expect(notifier.faults == 2)
            let tasks = try harness.tasks(ofRun: run)
            #expect(tasks.values.allSatisfy { $0.state == .succeeded && $0.attempts.count == 1 })
        }
    }

    /// Counts what it is told of commits that failed.
    private final class FaultNotifier: ServiceNotifier {
        private(set) var faults = 0
        private let heard: (Int) -> Void

        init(_ heard: @escaping (Int) -> Void) { self.heard = heard }

        var isHeard: Bool { true }

        func status(_ text: String) {
            guard text.hasPrefix("waiting for the database: ") else { return }
            faults += 1
            heard(faults)
        }
    }
}
