import Components
import Cron
import Execution
import Flows
import Glibc
import HostTime
import Storage
import Systemd

/// What a command has of the outside world, read once at the start and handed down.
///
/// Of one thread: the one that runs the command.
final class Session {
    let environment: [String: String]
    let output: Output
    let errors: Output
    let terminal: Terminal
    private let makeActor: () -> String
    lazy var registry = makeRegistry()
    private let makeRegistry: () -> ComponentRegistry
    /// The service manager; read from the environment when first asked for.
    lazy var notifier = makeNotifier()
    private let makeNotifier: () -> any ServiceNotifier
    private let clock: any WallClock
    private let fixedZone: Zone?
    private var kept: [Store] = []

    init(
        environment: [String: String],
        output: Output,
        errors: Output,
        terminal: Terminal,
        actor: @autoclosure @escaping () -> String,
        registry: @autoclosure @escaping () -> ComponentRegistry = .builtIn,
        notifier: @autoclosure @escaping () -> any ServiceNotifier = SilentNotifier(),
        clock: any WallClock = HostClock(),
        zone: Zone? = nil
    ) {
        fixedZone = zone
        self.environment = environment
        self.output = output
        self.errors = errors
        self.terminal = terminal
        makeActor = actor
        makeRegistry = registry
        makeNotifier = notifier
        self.clock = clock
    }

    /// Of this process.
    static func current(_ registry: @autoclosure @escaping () -> ComponentRegistry) -> Session {
        let environment = processEnvironment()
        // Asked here, because `Store.open` may become the folder's owner.
        let uid = getuid()
        return Session(
            environment: environment,
            output: .standard,
            errors: .errors,
            terminal: Terminal(of: STDOUT_FILENO, environment: environment),
            actor: User.name(of: uid),
            registry: registry(),
            notifier: Notifier.take() ?? SilentNotifier()
        )
    }

    /// The zone in which times are shown: `TZ`, else the host's; read when first asked for.
    ///
    /// UTC, with a word on standard error, where `TZ` names none: a wrong setting must not keep
    /// anyone from looking.
    lazy var zone: Zone = {
        if let fixedZone { return fixedZone }
        do {
            return try HostZone.shown()
        } catch {
            note("\(error); times are told in UTC")
            return .utc
        }
    }()

    /// The host's zone, by which schedules without one are due, whatever the caller's `TZ`.
    ///
    /// UTC, with a word on standard error, where it cannot be read.
    lazy var hostZone: Zone = {
        if let fixedZone { return fixedZone }
        do {
            return try HostZone.current()
        } catch {
            note("the host's zone: \(error); UTC is taken for it")
            return .utc
        }
    }()

    /// Who asks, for the audit.
    lazy var actor: String = makeActor()

    var now: Instant { clock.now }

    /// What an option says; `nil` where it is left out.
    ///
    /// - Parameter zone: of local times, in place of that in which instants are shown.
    /// - Throws: `Failure` (64), which names the option.
    func instant(
        _ text: InstantText?,
        _ option: String,
        _ direction: InstantText.Direction,
        in zone: Zone? = nil
    ) throws -> Instant? {
        do {
            return try text?.instant(direction, at: now, in: zone ?? self.zone)
        } catch let failure as Failure {
            throw Failure(failure.code, "\(option): \(failure.message)", hint: failure.hint)
        }
    }

    /// What every runner of this process is told.
    var runnerOptions: Runner.Options {
        var options = Runner.Options()
        if let path = environment["FLOWER_SENDMAIL"], !path.isEmpty { options.sendmail = path }
        return options
    }

    /// For showing instants.
    var time: TimeText { TimeText(zone: zone, now: now) }

    /// Whether what we print goes to the journal: a service's output.
    var isJournalOutput: Bool { Journal.isStandardOutput(environment["JOURNAL_STREAM"]) }

    /// Tells what happens: to the journal, where our output goes to it, else on standard output.
    ///
    /// It outlives the reader of that.
    func teller() -> Teller {
        let output = output
        return Teller(isJournalOutput ? try? Journal() : nil) { text in
            let lines = Printable.lines(text).map(Printable.line)
            // A scheduler must outlive the reader of its output.
            try? output.write(lines.joined(separator: "\n") + "\n")
        }
    }

    /// Tells the journal what a person has done in the state folder that this host's services, or the
    /// user's own, work on: not in a folder of somebody's tests.
    ///
    /// A journald that is stopped is not waited for; what was done is in the database.
    func tell(_ bulletins: @autoclosure () -> [Bulletin], in store: Store) {
        guard isServed(store.folder), let journal = try? Journal() else { return }
        let teller = Teller(journal) { _ in }
        for bulletin in bulletins() { teller.tell(bulletin) }
        teller.finish(limit: .milliseconds(200))
    }

    /// Whether it is the folder that this host's services, or the user's own, work on.
    private func isServed(_ folder: StateFolder) -> Bool {
        [false, true].contains { system in
            let home = StateFolder.locate(
                explicit: nil,
                system: system,
                user: !system,
                environment: environment,
                isRoot: geteuid() == 0
            )
            return home.path == folder.path
        }
    }

    /// Whether units of systemd may start runners for the folder: sd_booted(3).
    func hasUnits(_ folder: StateFolder) -> Bool {
        isServed(folder) && access("/run/systemd/system", F_OK) == 0
    }

    /// Keeps a store open until the process ends, when the kernel closes it: of the commands that timers and
    /// scripts start. SQLite's own close would copy the WAL into the database and take its files away, for
    /// the next start to make again: half of a registration, a tenth of a run with nothing to do.
    ///
    /// Not where the WAL has grown: see `end`.
    func keepOpen(_ store: Store) { kept.append(store) }

    /// The command is done: what was kept open is closed where its WAL has grown long. If nobody ever did
    /// that, each start would read a longer one.
    func end() { kept.removeAll { $0.hasLongWAL } }

    /// Prints sentences for a person. What is to be read back to the byte goes to `output` itself.
    func print(_ text: String) throws { try output.write(shown(text, .sentence)) }

    /// Prints lines whose columns stand below each other.
    func print(page text: String) throws { try output.write(shown(text, .page)) }

    /// Prints a table as the terminal can show it.
    func print(_ table: Table) throws {
        try print(page: table.rendered(width: terminal.columns, colour: terminal.usesColour))
    }

    /// JSON is UTF-8 in every locale (RFC 8259).
    func print(_ value: JSONValue) throws { try printJSON { try $0.write(value) } }

    /// Prints what `body` writes; it may read the database while it does.
    func printJSON(_ body: (JSONWriter) throws -> Void) throws {
        let spool = Spool(output)
        try body(JSONWriter { try spool.write($0) })
        try spool.finish()
    }

    /// A word for the person on standard error. Where that is closed nobody is there to be told.
    func note(_ message: String, hint: String? = nil) {
        try? complain(Failure(.success, message, hint: hint).text)
    }

    /// Lines for standard error. Where its reader has gone (`2>&1 | head`) the command goes on, and its exit
    /// code tells.
    func complain(_ text: String) throws {
        do {
            try errors.write(
                terminal.isASCII ? ASCIIText.of(text, .sentence, isTerminal: true) : text
            )
        } catch is Output.ReaderGone {
            // It has seen all that it wanted, and the files still have their faults.
        }
    }

    private func shown(_ text: String, _ place: ASCIIText.Place) -> String {
        guard terminal.isASCII else { return text }
        return ASCIIText.of(text, place, isTerminal: terminal.columns != nil)
    }

    /// What a command looks at in this process's environment.
    static func processEnvironment() -> [String: String] {
        var result: [String: String] = [:]
        for variable in KnownVariable.all where variable.isOfSession {
            if let value = getenv(variable.name) { result[variable.name] = String(cString: value) }
        }
        return result
    }
}
