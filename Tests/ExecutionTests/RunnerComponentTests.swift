import Components
import Cron
import Flows
import Glibc
import Storage
import Testing

@testable import Execution

extension RunnerTests {
    /// Swift code as tasks, in the runner's own process.
    @Suite struct ComponentTasks {
        private let harness: RunnerHarness

        init() throws { harness = try RunnerHarness() }

        struct Boom: Component, CustomStringConvertible, Error {
            static let name = "boom"
            var description: String { "the boiler burst" }

            func run(in context: ComponentContext) async throws {
                context.print("about to fail\nsoon")
                throw self
            }
        }

        /// Does not return, whatever it is asked, until a file is there.
        struct Stubborn: Component {
            static let name = "stubborn"
            let file: String

            func run(in context: ComponentContext) async throws {
                context.print("run \(context.run) of \(context.flow)")
                while access(file, F_OK) != 0 { await Task.yield() }
            }
        }

        private var registry: ComponentRegistry {
            var registry = ComponentRegistry.builtIn
            registry.add(Boom.self)
            registry.add(Stubborn.self)
            return registry
        }

        private func outcome(_ task: TaskSpec) throws -> AttemptDetail {
            let run = try harness.register([task])
            _ = try harness.runner(registry: registry).run()
            return try #require(try harness.task(task.name, ofRun: run).attempts.first)
        }

        @Test func `its lines are kept like a process's`() throws {
            let attempt = try outcome(.component("a", "echo", ["text": .string("hello")]))
            #expect(try attempt.outcome == "succeeded" && harness.tail() == "hello\n")
            #expect(attempt.lines == 1 && attempt.pid == nil)
            #expect(attempt.sink?.hasSuffix("a.1.log") == true)
        }

        @Test func `what it throws is its tail`() throws {
            let attempt = try outcome(.component("a", "boom"))
            #expect(attempt.outcome == "failed" && attempt.exitCode == 1 && attempt.lines == 3)
            #expect(try harness.tail() == "about to fail\nsoon\nthe boiler burst\n")
        }

        @Test func `one that is not there says so`() throws {
            let attempt = try outcome(.component("a", "ecko"))
            #expect(attempt.outcome == "not-started")
            #expect(attempt.note == "this flower has no component 'ecko'; did you mean 'echo'?")
        }

        @Test func `its time-out cancels it`() throws {
            let attempt = try outcome(
                .component("a", "sleep", ["duration": .string("1h")], timeout: .milliseconds(50))
            )
            #expect(attempt.outcome == "timed-out")
        }

        @Test func `places of its arguments are filled`() throws {
            _ = try outcome(
                .component("a", "echo", ["text": .string("run ${run.id} on ${due.date}")])
            )
            #expect(try harness.tail().hasPrefix("run 1 on 20"))
        }

        @Test func `thousands run once each and keep nothing open`() throws {
            let tasks = (0..<2_000).map { TaskSpec.component("t\($0)", "noop") }
            let run = try harness.register(tasks)
            let ending = try harness.runner(workers: 8).run()
            #expect(ending.launchedTasks == 2_000 && ending.failedTasks == 0)
            let details = try harness.store.run(run).tasks
            #expect(details.allSatisfy { $0.state == .succeeded && $0.attempts.count == 1 })
        }

        @Test func `long ones do not hold up short ones`() throws {
            // The long one waits for the process that needs all the short ones.
            let file = "\(harness.folder.path)/done"
            let short = (0..<50).map { TaskSpec.component("s\($0)", "noop") }
            let run = try harness.register(
                [.component("long", "stubborn", ["file": .string(file)])] + short
                    + [.run("mark", ": > done", needs: short.map(\.name))]
            )
            let ending = try harness.runner(workers: 2, registry: registry).run()
            #expect(ending.failedTasks == 0)
            #expect(try harness.store.state(ofRun: run) == .succeeded)
        }

        @Test func `asked twice to stop it is cancelled`() throws {
            let run = try harness.register([
                .component("a", "sleep", ["duration": .string("1h")]),
                .run("b", "kill -TERM $PPID; kill -INT $PPID"),
            ])
            let ending = try harness.runner(registry: registry).run()
            #expect(ending.isStopped)
            #expect(try harness.task("a", ofRun: run).state == .cancelled)
        }
    }
}
