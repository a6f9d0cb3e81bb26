import ArgumentParser
import Execution
import Flows
import HostFiles
import HostTime
import Scheduling
import Storage
import Systemd

struct SchedulerCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "scheduler",
        abstract: "Register each fire when it is due, until stopped.",
        discussion: """
            It applies its folder of flow files at the start, when a file changes and on SIGHUP: a \
            file with faults is refused and what it said before stays, and one that is gone takes \
            its flows with it. SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGXCPU and timers' signals (SIGALRM, \
            SIGVTALRM, SIGPROF) stop it; SIGUSR1, SIGUSR2, SIGIO and real-time signals do nothing. \
            It starts no task: flower run does. Any number of schedulers may watch one state folder.
            """
    )

    @Option(
        help: ArgumentHelp(
            """
            The folder of flow files (default: /etc/flower/schedules, or for your own state \
            folder ~/.config/flower/schedules; with --state none).
            """,
            valueName: "folder"
        ),
        completion: .directory
    )
    var schedules: String?

    @Flag(help: "Start a runner when there is work, as a container's single command.")
    var run = false

    @Option(help: ArgumentHelp("With --run: tasks at once.", valueName: "number"))
    var workers: Int?

    @Option(help: RunCommand.drainHelp, transform: OptionValue.duration)
    var drain: Duration?

    @OptionGroup var zone: ScheduleZoneOption
    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        if schedules == "" { throw ValidationError("--schedules names no folder") }
        if drain != nil, !run { throw ValidationError("--drain does nothing without --run") }
        guard let workers else { return }
        guard run else { throw ValidationError("--workers does nothing without --run") }
        guard (1...RunnerLimit.workers).contains(workers) else {
            throw ValidationError("--workers takes a number from 1 to \(RunnerLimit.workers)")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        // Before the store is opened: as root we may become the folder's owner by it.
        let program = RunnerProcess.Program()
        // And before a runner is started, which would hear of our service manager.
        let notifier = session.notifier
        let folder = try flowFolder(session)
        let store = try state.makeStore(session)
        try zone.record(in: store, session)
        try zone.tellOfTZ(store, session)
        let lock = try SchedulerLock(store.folder, startsRunners: run)
        defer { withExtendedLifetime(lock) {} }
        let teller = session.teller()
        let report: SchedulerLoop.Report = { teller.tell($0) }
        let loop = try SchedulerLoop(
            Scheduler(store: store, zones: .host),
            store: store,
            zones: .host,
            flows: try folder.map {
                try FlowFolder(
                    $0,
                    store: store,
                    isExpected: schedules != nil,
                    makeLoader: { session.makeLoader(at: $0, for: store.folder, trust: .own) }
                )
            },
            runner: run ? supervisor(program, store.folder, report) : nil,
            notifier: notifier,
            report: report
        )
        loop.run()
        teller.finish(limit: Self.lastWords)
        return .success
    }

    /// How long it waits at its end for whoever takes what it tells.
    private static let lastWords = Duration.seconds(2)

    private func supervisor(
        _ program: RunnerProcess.Program,
        _ folder: StateFolder,
        _ report: @escaping SchedulerLoop.Report
    ) -> RunnerSupervisor {
        let options =
            (workers.map { ["--workers", String($0)] } ?? [])
            + (drain.map { ["--drain", DurationText.format($0)] } ?? [])
        return RunnerSupervisor(report: report) { try RunnerProcess(program, folder, options) }
    }

    /// - Throws: where the folder was named and is not there.
    private func flowFolder(_ session: Session) throws -> String? {
        if let schedules {
            guard FolderPath.isFolder(schedules) else {
                throw Failure(
                    .notFound,
                    "there is no folder \(schedules)",
                    hint: "make it, and put flow files into it"
                )
            }
            return schedules
        }
        if case .folder = state.choice { return nil }
        return FolderPath.flowFiles(of: state.choice.folder(session), session.environment)
    }
}

extension RunnerProcess: RunnerChild {}
