import Glibc

/// Tells systemd what the service does: the protocol of sd_notify(3), datagrams of `KEY=value` lines.
///
/// Spoken here and not by libsystemd, whose call waits as long as systemd's socket is full, and with
/// it the loop; and whose loading would cost a start of `flower run` half a millisecond.
///
/// Of one thread.
package final class Notifier: ServiceNotifier {
    private let descriptor: Int32
    private var address: sockaddr_un
    private let addressSize: socklen_t

    /// The pause after which systemd ends us, `WATCHDOG_USEC`; `nil` = it does not look.
    package let watchdog: Duration?
    private var fedAt: Duration?
    private var turnedAt: Duration?
    private var delay: Duration?

    private var text = ""
    private var toldText = ""
    private var toldAt: Duration?

    /// A status that changes with every commit is told no more often.
    static let statusGap: Duration = .seconds(1)
    /// Nor is the watchdog fed by each of a thousand turns a second. (Skipped turns add to the longest
    /// pause that systemd sees.)
    private static let feedingGap: Duration = .seconds(1)
    /// How long READY, RELOADING and STOPPING wait where the socket is full: lost, they would make
    /// systemd end us.
    private static let patienceSeconds = 5

    /// From the environment, as sd_notify(3) and sd_watchdog_enabled(3) read it. It is removed from
    /// there, so that no child speaks for us.
    ///
    /// - Returns: `nil` without `NOTIFY_SOCKET`: then nothing is told.
    package static func take() -> Notifier? {
        defer { for name in variables { unsetenv(name) } }
        let values = variables.map { name in getenv(name).map { String(cString: $0) } }
        guard let path = values[0] else { return nil }
        return Notifier(
            socket: path,
            watchdog: watchdog(microseconds: values[1], pid: values[2], own: getpid())
        )
    }

    private static let variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]

    /// - Parameters:
    ///   - microseconds: `WATCHDOG_USEC`.
    ///   - pid: `WATCHDOG_PID`: whom it is meant for; `nil` = whoever reads it.
    package static func watchdog(microseconds: String?, pid: String?, own: pid_t) -> Duration? {
        guard let microseconds = microseconds.flatMap({ Int64($0) }), microseconds > 0 else {
            return nil
        }
        if let pid, pid_t(pid) != own { return nil }
        return .microseconds(microseconds)
    }

    /// - Parameter path: of a socket; `@` stands for the zero byte of an abstract one (unix(7)).
    /// - Returns: `nil` where that is no address, or there is no socket to be had: no service fails
    ///   for want of somebody to tell.
    package init?(socket path: String, watchdog: Duration?) {
        var bytes = Array(path.utf8)
        var address = sockaddr_un()
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard let first = bytes.first, bytes.count < room else { return nil }
        guard first == UInt8(ascii: "/") || first == UInt8(ascii: "@") else { return nil }
        let isAbstract = first == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 0
        // A path ends with a zero byte, an abstract name where the length says.
        addressSize = socklen_t(start + bytes.count + (isAbstract ? 0 : 1))
        self.address = address
        self.watchdog = watchdog
        descriptor = Glibc.socket(AF_UNIX, Self.datagrams, 0)
        guard descriptor >= 0 else { return nil }
        var limit = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private static let datagrams = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)

    package var isHeard: Bool { true }

    /// A quarter of the watchdog's time; sooner where there is something left to tell.
    package var turnLimit: Duration? {
        let feeding = watchdog.map { $0 / 4 }
        guard text != toldText, let toldAt else { return feeding }
        let telling = max(toldAt + Self.statusGap - Self.now, .zero)
        return min(telling, feeding ?? telling)
    }

    package func ready() { tell("READY=1") }

    package func reloading() {
        // MONOTONIC_USEC is asked for since systemd 253.
        let (seconds, attoseconds) = Self.now.components
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        tell("RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
    }

    package func stopping() { tell("STOPPING=1") }

    package func status(_ text: String) {
        self.text = Self.cut(String(text.map { $0.isNewline || $0 == "\0" ? " " : $0 }))
        tellStatus(Self.now)
    }

    package func turned() {
        let now = Self.now
        if let watchdog {
            if let turnedAt, now - turnedAt >= watchdog / 2 { delay = now - turnedAt }
            turnedAt = now
            let gap = min(watchdog / 4, Self.feedingGap)
            if fedAt.map({ now - $0 >= gap }) ?? true, send("WATCHDOG=1") { fedAt = now }
        }
        tellStatus(now)
    }

    package func takeDelay() -> Duration? {
        defer { delay = nil }
        return delay
    }

    private func tellStatus(_ now: Duration) {
        guard text != toldText, toldAt.map({ now - $0 >= Self.statusGap }) ?? true else { return }
        if send("STATUS=\(text)") { toldText = text }
        toldAt = now
    }

    /// So that a notification has at most 4,096 bytes: systemd throws a longer one away as a whole, 257 and
    /// later without a word.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > statusBytes else { return text }
        let mark = "…"
        var kept = String.UnicodeScalarView()
        var bytes = mark.utf8.count
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > statusBytes { break }
            kept.append(scalar)
        }
        return String(kept) + mark
    }

    /// NOTIFY_BUFFER_MAX of systemd, without `STATUS=`.
    static let statusBytes = 4_096 - "STATUS=".utf8.count

    /// What must not be lost waits a little where the socket is full. It stands alone, so that nothing beside
    /// it can be why systemd throws it away; the status follows at once.
    private func tell(_ message: String) {
        _ = send(message, flags: 0)
        guard text != toldText, send("STATUS=\(text)") else { return }
        toldText = text
        toldAt = Self.now
    }

    private func send(_ message: String, flags: Int32 = Int32(MSG_DONTWAIT)) -> Bool {
        let bytes = Array(message.utf8)
        let sent = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, flags, $0, addressSize)
            }
        }
        return sent == bytes.count
    }

    /// CLOCK_MONOTONIC, by which systemd looks.
    private static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
