import CLinux
import Cron
import GRDB
import Glibc

/// Who is alive in a state folder, as the locks know it: the kernel gives them back when a process ends,
/// however it does.
///
/// A scheduler holds `scheduler.lock` shared, and a second byte of it where it starts runners; a runner
/// holds its file in `runners/`. `flower tick`, which a timer starts, leaves there when it was.
package struct Attendance: Sendable, Equatable {
    /// A scheduler is alive, or a timer starts `flower tick`.
    package var hasScheduler = false
    /// One has been: its lock is there.
    package var hadScheduler = false
    /// A scheduler is alive that starts runners (`--run`).
    package var startsRunners = false
    package var hasRunner = false
    /// A wake lies there that nobody has taken.
    package var hasWake = false
}

extension StateFolder {
    package var schedulerLockPath: String { "\(path)/scheduler.lock" }

    package func attendance(at now: Instant) -> Attendance {
        let lock = probe(schedulerLockPath)
        defer { if lock >= 0 { close(lock) } }
        let isLocked = { (byte: Int64) in clinux_ofd_byte_is_locked(lock, byte) == 1 }
        var found = Attendance(hasRunner: hasLivingRunner)
        found.hasWake = access(wakePath, F_OK) == 0
        // Who may not look into it takes the scheduler for alive.
        found.hasScheduler = lock < 0 && access(schedulerLockPath, F_OK) == 0
        guard lock >= 0 else { return found }
        found.hadScheduler = true
        found.hasScheduler =
            isLocked(SchedulerLock.schedulers) || Ticks(lock).areKept(at: now)
        found.startsRunners = isLocked(SchedulerLock.starters)
        return found
    }

    /// Whether a runner holds its file: somebody who may not look takes nobody for one.
    package var hasLivingRunner: Bool {
        guard let folder = opendir(runnersPath) else { return false }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if Int64(name) != nil, isHeld("\(runnersPath)/\(name)") { return true }
        }
        return false
    }

    /// Whether somebody holds the file locked. Locks nothing itself, so that no rescuer takes the asker for
    /// its owner.
    package func isHeld(_ path: String) -> Bool {
        let descriptor = probe(path)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return clinux_ofd_is_locked(descriptor) == 1
    }

    /// Whether a runner is dead for sure: not where its file is closed to whoever asks.
    package func isDead(runner id: Int64) -> Bool {
        let descriptor = probe("\(runnersPath)/\(id)")
        guard descriptor >= 0 else { return errno == ENOENT }
        defer { close(descriptor) }
        return clinux_ofd_is_locked(descriptor) == 0
    }

    private func probe(_ path: String) -> Int32 {
        open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)
    }
}

/// `scheduler.lock`, held by a scheduler while it lives.
package final class SchedulerLock: Sendable {
    static let schedulers: Int64 = 0
    static let starters: Int64 = 1

    private let descriptor: Int32

    /// - Parameter startsRunners: whether it starts `flower run` when there is work.
    /// - Throws: `StorageError` where the file cannot be made.
    package init(_ folder: StateFolder, startsRunners: Bool) throws {
        descriptor = folder.openFile(folder.schedulerLockPath, O_RDWR)
        guard descriptor >= 0 else {
            throw StorageError(
                errno == EACCES || errno == EPERM ? .notAllowed : .cannotCreate,
                "cannot open \(folder.schedulerLockPath): \(systemMessage())",
                hint: "check the owner and mode of the state folder"
            )
        }
        // Nobody ever locks it exclusively: it is had at once.
        _ = clinux_ofd_share_byte(descriptor, Self.schedulers)
        if startsRunners { _ = clinux_ofd_share_byte(descriptor, Self.starters) }
    }

    deinit { close(descriptor) }
}

/// When `flower tick` was started last, and the time before: in `scheduler.lock`.
package struct Ticks {
    private var last: Int64?
    private var before: Int64?

    init(_ descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: Self.bytes)
        let count = descriptor >= 0 ? pread(descriptor, &bytes, bytes.count, 0) : 0
        let words = bytes.prefix(max(count, 0)).split(separator: UInt8(ascii: " "))
        let numbers = words.compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
        (last, before) = (numbers.first, numbers.dropFirst().first)
    }

    /// Two instants, with blanks to the end.
    private static let bytes = 48
    /// Less than that is no timer's period.
    private static let least: Int64 = 60_000
    /// Of a first one nobody knows what is to follow.
    private static let unknown: Int64 = 5 * 60_000
    private static let most: Int64 = 86_400_000

    /// Whether the next one is still to be expected: one that is late by its whole period does not come.
    func areKept(at now: Instant) -> Bool {
        guard let last else { return false }
        let period = before.map { min(max(last - $0, Self.least), Self.most) } ?? Self.unknown
        return abs(now.milliseconds - last) <= 2 * period
    }

    /// Notes one. Nobody depends on it: where it cannot be written, pages tell that no scheduler is alive.
    package static func note(at now: Instant, in folder: StateFolder) {
        let descriptor = folder.openFile(folder.schedulerLockPath, O_RDWR)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let former = Ticks(descriptor).last.map { " \($0)" } ?? ""
        let text = Array("\(now.milliseconds)\(former)".utf8)
        let padding = [UInt8](repeating: UInt8(ascii: " "), count: max(0, bytes - text.count))
        _ = pwrite(descriptor, text + padding, bytes, 0)
    }
}

extension Store {
    /// The runners that have not said that they ended, and are dead: what they had taken stands still until
    /// a runner rescues it.
    package func deadRunners() throws -> [RunnerIdentity] {
        try unendedRunners().filter { folder.isDead(runner: $0.id) }
    }

    /// Of the runner that a row of `task` names, if it is claimed.
    func isLeft(by runner: Int64?) -> Bool { runner.map(folder.isDead(runner:)) ?? false }

    /// What depends on who is alive, read at once.
    package func outlook(at now: Instant) throws -> Outlook {
        let (outlook, running) = try read { db in
            let sql = """
                SELECT EXISTS (SELECT 1 FROM schedule JOIN flow ON flow.id = flow_id
                    WHERE schedule.removed_at_ms IS NULL AND flow.removed_at_ms IS NULL
                      AND (paused_at_ms IS NULL OR paused_until_ms <= :now)),
                  EXISTS (SELECT 1 FROM task
                    WHERE rank_ms IS NOT NULL AND rank_ms - priority * 60000 < :since)
                    OR EXISTS (SELECT 1 FROM task WHERE retry_at_ms < :since),
                  NOT EXISTS (SELECT 1 FROM runner),
                  (SELECT json_group_array(json_array(runner_id, id, run_id)) FROM task
                    WHERE status = 1)
                """
            let since = now.milliseconds - Self.runnerStart
            let arguments: StatementArguments = ["now": now.milliseconds, "since": since]
            guard let row = try Row.fetchOne(db, sql: sql, arguments: arguments) else {
                preconditionFailure("a SELECT without FROM has one row")
            }
            let outlook = Outlook(hasSchedule: row[0], hasWorkWaiting: row[1], hadNoRunner: row[2])
            // A decoder is half a millisecond of a registration, and most often nothing runs.
            let running: String = row[3]
            return (outlook, running == "[]" ? [] : try Self.decode([[Int64]].self, running))
        }
        var (found, dead) = (outlook, [Int64: Bool]())
        for task in running {
            let isDead = dead[task[0]] ?? folder.isDead(runner: task[0])
            dead[task[0]] = isDead
            if isDead { found.left[task[1]] = task[2] }
        }
        return found
    }

    /// The units' timer looks each minute.
    private static let runnerStart: Int64 = 65_000
}

/// What waits for a scheduler or a runner.
package struct Outlook: Sendable, Equatable {
    /// A schedule is to make runs: one of a flow that is there and not paused.
    package let hasSchedule: Bool
    /// A task has been ready, or its retry due, for longer than it takes to start a runner by any of the ways
    /// that there are.
    package let hasWorkWaiting: Bool
    /// No runner has ever claimed a task here.
    package let hadNoRunner: Bool
    /// The tasks that dead runners had taken, by id, each with its run.
    package var left: [Int64: Int64] = [:]
}
