import ArgumentParser
import Flows
import Scheduling
import Storage

struct RegisterCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Make a run of a flow, and print its number.",
        discussion: """
            With --wait the exit code is 0 where the run succeeded, else 1. Where no runner is \
            alive, what is ready is run here.
            """
    )

    @Argument(help: "The flow's name.", completion: .flows)
    var flow: String

    @OptionGroup var parameters: ParameterOptions

    @Flag(help: "Even though a run is active and the flow's overlap is skip.")
    var force = false

    @Flag(help: "Stay until the run has settled.")
    var wait = false

    @Flag(name: .shortAndLong, help: "Stay, and print what its tasks print.")
    var follow = false

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let isAwaited = wait || follow
        let run = try Self.register(
            flow,
            parameters.variables,
            isForced: force,
            isAwaited: isAwaited,
            store,
            in: session
        )
        guard isAwaited else {
            try Trouble.tellIfNoRunner(store, session)
            return .success
        }
        let waiter = RunWaiter(store, run, session)
        return try follow ? waiter.following() : waiter.waiting()
    }

    /// - Returns: the run's number, which is printed.
    static func register(
        _ flow: String,
        _ parameters: [Variable],
        isForced: Bool,
        isAwaited: Bool = false,
        _ store: Store,
        in session: Session
    ) throws -> Int64 {
        session.keepOpen(store)
        let request = RegisterRequest(
            flow: flow,
            parameters: parameters,
            isForced: isForced,
            hostZone: session.hostZone.name
        )
        let registration = try store.register(request, by: session.actor, at: session.now)
        session.tell(
            [.registered(registration.runID, of: flow, by: session.actor, store.instance)],
            in: store
        )
        try tell(registration.runID, of: flow, isAwaited: isAwaited, in: session)
        if registration.isPaused {
            session.note(
                "flow '\(flow)' is paused: its schedules make no runs, but this one goes on"
            )
        }
        return registration.runID
    }

    /// Prints the number. Where that cannot be, the run is there all the same, and is seen through if
    /// somebody waits for it.
    private static func tell(
        _ run: Int64,
        of flow: String,
        isAwaited: Bool,
        in session: Session
    ) throws {
        do {
            try session.print("\(run)\n")
        } catch is Output.ReaderGone where isAwaited {
            // It does not want the number; the run is seen through.
        } catch let failure as Failure {
            session.note("run \(run) of flow '\(flow)' is registered all the same")
            guard isAwaited else { throw failure }
            session.note(failure.message, hint: failure.hint)
        }
    }
}

/// Values for a flow's parameters.
struct ParameterOptions: ParsableArguments {
    @Option(
        name: [.customShort("p", allowingJoined: true), .customLong("parameter")],
        help: ArgumentHelp(
            "A parameter's value; may be given several times.",
            valueName: "key=value"
        )
    )
    var parameters: [Assignment] = []

    var variables: [Variable] { parameters.map { Variable($0.name, $0.value) } }

    /// `key=value`; the value may be empty and may hold `=`.
    struct Assignment: ExpressibleByArgument {
        let name: String
        let value: String

        init?(argument: String) {
            guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
                return nil
            }
            name = String(argument[..<equals])
            value = String(argument[argument.index(after: equals)...])
        }
    }
}
