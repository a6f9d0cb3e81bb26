import Flows
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
        let outlook = try store.outlook(at: session.now)
        self.init(
            scheduler: !seen.hasScheduler && outlook.hasSchedule ? Self.noScheduler : nil,
            runner: Self.lacksRunner(seen, outlook, store.folder, session) ? Self.noRunner : nil,
            left: outlook.left
        )
    }

    /// Whether nobody executes what is ready, and nobody is about to.
    ///
    /// Runners come and go: that none is alive says something only where none will come. Where a timer or path
    /// unit may start them, that shows by a wake that lies there while a task waits; else also by a scheduler
    /// that has gone, and with it what it may have started.
    private static func lacksRunner(
        _ seen: Attendance,
        _ outlook: Outlook,
        _ folder: StateFolder,
        _ session: Session
    ) -> Bool {
        if seen.hasRunner || seen.startsRunners { return false }
        if seen.hasWake && outlook.hasWorkWaiting { return true }
        if session.hasUnits(folder) { return false }
        if !outlook.left.isEmpty || seen.hadScheduler && !seen.hasScheduler { return true }
        return !seen.hasScheduler && outlook.hadNoRunner
    }

    func isOfDeadRunner(task id: Int64) -> Bool { left[id] != nil }

    func isOfDeadRunner(run id: Int64) -> Bool { leftRuns[id] != nil }

    /// How many of its tasks dead runners have left.
    func left(ofRun id: Int64) -> Int { leftRuns[id] ?? 0 }

    /// Of a run as lists show it.
    func text(of run: RunSummary) -> String? { text(ofRun: run.id, run.state) }

    /// - Parameter run: `nil` = none was made.
    private func text(ofRun run: Int64?, _ state: RunState?) -> String? {
        if let run, isOfDeadRunner(run: run) { return Self.deadRunner }
        return state == .waiting || state == .running ? runner : nil
    }

    /// Of what a schedule makes: that nobody looks at it, and that nobody executes the run.
    func text(isScheduled: Bool, run: Int64?, _ state: RunState?) -> String? {
        let texts = [isScheduled ? scheduler : nil, text(ofRun: run, state)].compactMap { $0 }
        return texts.isEmpty ? nil : texts.joined(separator: "; ")
    }

    /// Of a task; of one that waits, only where nothing but a runner is missing.
    func text(of task: TaskDetail) -> String? {
        if isOfDeadRunner(task: task.id) { return Self.deadRunner }
        return task.isReady ? runner : nil
    }

    /// Lines to go below a list of runs.
    func lines(_ runs: [RunSummary]) -> String { lines(runs.map { ($0.id, $0.state) }) }

    /// The same of a list whose rows tell of runs; where it is one of schedules' too, with their line first.
    func lines(isScheduled: Bool = false, _ runs: [(id: Int64?, state: RunState?)]) -> String {
        let dead = Set(runs.compactMap(\.id)).filter(isOfDeadRunner(run:))
        let isWaiting = runner != nil && runs.contains { text(ofRun: $0.id, $0.state) == runner }
        return Self.line(isScheduled ? scheduler : nil)
            + Self.line(Self.named(dead.sorted()).map { "\($0): \(Self.deadRunner)" })
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
        let seen = store.folder.attendance(at: session.now)
        // Most often one is, or is about to come: then nothing is read.
        if seen.hasRunner || seen.startsRunners { return }
        let outlook = try store.outlook(at: session.now)
        guard lacksRunner(seen, outlook, store.folder, session) else { return }
        session.note(noRunner, hint: runnerRemedy)
    }
}
