import ArgumentParser
import Flows
import Storage

struct PoolsCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "pools",
        abstract: "List the pools, and how many of their slots are taken."
    )

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        try Self.list(state, format, in: session)
    }

    static func list(
        _ state: StateOptions,
        _ format: OutputOptions,
        in session: Session
    ) throws -> ExitCode {
        let pools = try state.openStore(session).pools()
        switch format.output {
        case .table: try session.print(PoolsView.table(pools))
        case .json: try session.print(PoolsView.json(pools))
        }
        return .success
    }
}

/// `flower pool`: makes, changes and removes pools.
struct PoolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Set how many tasks share something at once.",
        subcommands: [PoolListCommand.self, PoolSetCommand.self, PoolRemoveCommand.self]
    )
}

struct PoolListCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the pools, as flower pools does."
    )

    @OptionGroup var format: OutputOptions
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        try PoolsCommand.list(state, format, in: session)
    }
}

struct PoolSetCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Make a pool, or give it another number of slots.",
        discussion: """
            A task with 'pool: NAME' takes a slot while it runs. The change acts at once; what runs \
            goes on. With 0 slots the pool is closed: its tasks wait. Of the pool 'workers' every \
            task takes one: it limits how many run at once over all runners.
            """
    )

    @Argument(help: "The pool's name.", completion: .pools)
    var name: String

    @Argument(help: "How many there are.")
    var slots: Int

    @OptionGroup(title: "State folder") var state: StateOptions

    func validate() throws {
        if let fault = Names.faultOfFlow(name) { throw ValidationError("pool: \(fault)") }
        guard (0...Limit.poolSlots).contains(slots) else {
            throw ValidationError("a pool has 0 to \(Limit.poolSlots) slots")
        }
    }

    func run(in session: Session) throws -> ExitCode {
        let store = try state.makeStore(session)
        let short = try store.setPool(name, slots: slots, by: session.actor, at: session.now)
        try session.print("pool \(name) has \(counted(slots, "slot"))\n")
        if slots > 0, let flow = short.first {
            let more = short.count > 1 ? " and \(counted(short.count - 1, "other flow"))" : ""
            session.note("flow '\(flow)'\(more) has a task that takes more: it waits")
        }
        return .success
    }
}

struct PoolRemoveCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take a pool away that no flow takes of."
    )

    @Argument(help: "The pool's name.", completion: .pools)
    var name: String

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        try store.removePool(name, by: session.actor, at: session.now)
        try session.print("pool \(name) removed\n")
        return .success
    }
}
