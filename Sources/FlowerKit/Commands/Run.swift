import ArgumentParser
import Execution
import Flows
import HostTime
import Scheduling
import Storage
import Systemd

struct RunCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run every task that is ready, then exit.",
        discussion: """
            Also those that become ready by it. The exit code is 1 where a task or a hook failed for \
            good. \
            Any number of runners may work on one state folder. The first SIGTERM or SIGINT lets \
            running tasks end, the second ends them, and then the exit code is 1; so does SIGQUIT. \
            SIGHUP, of a terminal that is closed, SIGPWR, SIGXCPU and timers' signals (SIGALRM, \
            SIGVTALRM, SIGPROF) count as a first one however often they come; SIGUSR1, SIGUSR2, SIGIO \
            and real-time signals do nothing. Tasks have every signal at its default. Where the \
            system has no room for a further process, or ulimit -n has none for its pipes, tasks \
            wait until others end; the soft limit is raised for the runner, and is as it was for \
            tasks.
            """
    )

    @Option(help: ArgumentHelp("Tasks at once.", valueName: "number"))
    var workers = Runner.Options().workers

    @Option(
        help: ArgumentHelp(
            "Stay for a fire that comes within this time (default: \(lingerText)).",
            valueName: "duration"
        ),
        transform: OptionValue.duration
    )
    var linger: Duration?

    private static let lingerText = DurationText.format(Runner.Options().linger)

    @Option(help: drainHelp, transform: OptionValue.duration)
    var drain: Duration?

    static let drainHelp = ArgumentHelp(
        "Once asked to stop, let tasks run on for so long (default: \(drainText)).",
        discussion: """
            Then they get TERM, and KILL after their kill_grace; where this option is given, an eighth \
            of its time later at most, or a second.
            """,
        valueName: "duration"
    )

    private static let drainText = DurationText.format(Runner.Options().drain)

    @Flag(help: "Stay until the retries that are still to come have been made.")
    var wait = false

    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard (1...RunnerLimit.workers).contains(workers) else {
            throw ValidationError("--workers takes a number from 1 to \(RunnerLimit.workers)")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        var options = session.runnerOptions
        options.workers = workers
        if let linger { options.linger = linger }
        if let drain { options.stop(after: drain) }
        options.waitsForRetries = wait
        return try Self.drain(state.choice, options, in: session)
    }

    static func drain(
        _ choice: StateChoice,
        _ options: Runner.Options,
        in session: Session
    ) throws -> ExitCode {
        let folder = choice.folder(session)
        var options = options
        // Before the database is opened: one that cannot be would leave the wake file there, and systemd
        // would start us again and again for it.
        options.announced = WakeFile(folder).take()
        options.isPatient = session.notifier.isHeard
        options.toJournal = Journal.isStandardOutput(session.environment["JOURNAL_STREAM"])
        let store = try Store.open(folder, create: true)
        session.keepOpen(store)
        let manager = session.notifier
        let runner = try Runner(
            store,
            options: options,
            registry: session.registry,
            notifier: manager.isHeard ? manager : TroubleNotifier { session.note($0) },
            plan: AnnouncedFires(store: store, zones: .host).plan,
            event: { SchedulerLoop.bulletin(of: $0, store.instance).event }
        )
        let ending = try runner.run()
        if let fault = ending.logFault { session.note("some output was not kept: \(fault)") }
        for failure in ending.hookFailures {
            session.note(
                failure,
                hint: "its run is as its tasks made it: flower runs tells of both"
            )
        }
        if let line = summary(of: ending, isTerminal: session.terminal.columns != nil) {
            // The work is done and recorded: a reader that went away changes nothing of it.
            try? session.print(line + "\n")
        }
        if let reason = ending.scarcity {
            throw Failure(
                .refused,
                "no process could be started for \(DurationText.format(options.drain)): \(reason)",
                hint: "tasks are ready and wait: the next flower run starts them"
            )
        }
        return ending.failures + ending.cancelledTasks > 0 ? .taskFailed : .success
    }

    /// `nil` where there was nothing to do and nobody looks on: a timer asks every minute.
    static func summary(of ending: Runner.Ending, isTerminal: Bool) -> String? {
        if ending.launchedTasks == 0, ending.failures == 0, !ending.isStopped {
            return isTerminal ? "nothing is ready to run" : nil
        }
        var parts = ["ran \(counted(ending.launchedTasks, "task"))"]
        if ending.failedTasks > 0 { parts.append("\(ending.failedTasks) failed") }
        if ending.failedHooks > 0 {
            parts.append("\(counted(ending.failedHooks, "hook")) failed")
        }
        if ending.cancelledTasks > 0 {
            parts.append("\(ending.cancelledTasks) cancelled (flower rerun sets a run back)")
        }
        if ending.isStopped {
            parts.append(ending.leavesWork ? "stopped; the next flower run carries on" : "stopped")
        }
        return parts.joined(separator: ", ")
    }
}
