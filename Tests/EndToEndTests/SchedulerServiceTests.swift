import Foundation
import Testing

extension EndToEnd {
    /// `flower scheduler` as a service: its folder of flow files, and `--run` as a container's command.
    @Suite struct SchedulerServiceTests {
        /// Comes due each second, and tells the channel `tasks` of each run.
        private static let often = """
            flow: often
            schedules: [{cron: "* * * * * *"}]
            overlap: allow
            working_directory: ..
            tasks: {only: {run: 'echo "$FLOWER_RUN" > tasks'}}
            """

        /// Tells its pid, waits for a word, and is tried again once.
        private static let long = """
            flow: long
            schedules: [{cron: "* * * * * *"}]
            working_directory: ..
            tasks:
              only:
                retries: {limit: 1, delay: 10ms}
                run: |
                  echo "$$ $FLOWER_ATTEMPT" > tasks
                  read -r word < go
            """

        private final class Scene {
            let sandbox: Sandbox
            let news: Channel
            let tasks: Channel
            let go: Channel

            init() throws {
                sandbox = try Sandbox()
                try FileManager.default.createDirectory(
                    atPath: sandbox.path + "/flows",
                    withIntermediateDirectories: false
                )
                news = try sandbox.channel("news")
                tasks = try sandbox.channel("tasks")
                go = try sandbox.channel("go")
            }

            func start(_ more: String..., before: [String] = []) throws -> Program {
                try sandbox.start(
                    before + [Sandbox.flower, "scheduler", "--schedules", "flows"] + more,
                    output: news
                )
            }

            /// Processes whose parent is `pid`, with their states (proc(5)).
            func children(of pid: pid_t) -> [(pid: pid_t, state: String)] {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
                return names.compactMap { pid_t($0) }.compactMap { child in
                    let stat = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
                    let fields = stat?.split(separator: ")").last?.split(separator: " ") ?? []
                    guard fields.count > 2, pid_t(fields[1]) == pid else { return nil }
                    return (child, String(fields[0]))
                }
            }

            func until(_ condition: () async throws -> Bool) async throws {
                let deadline = DispatchTime.now() + .seconds(Program.patience)
                while try await !condition() {
                    try #require(DispatchTime.now() < deadline)
                    sched_yield()
                }
            }
        }

        @Test func `files are applied as they come, are mended and go`() async throws {
            let scene = try Scene()
            let scheduler = try scene.start()
            try scene.sandbox.write("flow: often\ntask: {}\n", to: "flows/often.yaml")
            #expect(try await scene.news.line(with: "refused").hasSuffix("often.yaml is refused:"))
            #expect(try await scene.news.line(with: "hint: did you mean 'tasks'?") != "")
            let table = try await scene.sandbox.succeed("flows")
            #expect(table.contains("often.yaml is refused:\n    "), "\(table)")
            #expect(table.hasSuffix("        hint: did you mean 'tasks'?\n"), "\(table)")
            try scene.sandbox.write(Self.often, to: "flows/often.yaml")
            _ = try await scene.news.line(with: "flow 'often' added")
            _ = try await scene.news.line(with: "run 1 of flow 'often' registered")
            scheduler.signal(SIGHUP)
            _ = try await scene.news.line(with: "(SIGHUP)")
            _ = try await scene.news.line(with: "run 2 of flow 'often' registered")
            unlink(scene.sandbox.path + "/flows/often.yaml")
            _ = try await scene.news.line(with: "flow 'often' removed")
            #expect(try await scene.sandbox.succeed("flows").contains("0 flows listed."))
            scheduler.signal(SIGTERM)
            #expect(try await scheduler.ended().code == 0)
        }

        /// The file alone has no fault: what is wrong is told by what the scheduler has said.
        @Test func `of a flow that two files declare the refusal is shown where files are listed`()
            async throws
        {
            let scene = try Scene()
            try scene.sandbox.write(Self.often, to: "flows/a.yaml")
            let scheduler = try scene.start()
            _ = try await scene.news.line(with: "flow 'often' added")
            try scene.sandbox.write(Self.often, to: "flows/b.yaml")
            #expect(try await scene.news.line(with: "refused").hasSuffix("b.yaml is refused:"))
            let said = try await scene.news.line(with: "a second time")
            let table = try await scene.sandbox.succeed("flows")
            #expect(table.contains("b.yaml is refused:\n    "), "\(table)")
            #expect(table.contains(said), "\(said): \(table)")
            #expect(said.contains("a.yaml"), "\(said)")
            let alone = try await scene.sandbox.succeed("validate", "flows/b.yaml")
            #expect(alone.hasSuffix("no faults\n"))
            scheduler.signal(SIGTERM)
            #expect(try await scheduler.ended().code == 0)
        }

        @Test func `a file that chmod mends, and a folder that is switched, are applied`()
            async throws
        {
            let scene = try Scene()
            try scene.sandbox.write(Self.often, to: "flows/often.yaml")
            chmod(scene.sandbox.path + "/flows/often.yaml", 0)
            rename(scene.sandbox.path + "/flows", scene.sandbox.path + "/v1")
            symlink("v1", scene.sandbox.path + "/flows")
            let scheduler = try scene.start(before: Host.powerless)
            _ = try await scene.news.line(with: "is refused")
            chmod(scene.sandbox.path + "/v1/often.yaml", 0o644)
            _ = try await scene.news.line(with: "flow 'often' added")
            mkdir(scene.sandbox.path + "/v2", 0o755)
            try scene.sandbox.write(Self.often + "\ndescription: x\n", to: "v2/often.yaml")
            symlink("v2", scene.sandbox.path + "/flows.new")
            rename(scene.sandbox.path + "/flows.new", scene.sandbox.path + "/flows")
            _ = try await scene.news.line(with: "flow 'often' changed")
            scheduler.signal(SIGTERM)
            #expect(try await scheduler.ended().code == 0)
        }

        /// Every event but a change of a flow file once began the wait for more of them anew.
        @Test func `a file is applied though nothing around it is ever at rest`() async throws {
            let scene = try Scene()
            try scene.sandbox.write(Self.often, to: "flows/often.yaml")
            let scheduler = try scene.start()
            _ = try await scene.news.line(with: "flow 'often' added")
            let noise = try scene.sandbox.start([
                "/bin/sh", "-c",
                "while :; do : > flows/output; : > '\(scene.sandbox.state)/wake'; done",
            ])
            try scene.sandbox.write(Self.often + "\ndescription: x\n", to: "flows/often.yaml")
            _ = try await scene.news.line(with: "flow 'often' changed")
            noise.signal(SIGKILL)
            _ = try await noise.ended()
            scheduler.signal(SIGTERM)
            #expect(try await scheduler.ended().code == 0)
        }

        @Test func `a folder that was named and is not there is told at once`() async throws {
            let sandbox = try Sandbox()
            let ending = try await sandbox.flower("scheduler", "--schedules", "nowhere")
            #expect(ending.code == 66)
            #expect(ending.errors.contains("there is no folder nowhere"))
            let alone = try await sandbox.flower("scheduler", "--workers", "3")
            #expect(alone.code == 64)
            #expect(alone.errors.contains("--workers does nothing without --run"))
            let drain = try await sandbox.flower("scheduler", "--drain", "3s")
            #expect(drain.code == 64)
            #expect(drain.errors.contains("--drain does nothing without --run"))
        }

        @Test func `with --run one command schedules and runs, and ends in order`() async throws {
            let scene = try Scene()
            try scene.sandbox.write(Self.often, to: "flows/often.yaml")
            let scheduler = try scene.start("--run", "--workers", "2")
            for run in 1...3 { #expect(try await scene.tasks.line() == "\(run)") }
            scheduler.signal(SIGTERM)
            #expect(try await scheduler.ended().code == 0)
            let left = "SELECT count(*) FROM task WHERE status = 1"
            #expect(try await scene.sandbox.sqlite(left) == "0")
            let runners = "SELECT count(*) FROM runner WHERE ended_at_ms IS NULL"
            #expect(try await scene.sandbox.sqlite(runners) == "0")
            #expect(try await scene.sandbox.sqlite("SELECT DISTINCT workers FROM runner") == "2")
        }

        @Test func `SIGTERM lets a task of --run end, and a second one ends it`() async throws {
            for isPatient in [true, false] {
                let scene = try Scene()
                try scene.sandbox.write(Self.long, to: "flows/long.yaml")
                let scheduler = try scene.start("--run")
                _ = try await scene.tasks.line()
                scheduler.signal(SIGTERM)
                _ = try await scene.news.line(with: "stopping when the tasks that run have ended")
                #expect(scheduler.isRunning)
                if isPatient { try scene.go.send("go") } else { scheduler.signal(SIGTERM) }
                #expect(try await scheduler.ended().code == 0)
                let outcome = try await scene.sandbox.sqlite("SELECT outcome FROM attempt")
                #expect(outcome == (isPatient ? "succeeded" : "cancelled"))
            }
        }

        /// docker-stop(1) sends TERM, and KILL after 10 s.
        @Test(arguments: [false, true])
        func `with --drain all has ended and is recorded before a container is killed`(
            isInit: Bool
        ) async throws {
            guard !isInit || Host.canMount else { return }
            let scene = try Scene()
            let flow = """
                flow: stubborn
                schedules: [{cron: "* * * * * *"}]
                working_directory: ..
                kill_grace: 30s
                tasks:
                  only:
                    run: |
                      trap 'echo told > tasks' TERM
                      env -i setsid sh -c 'trap "" TERM; while :; do sleep 0.1; done' &
                      echo begun > tasks
                      while :; do sleep 0.1; done
                  beside: {component: sleep, with: {duration: 1h}}
                """
            try scene.sandbox.write(flow, to: "flows/stubborn.yaml")
            let space = ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
            let outer = try scene.start("--run", "--drain", "500ms", before: isInit ? space : [])
            #expect(try await scene.tasks.line() == "begun")
            let scheduler = isInit ? scene.children(of: outer.pid).first?.pid : outer.pid
            kill(try #require(scheduler), SIGTERM)
            #expect(try await scene.tasks.line() == "told")
            #expect(try await outer.ended(within: 10).code == 0)
            let outcomes = "SELECT group_concat(DISTINCT outcome) FROM attempt"
            #expect(try await scene.sandbox.sqlite(outcomes) == "cancelled")
            let open =
                "SELECT (SELECT count(*) FROM task WHERE status = 1)"
                + " + (SELECT count(*) FROM runner WHERE ended_at_ms IS NULL)"
            #expect(try await scene.sandbox.sqlite(open) == "0")
        }

        @Test func `a runner of --run that is killed is followed by one that rescues`() async throws
        {
            let scene = try Scene()
            try scene.sandbox.write(Self.long, to: "flows/long.yaml")
            let scheduler = try scene.start("--run")
            #expect(try await scene.tasks.line().hasSuffix(" 1"))
            let runner = try #require(scene.children(of: scheduler.pid).first?.pid)
            kill(runner, SIGKILL)
            _ = try await scene.news.line(with: "the runner was ended by signal 9")
            #expect(try await scene.tasks.line().hasSuffix(" 2"))
            try scene.go.send("go")
            try await scene.until {
                try await scene.sandbox.status(1).state == "succeeded"
            }
            let attempts = try await scene.sandbox.status(1).task("only").attempts
            #expect(attempts.map(\.outcome) == ["interrupted", "succeeded"])
            scheduler.signal(SIGTERM)
            scheduler.signal(SIGTERM)
            #expect(try await scheduler.ended().code == 0)
        }

        /// What of them is left is told, in the same words everywhere, until somebody takes it over.
        @Test func `that scheduler and runner were killed is told by whoever looks`() async throws {
            let scene = try Scene()
            let sandbox = scene.sandbox
            try sandbox.write(Self.long, to: "flows/long.yaml")
            let scheduler = try scene.start("--run")
            #expect(try await scene.tasks.line().hasSuffix(" 1"))
            #expect(try await !sandbox.succeed("status", "1").contains("trouble"))
            let runner = try #require(scene.children(of: scheduler.pid).first?.pid)
            kill(scheduler.pid, SIGKILL)
            kill(runner, SIGKILL)
            _ = try await scheduler.ended()
            try await scene.until { kill(runner, 0) != 0 || Self.isZombie(runner) }
            let dead = "its runner is dead: the next flower run takes it over"
            try await scene.until { try await sandbox.succeed("status", "1").contains(dead) }
            #expect(try await sandbox.succeed("runs").contains("run 1: \(dead)"))
            #expect(try await sandbox.succeed("runs", "-o", "json").contains("\"\(dead)\""))
            let nobody = "no scheduler is alive: due times are not registered"
            for list in ["schedules", "next", "flows", "fires"] {
                #expect(try await sandbox.succeed(list).contains(nobody), "\(list)")
            }
            let said = try sandbox.channel("said")
            let follower = try sandbox.start(
                ["/bin/sh", "-c", "exec \"$0\" logs 1 -f 2>&1", Sandbox.flower],
                output: said
            )
            #expect(try await said.line(with: "run 1: ") == "flower: run 1: \(dead)")
            let again = try scene.start("--run")
            #expect(try await scene.tasks.line().hasSuffix(" 2"))
            #expect(try await !sandbox.succeed("status", "1").contains("trouble"))
            #expect(try await !sandbox.succeed("schedules").contains(nobody))
            try scene.go.send("go")
            _ = try await follower.ended()
            again.signal(SIGTERM)
            again.signal(SIGTERM)
            #expect(try await again.ended().code == 0)
        }

        /// It had only an eye for its own.
        @Test func `what a runner of somebody else's leaves that is killed is taken over by --run`()
            async throws
        {
            let scene = try Scene()
            let sandbox = scene.sandbox
            let flow = Self.long.split(separator: "\n").filter { !$0.hasPrefix("schedules") }
            try sandbox.write(flow.joined(separator: "\n") + "\n", to: "flows/long.yaml")
            let scheduler = try scene.start("--run")
            _ = try await scene.news.line(with: "flow 'long' added")
            try await scene.until { scene.children(of: scheduler.pid).isEmpty }
            // So that it does not take the task itself.
            scheduler.signal(SIGSTOP)
            try await sandbox.succeed("register", "long")
            let other = try sandbox.startFlower("run")
            #expect(try await scene.tasks.line(within: 40).hasSuffix(" 1"))
            scheduler.signal(SIGCONT)
            other.signal(SIGKILL)
            _ = try await other.ended()
            #expect(try await scene.tasks.line(within: 40).hasSuffix(" 2"))
            try scene.go.send("go")
            try await scene.until { try await sandbox.status(1).state == "succeeded" }
            scheduler.signal(SIGTERM)
            #expect(try await scheduler.ended().code == 0)
        }

        private static func isZombie(_ pid: pid_t) -> Bool {
            let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            return stat?.contains(") Z ") ?? true
        }

        /// In a PID namespace of its own, as in a container.
        @Test(.enabled(if: Host.canMount))
        func `as process 1 it waits for strangers that are left to it`() async throws {
            let scene = try Scene()
            try scene.sandbox.write(Self.often, to: "flows/often.yaml")
            // Left by its parent, it is the scheduler's child, and ends when that is long gone.
            let stranger = "setsid -f sh -c 'read -r word < go' > news 2>&1; exec \"$@\""
            let before = [
                "/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                "/bin/sh", "-c", stranger, "sh",
            ]
            let outer = try scene.start("--run", before: before)
            #expect(try await scene.tasks.line() == "1")
            let scheduler = try #require(scene.children(of: outer.pid).first?.pid)
            unlink(scene.sandbox.path + "/flows/often.yaml")
            _ = try await scene.news.line(with: "removed")
            var orphan: pid_t?
            try await scene.until {
                orphan = scene.children(of: scheduler).map(\.pid).first(where: Self.isShell)
                return orphan != nil
            }
            try scene.go.send("go")
            // A zombie would stay in /proc until somebody waits for it.
            try await scene.until { kill(try #require(orphan), 0) != 0 }
            kill(scheduler, SIGTERM)
            #expect(try await outer.ended().code == 0)
        }

        private static func isShell(_ pid: pid_t) -> Bool {
            let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
            return name == "sh\n"
        }
    }
}
