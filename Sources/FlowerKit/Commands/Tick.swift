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
        let store = try state.makeStore(session)
        let scheduler = Scheduler(store: store, zones: .host)
        let recorded = try scheduler.turn()
        let events = try scheduler.checkExpectations()
        for fault in scheduler.faults { session.note("\(fault)") }
        let sentences =
            recorded.map { SchedulerLoop.sentence(of: $0, in: session.zone) }
            + events.map { SchedulerLoop.sentence(of: $0, in: session.zone) }
        try session.print(sentences.map { Printable.line($0) + "\n" }.joined())
        return .success
    }
}
