import CLinux
import Components
import Cron
import Flows
import Glibc
import HostTime
import Storage
import Systemd

/// Drains every ready task of a state folder, and ends.
///
/// One event thread, the caller's, launches, reaps, reads, times out and decides; a second commits
/// what the first has gathered (`TurnWriter`); a third writes logs. One turn is one transaction:
/// what ended, what that freed, what is claimed next. Launches happen outside it, after the claim
/// is durable (promise 2).
///
/// How far ahead it claims follows from how fast tasks end: twice what ended since the last turn; of a crowd of
/// components three times, so that one half is executed while the other is committed. So thousands
/// of short tasks share a commit, and a long one never waits behind another in this runner while a
/// second runner is free.
///
/// Not to be shared between threads; `run` is called once.
package final class Runner {
    package struct Options: Sendable {
        /// Processes and components at once, 1...`RunnerLimit.workers`.
        package var workers = 8
        /// Stays for a fire that comes within this time.
        package var linger: Duration = .seconds(2)
        /// Stays until the retries that are still to come have been made.
        package var waitsForRetries = false
        /// What the wake file said, where whoever made this has taken it already.
        package var announced: Announcement?
        /// Whether it waits without limit for a database that others have locked: somebody reads its
        /// status, and would only start it again.
        package var isPatient = false
        /// Whether what tasks print goes to the journal too.
        package var toJournal = false
        /// How long tasks may run on once the runner is asked to stop.
        package var drain = RunnerLimit.drain
        /// The longest time between TERM and KILL then; `nil` = each task's own.
        private(set) var lastGrace: Duration?
        /// The program that takes mails, a path or a name in `TaskWorld.path`.
        package var sendmail = "/usr/sbin/sendmail"

        package init() {}

        /// Lets tasks run on for `drain` once the runner is asked to stop. Whoever says how long waits for what
        /// ignores TERM no longer than an eighth of that, or a second: docker-stop(1) kills after 10 s.
        package mutating func stop(after drain: Duration) {
            self.drain = drain
            lastGrace = max(drain / 8, .seconds(1))
        }
    }

    package struct Ending: Sendable, Equatable {
        /// Tasks whose last attempt ended in this run of the runner, and failed; hooks are counted apart.
        package var failedTasks = 0
        /// Hooks of which that is so.
        package var failedHooks = 0
        /// The first of them, each in a sentence.
        package var hookFailures: [String] = []
        /// Tasks that were launched.
        package var launchedTasks = 0
        /// Tasks that were ended because it was asked twice to stop.
        package var cancelledTasks = 0
        /// Whether it ended because it was asked to.
        package var isStopped = false
        /// Whether a next runner would find something to do; known where `isStopped`.
        package var leavesWork = false
        /// What could not be kept of the output.
        package var logFault: String?
        /// Why it ended though tasks were ready: the system had no room for a process.
        package var scarcity: String?
        /// The soonest retry that is to come, for whoever keeps the alarm.
        package var nextRetryAt: Instant?

        /// So many are told in sentences.
        private static let hooksTold = 10

        /// Of tasks and hooks.
        package var failures: Int { failedTasks + failedHooks }

        /// - Parameter states: what each of `ends` made of its task.
        mutating func count(_ ends: [AttemptEnd], _ states: [TaskState?]) {
            for (end, state) in zip(ends, states) where state == .failed {
                guard end.start.claim.isHook else {
                    failedTasks += 1
                    continue
                }
                failedHooks += 1
                if hookFailures.count < Self.hooksTold {
                    hookFailures.append(JournalEvent.ended(end, state).text)
                }
            }
        }
    }

    let store: Store
    let options: Options
    /// Made when a component is to run: a look that finds nothing does without.
    lazy var registry = makeRegistry()
    private let makeRegistry: () -> ComponentRegistry
    /// Plans fires that the scheduler has announced; `nil` = they are the scheduler's.
    let plan: (Announcement) throws -> PlannedFires?
    /// What the journal is told of a fire that this runner records.
    let event: (RecordedFire) -> JournalEvent?
    let notifier: any ServiceNotifier
    let givenSink: (any LogSink)?
    let loop: EventLoop
    let wake: WakeFile
    /// From when it has run for a while.
    var wakeWatch: FolderWatch?
    let outputs: OutputFolder
    var ending = Ending()
    /// Made when there is work for the first time.
    var crew: Crew?

    var worlds: WorldCache
    /// Claimed and not begun.
    var pending = ClaimQueue<Claim>()
    /// By task.
    var running: [Int64: Attempt] = [:]
    var news = TurnNews()
    var pace = TurnPace()
    var stop = StopStage.no
    var rescues: [Rescue] = []
    var timers: [TimerPurpose: TimerQueue.Timer] = [:]
    var lingerUntil: Instant?
    /// When the next run is over its time, or too late for its start.
    var nextLimitAt: Instant?
    /// To be registered when the alarm rings.
    var planned: PlannedFires?
    var alarm: Alarm?
    /// Of claims that are about to be launched, by task.
    var prepared: [Int64: TaskWorld] = [:]
    /// `nil` while the system gives every process that is asked for.
    var scarcity: Scarcity?

    enum StopStage: Comparable {
        case no
        /// Nothing is begun any more.
        case draining
        /// What runs was told to end.
        case cancelling
        /// What does not end is left alone.
        case abandoning
    }

    enum TimerPurpose: Hashable {
        case commit, begun, patience, retry, limit, peers, stop, linger, wakes, scarcity
    }

    /// - Parameter sink: `nil` = files in the state folder.
    package init(
        _ store: Store,
        options: Options = Options(),
        registry: @autoclosure @escaping () -> ComponentRegistry = .builtIn,
        notifier: any ServiceNotifier = SilentNotifier(),
        sink: (any LogSink)? = nil,
        plan: @escaping (Announcement) throws -> PlannedFires? = { _ in nil },
        event: @escaping (RecordedFire) -> JournalEvent? = { _ in nil }
    ) throws(SystemFailure) {
        precondition((1...RunnerLimit.workers).contains(options.workers), "workers out of range")
        self.store = store
        self.options = options
        makeRegistry = registry
        self.notifier = notifier
        givenSink = sink
        self.plan = plan
        self.event = event
        wake = WakeFile(store.folder)
        outputs = OutputFolder(store.folder, instance: store.instance)
        worlds = WorldCache(outputs)
        loop = try EventLoop()
    }

    /// Runs until nothing is ready and nothing runs, or until it is asked to stop.
    ///
    /// SIGTERM and SIGINT: the first lets tasks end within `Options.drain`, the second ends them. SIGHUP is a
    /// first one, however often it comes.
    ///
    /// - Throws: `StorageError` where the database stayed unusable, `SystemFailure` where the
    ///   system refused what every runner needs.
    package func run() throws -> Ending {
        note(wake.take() ?? options.announced)
        // A child of SIGCHLD's being ignored would leave no status to wait for, and no signal tells of its end.
        signal(SIGCHLD, SIG_DFL)
        let hasWork = try store.hasWork(at: .now)
        let hasPeers = try lookAtPeers()
        guard hasWork || hasPeers || lingerUntil != nil || options.waitsForRetries else {
            notifier.ready()
            return ending
        }
        let signals = try StopSignals()
        defer { signals.restore() }
        try listen(to: signals)
        setTimer(.wakes, after: RunnerLimit.unwatched) { [unowned self] in listenForWakes() }
        notifier.ready()
        scheduleNextLook()
        while try !advance() {
            try loop.turn(limit: turnLimit)
            // A commit that never returns leaves this loop turning, and is no progress.
            if !pace.isStuck { notifier.turned() }
            tellDelays()
        }
        return try finish()
    }

    /// Does what can be done now.
    ///
    /// - Returns: whether nothing is left to wait for.
    private func advance() throws -> Bool {
        if let components = crew?.components, !components.isEmpty { components.collect() }
        if let fatal = pace.fatal { throw fatal }
        while true {
            // The writer commits them while what it has claimed last is executed.
            if hasHalf, !isAlone { _ = try record() }
            try launch()
            let didCommit = try record()
            if didCommit, !pending.isEmpty || pace.mayHaveMore { continue }
            guard isIdle else { return false }
            if stop > .no { return true }
            if pace.hasLookedLast { return !isStaying }
            // The last look: what is committed after this makes a new wake file, which is seen by
            // inotify here or by systemd's path unit after us.
            note(wake.take())
            pace.hasLookedLast = true
            pace.mayHaveMore = true
        }
    }

    /// Nothing runs, nothing is claimed, nothing is to be written.
    private var isIdle: Bool {
        isAlone && news.isEmpty && !pace.isWriting
            && (!pace.mayHaveMore && scarcity == nil || stop > .no)
    }

    /// Nothing runs and nothing is claimed: nobody waits for this thread.
    var isAlone: Bool {
        running.isEmpty && pending.isEmpty && rescues.isEmpty && crew?.components.isEmpty != false
    }

    var componentLoad: (queued: Int, open: Int) { crew?.components.load ?? (0, 0) }

    /// Of the workers, those without a task.
    var freeSlots: Int {
        min(options.workers, crew?.room ?? .max, scarcity?.room ?? .max) - running.count
            - componentLoad.open + (crew?.processes.reapedCount ?? 0)
    }

    /// While components follow each other, their lanes do not tell of each end.
    private var turnLimit: Duration? {
        componentLoad.queued > 0 ? RunnerLimit.commitGap : notifier.turnLimit
    }

    private func finish() throws -> Ending {
        notifier.stopping()
        // From its last look on, what is committed is seen by systemd's path unit.
        wakeWatch?.stop()
        guard let crew else { return ending }
        crew.writer.finish()
        // Its lock is held until then: whoever follows the lines of its tasks waits for them as long.
        ending.logFault = crew.sink.finish(limit: RunnerLimit.logFinish)
        try store.note(news.laterLosses + news.losses + crew.sink.takeLosses())
        if crew.hasClaimed { try store.endRunner(crew.identity, at: .now) }
        crew.file.remove()
        // A runner that goes on has not been told of what this one leaves, and its slots may be free.
        if ending.nextRetryAt != nil || nextLimitAt != nil, store.folder.hasLivingRunner {
            store.folder.touchWake()
        }
        if ending.isStopped { ending.leavesWork = try store.hasWork(at: .now) }
        return ending
    }
}

/// The parts of a runner that only one with work needs: a look that finds nothing costs no thread.
final class Crew {
    let identity: RunnerIdentity
    let file: RunnerFile
    let sink: any LogSink
    let processes: ProcessLauncher
    let components: ComponentLauncher
    let writer: TurnWriter
    /// How many processes at once the limit on descriptors has room for.
    let room: Int
    var hasClaimed = false

    init(
        _ store: Store,
        _ loop: EventLoop,
        _ registry: ComponentRegistry,
        _ outputs: OutputFolder,
        workers: Int,
        toJournal: Bool,
        sink: (any LogSink)?
    ) throws(SystemFailure) {
        let descriptors = clinux_raise_descriptors(RunnerLimit.descriptors)
        room = max(1, (Int(descriptors) - RunnerLimit.ownDescriptors) / RunnerLimit.taskDescriptors)
        file = try RunnerFile(in: store.folder, workers: workers)
        identity = RunnerIdentity(
            id: file.id,
            pid: getpid(),
            bootID: Machine.bootID,
            workers: workers
        )
        // Before the sinks' threads are made.
        let orphans = try Orphans(loop)
        if let sink { self.sink = sink } else { self.sink = try Self.sink(store.folder, toJournal) }
        processes = try ProcessLauncher(loop, self.sink, file, orphans)
        components = try ComponentLauncher(loop, registry, self.sink, file, outputs)
        writer = try TurnWriter(store, identity)
    }

    /// Files, which `flower logs` reads; and the journal beside them where it is to be had.
    private static func sink(
        _ folder: StateFolder,
        _ toJournal: Bool
    ) throws(SystemFailure) -> any LogSink {
        // Without libsystemd there is nobody to ask for the journal either.
        guard toJournal, let journal = try? Journal() else { return try FileLogSink(folder) }
        let room = try Signal()
        return PairedLogSink(
            try FileLogSink(folder, room: room),
            try JournalLogSink(journal, room: room),
            room: room
        )
    }
}

/// The worlds of the runs seen last.
struct WorldCache {
    private var worlds: [Int64: RunWorld] = [:]
    private let account = Account.current
    private let outputs: OutputFolder

    init(_ outputs: OutputFolder) { self.outputs = outputs }

    mutating func removeAll() { worlds = [:] }

    /// Forgotten all at once beyond this: one is small, and a drain asks for the same ones again.
    private static let limit = 1_000

    mutating func world(of run: RunContext) throws(TaskWorld.Fault) -> RunWorld {
        if let known = worlds[run.runID] { return known }
        // The zone was good when the run was registered; one that has gone since is told as UTC.
        let zone = (try? HostZone.ofRun(run.timezone)) ?? .utc
        let world = try RunWorld(run, account: account, zone: zone, outputs: outputs)
        if worlds.count >= Self.limit { worlds.removeAll() }
        worlds[run.runID] = world
        return world
    }
}
