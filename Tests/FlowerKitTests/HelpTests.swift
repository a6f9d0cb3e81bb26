import Testing

@testable import FlowerKit

@Suite struct HelpTests {
    /// What a newcomer sees first, as a golden text: a changed word shows.
    @Test func `the help lists every command`() {
        #expect(
            RootCommand.helpMessage(columns: 80) == """
                OVERVIEW: Run flows of tasks: at their times, in order, each exactly once.

                USAGE: flower <subcommand>

                OPTIONS:
                  --version               Show the version.
                  -h, --help              Show help information.

                LOOKING SUBCOMMANDS:
                  flows                   List the flows.
                  show                    Show a flow: tasks, schedules and parameters.
                  schedules               List the schedules by their next fire.
                  runs                    List the runs, newest first.
                  status                  Show a run's tasks, and why any of them failed.
                  logs                    Print what the tasks of a run have printed.
                  env                     Print the world that a task would see.
                  fires                   List what became of due times, of a flow or of all.
                  next                    List the coming fires of all flows on one time line.
                  stats                   Show how long a flow takes and how often it succeeds.
                  pools                   List the pools, and how many of their slots are taken.

                CRON SUBCOMMANDS:
                  cron                    See what a schedule expression will do.

                FLOW FILE SUBCOMMANDS:
                  validate                Check flow files, and tell every fault of every file.
                  apply                   Make the database say what flow files say.
                  import                  Write a flow file for each crontab entry and timer.

                ACTING SUBCOMMANDS:
                  register                Make a run of a flow, and print its number.
                  backfill                Run the due times of the past that have no run.
                  rerun                   Set tasks of a run back, to be run again.
                  cancel                  End a run, or one task of it.
                  pause                   Keep a flow's schedules from making runs.
                  unpause                 Let a flow's schedules make runs again.
                  release                 Let held tasks of a run go.
                  hold                    Keep waiting tasks of a run back.
                  skip                    Go on without a task, as if it had succeeded.
                  pool                    Set how many tasks share something at once.

                WORKING SUBCOMMANDS:
                  run                     Run every task that is ready, then exit.
                  scheduler               Register each fire when it is due, until stopped.
                  tick                    Register what is due now, and exit.

                KEEPING SUBCOMMANDS:
                  prune                   Forget runs that ended long ago, with their output.
                  backup                  Write a consistent copy of the database, while others
                                          work.
                  check                   Check the database and the files beside it.
                  doctor                  Tell what is missing on this host, and how to mend it.

                  See 'flower help <subcommand>' for detailed help.
                """
        )
    }

    @Test(
        arguments: RootCommand.configuration.subcommands.map { $0.configuration.commandName ?? "" }
    )
    func `every command has a summary in one sentence`(name: String) throws {
        let result = try CommandFixture().flower("help", name)
        #expect(result.code == .success)
        let summary = result.output.split(separator: "\n").first ?? ""
        #expect(summary.hasPrefix("OVERVIEW: ") && summary.hasSuffix("."), "\(summary)")
        #expect(result.output.contains("USAGE: flower \(name)"))
    }
}
