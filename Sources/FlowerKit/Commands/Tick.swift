import ArgumentParser
import HostTime
import Scheduling
import Storage

struct TickCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "tick",
        abstract: "Register what is due now, and exit."
    )

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let scheduler = Scheduler(store: store, zones: .host)
        let recorded = try scheduler.turn()
        for fault in scheduler.faults { session.note("\(fault)") }
        try session.print(FiresView.text(recorded, session.time))
        return .success
    }
}
