import ArgumentParser
import Cron
import HostTime
import Scheduling
import Storage

struct BackfillCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Run the due times of the past that have no run.",
        discussion: """
            Each run is told the due instant it stands for. They are queued and let go --concurrency \
            at a time. A fire that has a run is passed over, unless --again.
            """
    )

    @Argument(help: "The flow's name.", completion: .flows)
    var flow: String

    @Option(
        help: ArgumentHelp(
            "From this instant, itself included: 2026-11-23, 7d (ago).",
            valueName: "instant"
        ),
        transform: OptionValue.instant
    )
    var from: InstantText

    @Option(
        help: ArgumentHelp(
            "To this instant, itself included; a day alone is its 00:00.",
            valueName: "instant"
        ),
        transform: OptionValue.instant
    )
    var to: InstantText

    @Flag(help: "Show what would be registered, and register nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("Runs active at once.", valueName: "number"))
    var concurrency = 1

    @Option(help: "Which go first.")
    var order = Backfill.Order.oldest

    @Flag(help: "Also fires that have a run.")
    var again = false

    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard (1...RunLimits.concurrency).contains(concurrency) else {
            throw ValidationError("--concurrency takes a number from 1 to \(RunLimits.concurrency)")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        let from = try session.instant(from, "--from", .past) ?? session.now
        let to = try session.instant(to, "--to", .past) ?? session.now
        guard from <= to else { throw Failure(.misuse, "--from is later than --to") }
        guard to <= session.now else {
            throw Failure(
                .badInput,
                "--to lies in the future",
                hint: "the scheduler registers what is still to come"
            )
        }
        let store = try state.openStore(session)
        _ = try store.flow(named: flow, at: session.now)
        let schedules = try store.schedules().filter { $0.flow == flow }
        guard !schedules.isEmpty else {
            throw Failure(
                .notFound,
                "flow '\(flow)' has no schedule: nothing of it was ever due",
                hint: "flower register \(flow) makes a run of it"
            )
        }
        let found = try Backfill(
            schedules,
            from: from,
            through: to,
            order: order,
            zones: .host
        ).fires
        guard found.count <= Backfill.limit else {
            throw Failure(
                .badInput,
                "more than \(Backfill.limit) fires lie between --from and --to",
                hint: "take a shorter span"
            )
        }
        let fires = again ? found : try store.unregistered(found)
        guard !fires.isEmpty else {
            try session.print(nothing(found: found.count, from, to, session.time))
            return .success
        }
        if dryRun {
            for fire in fires { try session.print(session.time.stamp(fire.dueAt) + "\n") }
            try session.print("\(counted(fires.count, "run")) would be registered\n")
            return .success
        }
        let request = BackfillRequest(
            flow: flow,
            fires: fires,
            concurrency: concurrency,
            isAgain: again
        )
        let made = try store.backfill(request, by: session.actor, at: session.now)
        let instance = store.instance
        session.tell(made.map { SchedulerLoop.bulletin(of: $0, instance) }, in: store)
        let numbers = made.compactMap(\.runID)
        let span = numbers.first.map { first in
            numbers.count == 1 ? ": \(first)" : ": \(first) to \(numbers.last ?? first)"
        }
        try session.print("\(counted(made.count, "run")) registered\(span ?? "")\n")
        if !made.isEmpty { try Trouble.tellIfNoRunner(store, session) }
        return .success
    }

    /// Why no run is made.
    private func nothing(
        found: Int,
        _ from: Instant,
        _ to: Instant,
        _ time: TimeText
    ) -> String {
        let what = dryRun ? "would be registered" : "registered"
        let span = "from \(time.stamp(from)) to \(time.stamp(to))"
        guard found > 0 else {
            return "0 runs \(what): nothing of flow '\(flow)' was due \(span)\n"
        }
        let all =
            found == 1 ? "the fire \(span) has its run" : "all \(found) fires \(span) have runs"
        return "0 runs \(what): \(all); --again runs \(found == 1 ? "it" : "them") once more\n"
    }

    private enum RunLimits {
        static let concurrency = 10_000
    }
}

extension Backfill.Order: ExpressibleByArgument {}
