import ArgumentParser
import Storage

struct ReleaseCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let held tasks of a run go.",
        discussion: """
            Each starts once its needs are met. A rerun of the run, or from a task before it, holds \
            a task with 'hold:' again.
            """
    )

    @OptionGroup var part: RunPart
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let count = try store.release(part.run, task: part.task, by: session.actor, at: session.now)
        try session.print("\(counted(count, "task")) of run \(part.run) released\n")
        if count > 0 { try Trouble.tellIfNoRunner(store, session) }
        return .success
    }
}

struct HoldCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Keep waiting tasks of a run back."
    )

    @OptionGroup var part: RunPart
    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let count = try store.hold(part.run, task: part.task, by: session.actor, at: session.now)
        try session.print("\(counted(count, "task")) of run \(part.run) held\n")
        return .success
    }
}

struct SkipCommand: FlowerCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Go on without a task, as if it had succeeded.",
        discussion: """
            A task that waits, is held, has failed or was cancelled. flower rerun takes it back.
            """
    )

    @Argument(help: "The run's number.", completion: .runs, transform: OptionValue.run)
    var run: Int64

    @Argument(help: "The task, or one item of it: clean[3].", completion: .tasksOfRun)
    var task: String

    @OptionGroup(title: "State folder") var state: StateOptions

    func run(in session: Session) throws -> ExitCode {
        let store = try state.openStore(session)
        let count = try store.skip(run, task: task, by: session.actor, at: session.now)
        try session.print("\(counted(count, "task")) of run \(run) skipped\n")
        if count > 0 { try Trouble.tellIfNoRunner(store, session) }
        return .success
    }
}
