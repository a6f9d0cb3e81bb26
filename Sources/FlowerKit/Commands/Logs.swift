import ArgumentParser
import Cron
import Execution
import Flows
import Glibc
import Storage
import Systemd

struct LogsCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what the tasks of a run have printed.",
        discussion: """
            Read from the journal where that has every line, else from the files or the last lines \
            that the database keeps, whichever has more; standard error says which it was, and what \
            journald's rate limit dropped.
            """
    )

    @Argument(help: RunChoice.help, completion: .runsAndFlows)
    var run: String?

    @Argument(help: "Only this task's lines, or one item's: clean[3].")
    var task: String?

    @Flag(name: .shortAndLong, help: "Go on with what comes, until the run has settled.")
    var follow = false

    @Option(name: .letter("n"), help: "Only so many of the last lines.")
    var number: Int?

    @Option(help: "Only the lines of the attempt of this number.")
    var attempt: Int?

    @Option(
        help: ArgumentHelp("Only from this instant on: 06:00, 20m (ago).", valueName: "instant"),
        transform: OptionValue.instant
    )
    var since: InstantText?

    @Option(
        help: ArgumentHelp("Only up to this instant.", valueName: "instant"),
        transform: OptionValue.instant
    )
    var until: InstantText?

    @Option(
        name: .letter("p"),
        help: ArgumentHelp(
            "Only lines as urgent as this: err, warning..err.",
            valueName: "priority"
        )
    )
    var priority: PriorityArgument?

    @Option(name: .letter("o"), help: "How to print them; without it, each with its task.")
    var output: LogFormat?

    @Flag(help: "Also what became of the run and its tasks, as the journal has it.")
    var events = false

    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        guard number.map({ (0...LastLines.limit).contains($0) }) ?? true else {
            throw ValidationError("-n takes a number from 0 to \(LastLines.limit)")
        }
        guard attempt.map({ $0 >= 1 }) ?? true else {
            throw ValidationError("attempts are counted from 1")
        }
        guard !follow || until == nil else {
            throw ValidationError("--until ends what --follow goes on with")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        // Before the store is opened: as root we may become the folder's owner by it, who may not read
        // the journal.
        let journal = try? JournalReader()
        var query = try query(session)
        let choice = RunChoice(run)
        let store: Store
        do {
            store = try state.openStore(session)
        } catch let error as StorageError {
            // The journal knows runs by their numbers.
            guard case .number(let run) = choice else { throw error }
            query.run = run
            return try printJournalAlone(journal, query, error, session)
        }
        let run = try choice.number(in: store)
        query.run = run
        let source = LogSourceFiles(store, journal, query, hasFields: hasFields)
        let names = try store.taskNames(ofRun: run, only: task)
        let watch = follow ? try StateWatch(store.folder) : nil
        let isFollowed = try follow && source.hasMore(LogGoal(store: store, query: query).look())
        let place = try source.choose(isFollowed: isFollowed)
        session.note(choice == .number(run) ? place.note : "run \(run), \(place.note)")
        var printer = LogPrinter(
            try source.lines(of: place.place),
            try view(of: run, names, store, session),
            output: session.output
        )
        try printer.printNew(last: place.place == .journal ? nil : number)
        guard let watch, isFollowed else {
            try printer.end()
            return .success
        }
        var isTold = try tellIfLeft(run, store, session)
        let lack = try printer.follow(watch, to: LogGoal(store: store, query: query)) {
            if !isTold { isTold = try tellIfLeft(run, store, session) }
        }
        if let words = lack.words { session.note(words, hint: "flower status \(run) tells why") }
        return .success
    }

    /// Says why nothing more comes, where the run's tasks were left by a runner that is dead, or wait for one that
    /// nobody starts.
    private func tellIfLeft(_ run: Int64, _ store: Store, _ session: Session) throws -> Bool {
        let trouble = try Trouble(in: store, session)
        let isReady = try store.state(ofRun: run) == .waiting
        let isLeft = trouble.isOfDeadRunner(run: run)
        guard let text = isLeft ? Trouble.deadRunner : isReady ? trouble.runner : nil else {
            return false
        }
        session.note("run \(run): \(text)", hint: Trouble.runnerRemedy)
        return true
    }

    /// Without its run.
    private func query(_ session: Session) throws -> LogQuery {
        var query = LogQuery(run: 0, task: task)
        query.attempt = attempt
        query.since = try session.instant(since, "--since", .past)
        query.until = try session.instant(until, "--until", .past)
        query.priorities = priority?.range
        query.last = number
        query.hasEvents = events
        return query
    }

    private var hasFields: Bool { output == .json || output == .export }

    private func view(
        of run: Int64,
        _ names: [String],
        _ store: Store?,
        _ session: Session
    ) throws -> any LogFormatter {
        let terminal = session.terminal
        switch output {
        case nil: return LogView(names, isNamed: task == nil, terminal: terminal)
        case .short: return ShortLogView(zone: session.zone, terminal: terminal)
        case .cat: return PlainLogView(terminal: terminal)
        case .json, .export:
            return FieldLogView(
                form: output == .json ? .json : .export,
                instance: store?.instance ?? "",
                flow: try store?.flowName(ofRun: run) ?? "",
                run: run
            )
        }
    }

    /// For somebody who may read the journal and not the host's state folder.
    private func printJournalAlone(
        _ journal: JournalReader?,
        _ query: LogQuery,
        _ error: StorageError,
        _ session: Session
    ) throws -> ExitCode {
        let isHost = state.choice.folder(session).path == StateFolder.systemPath
        guard isHost, let journal,
            let instance = try JournalLogReader.instance(
                ofRun: query.run,
                unit: "flower-run.service",
                journal
            )
        else { throw error }
        let lines = JournalLogReader(journal, query, instance: instance, hasFields: hasFields)
        let counts = try lines.counts()
        let total = counts.values.reduce(0) { $0 + $1.lines }
        let gaps = LogChoice.Gaps(counts)
        session.note(
            "from the journal alone: \(counted(total, "line"))"
                + (gaps.isNone ? "" : "; \(gaps.words)"),
            hint: follow ? "it goes on until it is interrupted: \(error.message)" : nil
        )
        var printer = LogPrinter(
            lines,
            try view(of: query.run, Set(counts.keys.map(\.task)).sorted(), nil, session),
            output: session.output
        )
        try printer.printNew()
        if !follow { try printer.end() }
        while follow {
            lines.wait(limit: LogPrinter.longestWait, or: [])
            try printer.printNew()
        }
        return .success
    }
}

/// The places that keep the lines of a run whose database can be read.
private struct LogSourceFiles {
    private let store: Store
    private let query: LogQuery
    private let journal: JournalLogReader?
    private let files: LogReader
    /// Whether all that the journal has of an entry is asked for.
    private let hasFields: Bool

    init(_ store: Store, _ journal: JournalReader?, _ query: LogQuery, hasFields: Bool) {
        self.hasFields = hasFields
        self.store = store
        self.query = query
        files = LogReader(store.folder, query)
        self.journal = journal.map {
            JournalLogReader($0, query, instance: store.instance, hasFields: hasFields)
        }
    }

    func choose(isFollowed: Bool) throws -> LogChoice {
        if query.hasEvents {
            guard let journal else { throw Self.noEvents("there is no journal here") }
            let total = try journal.total()
            return LogChoice(.journal, "from the journal: \(counted(total, "line")), and events")
        }
        if isFollowed { return LogChoice(.files, "following the files") }
        let printed = try printed()
        let hasPrinted = printed.contains { $0.lines ?? 0 > 0 }
        if let last = query.last, !hasFields, hasPrinted, files.hasEnds(of: printed) {
            // Nothing is counted: a log may be large, and only its end is asked for.
            return LogChoice(.files, "the last \(counted(last, "line")) from the ends of the files")
        }
        let choice = try LogChoice(printed, journal: journal, files: files) {
            try TailLines(store, printed, query).count()
        }
        if choice.place == .files, let tail = try tail(printed) { return tail }
        if choice.place == .tails, query.since != nil || query.until != nil {
            throw Failure(
                .notFound,
                "of run \(query.run) only the last lines are kept, without their times",
                hint: "leave --since and --until out"
            )
        }
        return choice
    }

    /// The last lines of one attempt whose file ends before them, for the disk was full or the attempt too loud: the
    /// database has its end.
    private func tail(_ printed: [PrintedLines]) throws -> LogChoice? {
        let isWhole = query.since == nil && query.until == nil && query.priorities == nil
        let loud = printed.filter { $0.lines != 0 }
        guard let last = query.last, isWhole, !hasFields, loud.count == 1,
            let lines = loud[0].lines
        else { return nil }
        // Of the first of them only the end may be there.
        let kept = try TailLines(store, loud, query).count()
        guard kept > last || kept == lines else { return nil }
        return LogChoice(
            .tails,
            "the last \(counted(last, "line")) from the database: the file ends before them"
        )
    }

    /// Whether there may be lines that are not in their files yet, or in the journal, which is behind them.
    func hasMore(_ stage: LogGoal.Stage) -> Bool {
        switch stage {
        case .running: true
        case .left: false
        case .settled where query.hasEvents: true
        case .settled(let printed, let runners):
            !files.hasEnds(of: printed.filter { runners[$0.runner] != .dead })
        }
    }

    private static func noEvents(_ why: String) -> Failure {
        Failure(
            .notFound,
            "events are kept in the journal alone, and \(why)",
            hint: "leave --events out"
        )
    }

    private func printed() throws -> [PrintedLines] {
        try store.printedLines(ofRun: query.run, task: query.task).filter {
            query.attempt == nil || $0.attempt == query.attempt
        }
    }

    func lines(of place: LogChoice.Place) throws -> any LogLines {
        switch place {
        case .journal: journal ?? files
        case .files: files
        case .tails: TailLines(store, try printed(), query)
        }
    }
}
