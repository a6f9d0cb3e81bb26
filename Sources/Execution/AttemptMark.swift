import Cron
import Flows
import Glibc
import Storage

/// What the processes of one attempt have in common and no other process has.
///
/// - The environment that they were given: but a program may clear it for those that it starts (env(1) `-i`, sudo(8)).
/// - The soft limit of file locks (RLIMIT_LOCKS), which the kernel has not looked at since Linux 2.4.25 and
///   hands down to whatever a process makes and execs. Anybody may read it in `/proc/PID/limits`, also a
///   zombie's.
struct AttemptMark: Hashable {
    /// Never 0, and never RLIM_INFINITY.
    let locks: UInt64

    private static let names = [
        "FLOWER_INSTANCE", "FLOWER_RUN", "FLOWER_TASK", "FLOWER_ITEM", "FLOWER_ATTEMPT",
    ]

    init(_ claim: Claim) {
        let run = claim.run
        self.init([
            run.instance, "\(run.runID)", claim.name, "\(claim.item)", "\(claim.attempt)",
        ])
    }

    /// - Parameter values: in the order of `names`.
    private init(_ values: [String]) {
        locks = FNV1a.hash(values.joined(separator: "\n")) >> 2 | 1
    }

    /// As the environment of a process tells it. That of another user's cannot be read.
    private init?(environmentOf pid: pid_t) {
        guard let bytes = ProcFile.bytes("/proc/\(pid)/environ") else { return nil }
        let variables = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        var values: [String] = []
        for name in Self.names {
            guard let found = variables.first(where: { $0.hasPrefix("\(name)=") }) else {
                return nil
            }
            values.append(String(found.dropFirst(name.utf8.count + 1)))
        }
        self.init(values)
    }

    /// Whether the process has it.
    func isOn(_ pid: pid_t) -> Bool {
        Self.locks(of: pid) == locks || Self(environmentOf: pid) == self
    }

    /// Of these marks, the one that the process has.
    static func first(of marks: Set<AttemptMark>, on pid: pid_t) -> AttemptMark? {
        if let locks = locks(of: pid), marks.contains(Self(locks: locks)) {
            return Self(locks: locks)
        }
        return Self(environmentOf: pid).flatMap { marks.contains($0) ? $0 : nil }
    }

    /// Whether the process has another mark than this one, which may be a task's itself, has from its maker.
    static func isForeign(on pid: pid_t) -> Bool {
        guard let locks = locks(of: pid) else { return false }
        return locks != Self.locks(of: getpid())
    }

    private init(locks: UInt64) { self.locks = locks }

    /// `nil` where there is no such process, or none.
    private static func locks(of pid: pid_t) -> UInt64? {
        guard let bytes = ProcFile.bytes("/proc/\(pid)/limits") else { return nil }
        let name = "Max file locks"
        let line = bytes.split(separator: 10).first { $0.starts(with: name.utf8) }
        let soft = line?.dropFirst(name.utf8.count).split(separator: 32).first
        return soft.flatMap { UInt64(String(decoding: $0, as: UTF8.self)) }
    }
}
