import CLinux
import Cron
import Flows
import Glibc
import Storage

/// `runners/<id>`: held locked while its runner lives, and the record of what it launched.
///
/// - The lock is an open-file-description lock on a close-on-exec descriptor. A child between fork
///   and exec holds it too, so a free lock means that the runner is dead and every child has exec'd
///   or gone. There are no heartbeats: a stopped or slow runner still holds its lock.
/// - A launch is written before its process is made, the pid after, the end at the reap; without
///   fsync, so it outlives the runner's death but not a power cut. pwrite(2), not a mapping: a full
///   disk is then an error to be told, not a SIGBUS.
///
/// A slot is used again only once the database has the end of the attempt in it. Safe to use from
/// any thread.
package final class RunnerFile: @unchecked Sendable {
    package let id: Int64
    private let path: String
    private let descriptor: Int32
    private let slots = Slots()

    /// Where one launch is recorded. Given back when the database has its end.
    package final class Slot: Sendable {
        let index: Int
        private let slots: Slots

        fileprivate init(_ index: Int, _ slots: Slots) {
            self.index = index
            self.slots = slots
        }

        deinit { slots.giveBack(index) }
    }

    /// Makes and locks a file of a new number.
    ///
    /// - Throws: `SystemFailure` where the folder cannot be written.
    package init(in folder: StateFolder, workers: Int) throws(SystemFailure) {
        while true {
            let id = Int64.random(in: 1 ... .max)
            let path = "\(folder.runnersPath)/\(id)"
            let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY
            let descriptor = open(path, flags, 0o600)
            if descriptor < 0, errno == EEXIST { continue }
            guard descriptor >= 0 else {
                throw SystemFailure("cannot make the runner's file \(path)")
            }
            // A peer may look at it before it is locked, and take it for a dead runner's.
            var status = stat()
            if clinux_ofd_lock_try(descriptor, Int16(F_WRLCK)) == 0,
                fstat(descriptor, &status) == 0,
                status.st_nlink == 1
            {
                self.id = id
                self.path = path
                self.descriptor = descriptor
                break
            }
            close(descriptor)
        }
        // Preallocated: what is recorded while the disk is full must find its place (promise 3).
        let records = LaunchRecord.bytes * (workers * 4 + RunnerLimit.claimsAhead)
        let code = posix_fallocate(descriptor, 0, off_t(records))
        guard code == 0 || code == EOPNOTSUPP || code == EINVAL else {
            // `deinit` closes it: every property has its value.
            unlink(path)
            throw SystemFailure("cannot make room for the runner's file \(path)", code: code)
        }
        write(LaunchRecord.Header.own.encoded, at: 0)
    }

    /// Without `remove` the file stays, for a rescue: closing gives the lock back.
    deinit { close(descriptor) }

    /// Ends the record of a runner that leaves nothing behind.
    package func remove() { unlink(path) }

    func takeSlot() -> Slot { Slot(slots.take(), slots) }

    /// Says that a claim's process is about to be made, or its component to begin.
    ///
    /// - Returns: whether it could be written. Nothing may be launched where it could not: to a rescue it
    ///   would be a claim that was never launched, and may be made again.
    func willLaunch(_ claim: Claim, at startedAt: Instant, in slot: Slot) -> Bool {
        var record = LaunchRecord()
        record.taskID = claim.taskID
        record.attempt = Int64(claim.attempt)
        record.phase = LaunchRecord.Phase.launching.rawValue
        record.launchedFrom = BootTime.now.nanoseconds
        record.startedAt = startedAt.milliseconds
        return write(record.encodedLaunch, at: offset(slot))
    }

    /// Nothing was launched after all: to a rescue, the claim has no launch.
    func didNotLaunch(in slot: Slot) {
        write([UInt8](repeating: 0, count: LaunchRecord.bytes), at: offset(slot))
    }

    func didLaunch(_ pid: pid_t, in slot: Slot) {
        let running = LaunchRecord.Phase.running.rawValue
        write(
            LaunchRecord.encode([BootTime.now.nanoseconds, Int64(pid), running]),
            at: offset(slot) + LaunchRecord.processOffset
        )
    }

    /// Says how it ended; what Flower decided (`verdict`) outlives the runner too: a task that ran
    /// too long was not interrupted.
    func didEnd(_ result: AttemptResult, in slot: Slot, verdict: Outcome? = nil) {
        guard let (kind, number) = LaunchRecord.stored(verdict ?? result.outcome) else { return }
        let values: [Int64] = [
            LaunchRecord.Phase.ended.rawValue, result.endedAt.milliseconds,
            result.duration.milliseconds, kind, number, result.usage.user.microseconds,
            result.usage.system.microseconds, Int64(result.usage.maxRSSKiB ?? 0),
        ]
        write(LaunchRecord.encode(values), at: offset(slot) + LaunchRecord.phaseOffset)
    }

    private func offset(_ slot: Slot) -> Int { LaunchRecord.bytes * (slot.index + 1) }

    /// The room was allocated: a full disk is no failure, a disk that has become read-only is. Of a launch
    /// that is recorded a rescue still finds the processes by their environment, and takes the attempt for
    /// interrupted.
    @discardableResult
    private func write(_ bytes: [UInt8], at offset: Int) -> Bool {
        let count = bytes.withUnsafeBytes {
            pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset))
        }
        return count == bytes.count
    }
}
