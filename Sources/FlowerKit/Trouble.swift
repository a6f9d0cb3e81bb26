import Glibc
import Storage

/// Who is missing in a state folder: the same words wherever it is told, `nil` where nobody is.
struct Trouble {
    /// Of schedules and what is to come.
    let scheduler: String?
    /// Of what is ready.
    let runner: String?
    /// The tasks that dead runners have left, each with its run.
    private let left: [Int64: Int64]
    /// How many of each run.
    private let leftRuns: [Int64: Int]

    static let noScheduler = "no scheduler is alive: due times are not registered"
    static let noRunner = "no runner is alive: what is ready waits for the next flower run"
    static let deadRunner = "its runner is dead: the next flower run takes it over"
    static let schedulerRemedy = "start flower scheduler --run, or flower.target on a systemd host"
    static let runnerRemedy =
        "flower run; flower scheduler --run and flower.target start one by themselves"

    static let none = Trouble(scheduler: nil, runner: nil, left: [:])

    init(scheduler: String?, runner: String?, left: [Int64: Int64]) {
        self.scheduler = scheduler
        self.runner = runner
        self.left = left
        leftRuns = left.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    init(in store: Store, _ session: Session) throws {
        let seen = store.folder.attendance(at: session.now)
        left = try store.tasksOfDeadRunners()
        leftRuns = left.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        let isUnwatched = try !seen.hasScheduler && store.hasSchedule(at: session.now)
        scheduler = isUnwatched ? Self.noScheduler : nil
        let lacksRunner = try Self.lacksRunner(seen, hasLeft: !left.isEmpty, store, session)
        runner = lacksRunner ? Self.noRunner : nil
    }

    /// Whether nobody executes what is ready, and nobody is about to.
    ///
    /// Runners come and go: that none is alive says something only where none will come. Where a timer or path
    /// unit may start them, that shows by a wake that lies there while a task waits; else also by a scheduler
    /// that has gone, and with it what it may have started.
    private static func lacksRunner(
        _ seen: Attendance,
        hasLeft: Bool,
        _ store: Store,
        _ session: Session
    ) throws -> Bool {
        if seen.hasRunner || seen.startsRunners { return false }
        if try seen.hasWake && store.hasWorkWaiting(at: session.now) { return true }
        if session.hasUnits(store.folder) { return false }
        if hasLeft || seen.hadScheduler && !seen.hasScheduler { return true }
        return try !seen.hasScheduler && store.hadNoRunner()
    }

    func isOfDeadRunner(task id: Int64) -> Bool { left[id] != nil }

    func isOfDeadRunner(run id: Int64) -> Bool { leftRuns[id] != nil }

    /// How many of its tasks dead runners have left.
    func left(ofRun id: Int64) -> Int { leftRuns[id] ?? 0 }

    /// Of a run as lists show it.
    func text(of run: RunSummary) -> String? {
        if isOfDeadRunner(run: run.id) { return Self.deadRunner }
        return run.state == .waiting || run.state == .running ? runner : nil
    }

    /// Of a task; of one that waits, only where nothing but a runner is missing.
    func text(of task: TaskDetail) -> String? {
        if isOfDeadRunner(task: task.id) { return Self.deadRunner }
        return task.isReady ? runner : nil
    }

    /// Lines to go below a list of runs.
    func lines(_ runs: [RunSummary]) -> String {
        let dead = Self.named(runs.map(\.id).filter(isOfDeadRunner(run:)))
        let isWaiting = runs.contains { text(of: $0) == runner }
        return Self.line(dead.map { "\($0): \(Self.deadRunner)" })
            + Self.line(isWaiting ? runner : nil)
    }

    /// All that dead runners have left: `runs 7, 9`.
    var runsOfDeadRunners: String? { Self.named(leftRuns.keys.sorted()) }

    private static func named(_ runs: [Int64]) -> String? {
        guard !runs.isEmpty else { return nil }
        let shown = runs.prefix(runsTold).map { "\($0)" }.joined(separator: ", ")
        let more = runs.count > runsTold ? " and \(runs.count - runsTold) more" : ""
        return "\(runs.count == 1 ? "run" : "runs") \(shown)\(more)"
    }

    private static let runsTold = 10

    /// To go below a list.
    static func line(_ text: String?) -> String { text.map { "\n\($0)" } ?? "" }

    /// A word on standard error after something was made ready that no runner will take by itself.
    static func tellIfNoRunner(_ store: Store, _ session: Session) throws {
        let trouble = try Trouble(in: store, session)
        if let text = trouble.runner { session.note(text, hint: runnerRemedy) }
    }
}
