import ArgumentParser

/// The run that a person decides about, or a task of it alone.
struct RunPart: ParsableArguments {
    @Argument(help: "The run's number.", completion: .runs, transform: OptionValue.run)
    var run: Int64

    @Argument(help: "Only this task, or one item of it: clean[3].", completion: .tasksOfRun)
    var task: String?
}
