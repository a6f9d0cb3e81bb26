import Cron
import Flows
import Glibc
import Storage
import Synchronization
import Testing

@testable import Execution

extension RunnerTests {
    /// What a runner is to look for though nobody tells it, and what it tells others.
    ///
    /// Each waited for the next look of a minute, or for ever: the deadlines are far below that.
    @Suite struct Alarms {
        private let harness: RunnerHarness
        private static let patience: Duration = .seconds(40)
        /// Ends when somebody makes `done`, or else fails in time.
        private static let long = TaskSpec.run(
            "long",
            ": > begun; while [ ! -e done ]; do sleep 0.01; done",
            timeout: patience
        )

        init() throws { harness = try RunnerHarness() }

        private func file(_ name: String) -> String { "\(harness.folder.path)/\(name)" }

        /// Runs `runner` here, and beside it `deed` once the long task has begun; then ends that.
        private func run(_ runner: Runner, beside deed: @escaping @Sendable () -> Bool) throws
            -> Bool
        {
            let (begun, done) = (file("begun"), file("done"))
            let outcome = Outcome()
            let deadline = MonotonicTime.now + Self.patience
            let person = try WorkerThread(name: "person") {
                while access(begun, F_OK) != 0, MonotonicTime.now < deadline { sched_yield() }
                outcome.isGood.withLock { $0 = deed() }
                close(open(done, O_CREAT | O_WRONLY, 0o600))
            }
            _ = try runner.run()
            person.join()
            return outcome.isGood.withLock { $0 }
        }

        private final class Outcome: Sendable {
            let isGood = Mutex(false)
        }

        /// Whether somebody is woken before the deadline, from now on.
        private static func seesWake(_ folder: StateFolder) -> Bool {
            guard let watch = try? FolderWatch(folder.path) else { return false }
            let deadline = MonotonicTime.now + patience
            while MonotonicTime.now < deadline {
                var entry = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
                poll(&entry, 1, 1_000)
                if watch.take().names.contains(folder.wakeName) { return true }
            }
            return false
        }

        @Test func `a retry that comes due while every slot is taken wakes others`() throws {
            let retries = RetryPolicy(limit: 1, delay: .milliseconds(1_500))
            let run = try harness.register([
                .run("first", "[ \"$FLOWER_ATTEMPT\" = 2 ]", retries: retries), Self.long,
            ])
            let folder = harness.folder.state
            let isWoken = try self.run(harness.runner(workers: 1)) { Self.seesWake(folder) }
            #expect(isWoken)
            #expect(try harness.store.state(ofRun: run) == .succeeded)
        }

        /// The one that goes on has a free slot by then, or wakes somebody who has.
        @Test func `a runner that ends tells one that goes on of the retries it leaves`() throws {
            try harness.register([Self.long], flow: "long")
            let (store, path) = (harness.store, harness.folder.path)
            let isWoken = try run(harness.runner(workers: 1)) {
                let retries = RetryPolicy(limit: 1, delay: .milliseconds(2_000))
                let task = TaskSpec.run("a", "[ \"$FLOWER_ATTEMPT\" = 2 ]", retries: retries)
                let flow = Flow(name: "flaky", workingDirectory: path, tasks: [task])
                let source = FlowSource(path: "/flows/flaky.yaml", digest: "1", flows: [flow])
                let request = RegisterRequest(flow: "flaky", hostZone: "UTC")
                var options = Runner.Options()
                options.linger = .zero
                guard (try? store.apply([source], by: "test", at: .now)) != nil,
                    (try? store.register(request, by: "test", at: .now)) != nil,
                    let other = try? Runner(store, options: options),
                    let ending = try? other.run(), ending.nextRetryAt != nil
                else { return false }
                unlink(store.folder.wakePath)
                return Self.seesWake(store.folder)
            }
            #expect(isWoken)
            #expect(try harness.runner { $0.waitsForRetries = true }.run().failedTasks == 0)
        }

        @Test func `what a runner leaves that dies is taken over by one that works`() throws {
            let left = try harness.register([.run("left", ": > done")], flow: "left")
            let victim = try Victim(harness.folder.state)
            var turn = Turn()
            turn.wanted = 1
            let identity = RunnerIdentity(id: victim.id, pid: 1, bootID: Machine.bootID, workers: 1)
            #expect(try harness.store.turn(turn, by: identity, at: .now).claims.count == 1)
            let run = try harness.register([Self.long], flow: "long")
            let begun = file("begun")
            let killer = try WorkerThread(name: "killer") {
                while access(begun, F_OK) != 0 { sched_yield() }
                victim.die()
            }
            _ = try harness.runner().run()
            killer.join()
            #expect(try harness.store.state(ofRun: left) == .succeeded)
            #expect(try harness.store.state(ofRun: run) == .succeeded)
        }

        /// Its file is closed when it dies.
        private final class Victim: Sendable {
            let id: Int64
            private let file: Mutex<RunnerFile?>

            init(_ folder: StateFolder) throws {
                let file = try RunnerFile(in: folder, workers: 1)
                id = file.id
                self.file = Mutex(file)
            }

            func die() { file.withLock { $0 = nil } }
        }
    }
}
