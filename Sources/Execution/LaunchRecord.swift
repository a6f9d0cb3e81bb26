import Cron
import Flows
import Glibc
import Storage
import Synchronization

/// One launch as it stands in a runner's file: native integers, read only by the same machine's
/// rescue.
struct LaunchRecord: Equatable {
    enum Phase: Int64 {
        /// About to be made: its process may or may not exist.
        case launching = 1
        case running = 2
        /// Its process has ended.
        case ended = 3
    }

    var taskID: Int64 = 0
    var attempt: Int64 = 0
    var launchedFrom: Int64 = 0
    var startedAt: Int64 = 0
    /// With `launchedFrom` the span of boot time (ns) in which the process was made.
    var launchedUntil: Int64 = 0
    /// 0 for a component, which is no process.
    var pid: Int64 = 0
    var phase: Int64 = 0
    // What follows is of now only in the phase `ended`.
    var endedAt: Int64 = 0
    var milliseconds: Int64 = 0
    var outcomeKind: Int64 = 0
    var outcomeNumber: Int64 = 0
    var userMicroseconds: Int64 = 0
    var systemMicroseconds: Int64 = 0
    /// 0 where it is not known.
    var maxRSSKiB: Int64 = 0

    static let bytes = 128
    /// Where the process is told of, and where its end: each is one write up to or from the phase.
    static let processOffset = 4 * 8
    static let phaseOffset = 6 * 8

    /// As it stands before its process is made.
    var encodedLaunch: [UInt8] {
        Self.encode([taskID, attempt, launchedFrom, startedAt, launchedUntil, pid, phase])
    }

    static func encode(_ values: [Int64]) -> [UInt8] {
        values.withUnsafeBytes { Array($0) }
    }

    init() {}

    /// - Precondition: `bytes` has `LaunchRecord.bytes`.
    init(_ bytes: ArraySlice<UInt8>) {
        precondition(bytes.count == Self.bytes, "a record has \(Self.bytes) bytes")
        let values = bytes.withUnsafeBytes { buffer in
            (0..<14).map { buffer.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self) }
        }
        taskID = values[0]
        attempt = values[1]
        launchedFrom = values[2]
        startedAt = values[3]
        launchedUntil = values[4]
        pid = values[5]
        phase = values[6]
        endedAt = values[7]
        milliseconds = values[8]
        outcomeKind = values[9]
        outcomeNumber = values[10]
        userMicroseconds = values[11]
        systemMicroseconds = values[12]
        maxRSSKiB = values[13]
    }

    /// What became of it; `nil` until its process has ended.
    var result: AttemptResult? {
        guard phase == Phase.ended.rawValue else { return nil }
        var result = AttemptResult(Self.outcome(kind: outcomeKind, number: outcomeNumber))
        result.endedAt = Instant(milliseconds: endedAt)
        result.duration = .milliseconds(milliseconds)
        result.usage.user = .microseconds(userMicroseconds)
        result.usage.system = .microseconds(systemMicroseconds)
        result.usage.maxRSSKiB = maxRSSKiB > 0 ? Int(maxRSSKiB) : nil
        return result
    }

    /// `nil` for an outcome that is no end of a process.
    static func stored(_ outcome: Outcome) -> (kind: Int64, number: Int64)? {
        switch outcome {
        case .exited(let code): (0, Int64(code))
        case .signalled(let signal): (1, Int64(signal))
        case .timedOut: (2, 0)
        case .cancelled: (3, 0)
        case .refused: (0, 1)
        case .notStarted, .interrupted: nil
        }
    }

    private static func outcome(kind: Int64, number: Int64) -> Outcome {
        switch kind {
        case 0: .exited(Int(number))
        case 1: .signalled(Int(number))
        case 2: .timedOut
        case 3: .cancelled
        default: .interrupted
        }
    }

    /// The first record of the file: in which world its pids mean something.
    struct Header: Equatable {
        let bootID: String
        /// The inode of `/proc/self/ns/pid`.
        let pidNamespace: Int64

        /// The digit counts layouts: another's records are not read, so that what was launched by them
        /// counts as interrupted.
        private static let magic: [UInt8] = Array("flower2\n".utf8)

        static let own = Header(bootID: Machine.bootID, pidNamespace: Machine.pidNamespace)

        init(bootID: String, pidNamespace: Int64) {
            self.bootID = bootID
            self.pidNamespace = pidNamespace
        }

        /// `nil` where the bytes are no header: the runner died before it wrote one, and launched
        /// nothing.
        init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count == LaunchRecord.bytes, bytes.starts(with: Self.magic) else {
                return nil
            }
            let start = bytes.startIndex
            pidNamespace = bytes.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: 8, as: Int64.self)
            }
            bootID = String(decoding: bytes[(start + 16)...].prefix { $0 != 0 }, as: UTF8.self)
        }

        var encoded: [UInt8] {
            let bytes = Self.magic + LaunchRecord.encode([pidNamespace]) + Array(bootID.utf8)
            return bytes + [UInt8](repeating: 0, count: max(0, LaunchRecord.bytes - bytes.count))
        }
    }
}

/// Which slots of a runner's file are in use: the lowest free one is given, so that the file stays
/// small.
final class Slots: Sendable {
    private struct State {
        var free: [Int] = []
        var count = 0
    }

    private let state = Mutex(State())

    func take() -> Int {
        state.withLock { state in
            if let index = state.free.popLast() { return index }
            state.count += 1
            return state.count - 1
        }
    }

    func giveBack(_ index: Int) { state.withLock { $0.free.append(index) } }
}

extension Duration {
    /// Whole microseconds, rounded towards zero.
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
