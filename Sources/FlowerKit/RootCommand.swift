import ArgumentParser

/// `flower` itself: the list of commands; without one it shows its help.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flower",
        abstract: "Run flows of tasks: at their times, in order, each exactly once.",
        version: "flower \(Flower.version)",
        subcommands: [],
        groupedSubcommands: [
            CommandGroup(
                name: "Looking",
                subcommands: [
                    FlowsCommand.self, ShowCommand.self, SchedulesCommand.self, RunsCommand.self,
                    StatusCommand.self, LogsCommand.self, EnvCommand.self, FiresCommand.self,
                    NextCommand.self, StatsCommand.self, PoolsCommand.self,
                ]
            ),
            CommandGroup(name: "Cron", subcommands: [CronCommand.self]),
            CommandGroup(
                name: "Flow file",
                subcommands: [ValidateCommand.self, ApplyCommand.self, ImportCommand.self]
            ),
            CommandGroup(
                name: "Acting",
                subcommands: [
                    RegisterCommand.self, BackfillCommand.self, RerunCommand.self,
                    CancelCommand.self, PauseCommand.self, UnpauseCommand.self,
                    ReleaseCommand.self, HoldCommand.self, SkipCommand.self, PoolCommand.self,
                ]
            ),
            CommandGroup(
                name: "Working",
                subcommands: [RunCommand.self, SchedulerCommand.self, TickCommand.self]
            ),
            CommandGroup(
                name: "Keeping",
                subcommands: [
                    PruneCommand.self, BackupCommand.self, CheckCommand.self, DoctorCommand.self,
                    ManualCommand.self,
                ]
            ),
        ]
    )

    @OptionGroup(visibility: .hidden) var state: StateOptions
}
