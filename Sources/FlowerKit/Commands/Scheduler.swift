import ArgumentParser
import HostTime
import Scheduling
import Storage

struct SchedulerCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "scheduler",
        abstract: "Register each fire when it is due, until stopped.",
        discussion: """
            SIGTERM and SIGINT stop it. It starts no task: flower run does. Any number of \
            schedulers may watch one state folder.
            """
    )

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.makeStore(session)
        let scheduler = Scheduler(store: store, zones: .host)
        let loop = try SchedulerLoop(scheduler, folder: store.folder) { sentence in
            // A scheduler must outlive the reader of its output.
            try? session.print(Printable.line(sentence) + "\n")
        }
        loop.run()
        return .success
    }
}
