import ArgumentParser
import HostTime
import Scheduling
import Storage

struct TickCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "tick",
        abstract: "Register what is due now, and exit."
    )

    @OptionGroup var zone: ScheduleZoneOption
    @OptionGroup(title: "State folder") var state: StateOptions

    /// How long it waits for the journal: what it tells is recorded.
    private static let lastWords = Duration.seconds(10)

    func run(in session: Session) throws -> ExitCode {
        let store = try state.makeStore(session)
        Ticks.note(at: session.now, in: store.folder)
        try zone.record(in: store, session)
        let scheduler = Scheduler(store: store, zones: .host)
        let recorded = try scheduler.turn()
        let events = try scheduler.checkExpectations()
        try scheduler.wakeForAlarm()
        if let sentence = scheduler.clockSentence { session.note(sentence) }
        let faults = scheduler.takeFaultChanges()
        if !session.isJournalOutput {
            for fault in faults.faulty { session.note("\(fault)", hint: fault.remedy) }
        }
        let (instance, zone) = (store.instance, session.zone)
        let bulletins =
            (session.isJournalOutput ? SchedulerLoop.bulletins(of: faults, instance) : [])
            + recorded.map { SchedulerLoop.bulletin(of: $0, instance, in: zone) }
            + events.map { SchedulerLoop.bulletin(of: $0, instance, in: zone) }
        guard session.isJournalOutput else {
            try session.print(bulletins.map { Printable.line($0.text) + "\n" }.joined())
            return .success
        }
        let teller = session.teller()
        for bulletin in bulletins { teller.tell(bulletin) }
        teller.finish(limit: Self.lastWords)
        return .success
    }
}
