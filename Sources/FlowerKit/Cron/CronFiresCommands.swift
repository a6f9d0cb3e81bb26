import ArgumentParser
import Cron
import HostTime

struct CronNextCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "next",
        abstract: "List the next fires of an expression.",
        discussion: """
            With --batch each line of standard input is a case, cells separated by tabs: expression, \
            zone, instant, count and perhaps the job's name. Each is answered by one line: instants \
            separated by a space, or "error: " and what is wrong.
            """
    )

    @Argument(help: "The schedule expression, in quotes.")
    var expression: String?

    @Option(
        help: ArgumentHelp("Begin after this instant, else now.", valueName: "instant"),
        transform: OptionValue.instant
    )
    var after: InstantText?

    @Flag(help: "Answer the cases on standard input.")
    var batch = false

    @OptionGroup var options: CronFireOptions

    func validate() throws {
        if batch == (expression != nil) {
            throw ValidationError("Give an expression, or --batch.")
        }
        try options.validateCount()
    }

    func run(in session: Session) throws -> ExitCode {
        guard let expression else { return try CronBatchRun.run(in: session) }
        return try options.list(expression, from: after, isForward: true, in: session)
    }
}

struct CronPreviousCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "previous",
        abstract: "List the last fires of an expression, newest first."
    )

    @Argument(help: "The schedule expression, in quotes.")
    var expression: String

    @Option(
        help: ArgumentHelp("Begin before this instant, else now.", valueName: "instant"),
        transform: OptionValue.instant
    )
    var before: InstantText?

    @OptionGroup var options: CronFireOptions

    func validate() throws { try options.validateCount() }

    func run(in session: Session) throws -> ExitCode {
        try options.list(expression, from: before, isForward: false, in: session)
    }
}

/// What `next` and `previous` have in common.
struct CronFireOptions: ParsableArguments {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        /// One instant a line.
        case iso
        /// With what clock changes do.
        case table, json
    }

    @Option(
        help: ArgumentHelp("The zone, unless the expression names one.", valueName: "zone"),
        completion: .zones
    )
    var timezone: String?

    @Option(
        name: .letter("n"),
        help: ArgumentHelp("At most so many fires.", valueName: "number")
    )
    var count = 5

    @Option(help: "How to print them.")
    var format = Format.iso

    @Option(help: ArgumentHelp("The job's name, by which H and ~ choose.", valueName: "name"))
    var hashId = ""

    func validateCount() throws {
        guard (0...CronBatch.countLimit).contains(count) else {
            throw ValidationError("--count is a number from 0 to \(CronBatch.countLimit).")
        }
    }

    func list(
        _ text: String,
        from start: InstantText?,
        isForward: Bool,
        in session: Session
    ) throws -> ExitCode {
        guard let expression = try CronReading.expression(text, hashID: hashId, in: session) else {
            return .badInput
        }
        let zone = try CronReading.zone(expression.zoneName ?? timezone, in: session)
        // Local times are those of the zone in which the fires are told.
        let said =
            isForward
            ? try session.instant(start, "--after", .future, in: zone)
            : try session.instant(start, "--before", .past, in: zone)
        let from = said ?? session.now
        let fires =
            isForward
            ? expression.fires(after: from, in: zone) : expression.fires(before: from, in: zone)
        let shown = Array(fires.prefix(count))
        if shown.isEmpty, count > 0 { session.note(reason(expression, isForward: isForward)) }
        let view = CronFiresView(expression: expression, zone: zone, from: from, fires: shown)
        switch format {
        case .iso:
            try session.print(shown.map { $0.iso8601(in: zone) + "\n" }.joined())
        case .table: try session.print(view.table(now: session.now))
        case .json: try session.print(view.json)
        }
        return .success
    }

    private func reason(_ expression: CronExpression, isForward: Bool) -> String {
        if expression.isReboot { return "@reboot has no fire times" }
        if !expression.canFire { return "the expression never fires: no such day" }
        return "no fire in the \(isForward ? "next" : "last") 100 years"
    }
}

/// `flower cron next --batch`.
enum CronBatchRun {
    /// Answers are written when so much has gathered, so that a pipe is not written byte by byte.
    private static let chunkBytes = 1 << 16

    static func run(in session: Session) throws -> ExitCode {
        var gathered = ""
        while let line = readLine() {
            gathered += CronBatch.answer(line[...]) { name throws(ZoneError) in
                name.isEmpty ? session.hostZone : try ZoneDirectory.host.zone(named: name)
            }
            gathered += "\n"
            if gathered.utf8.count >= chunkBytes {
                try session.print(gathered)
                gathered = ""
            }
        }
        try session.print(gathered)
        return .success
    }
}
