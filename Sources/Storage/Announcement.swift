import Cron
import Glibc

/// A fire that is near, as the scheduler tells runners of it: text in `wake`.
///
/// A runner that stays for it says so (`StateFolder.accept`), plans the fire ahead, and at its instant
/// registers it in the very transaction that claims its tasks: one commit between the due instant and
/// the launch in place of two, and none of another process's pages to read. The scheduler leaves the
/// fire to it for `grace`, and then registers what is not registered: that a runner died, was stopped or
/// is slow costs the grace and no fire.
package struct Announcement: Sendable, Equatable {
    /// When the fire is to be registered: its due instant and its schedule's jitter.
    package let at: Instant
    /// Whose fires, ascending; empty where they are more than a runner need plan.
    package let schedules: [Int64]

    package init(at: Instant, schedules: [Int64]) {
        self.at = at
        self.schedules = schedules
    }

    /// More are as quick in transactions of the scheduler's own, while runners work on the first.
    package static let limit = 32
    /// Of the clock, ms: beyond what a commit takes, and below what anybody notices.
    package static let grace: Int64 = 10

    /// Milliseconds since 1970, then the schedules, with spaces between.
    var text: String {
        ([at.milliseconds] + schedules).map(String.init).joined(separator: " ") + "\n"
    }

    /// Reads what `text` gave.
    package init?(_ text: some StringProtocol) {
        let numbers = text.split { !$0.isNumber }.compactMap { Int64($0) }
        guard let first = numbers.first else { return nil }
        at = Instant(stored: first)
        schedules = Array(numbers.dropFirst().prefix(Self.limit))
    }
}

extension StateFolder {
    /// Tells whoever watches that work was committed: runner, scheduler, console, systemd's path unit.
    ///
    /// Called after the commit. Nothing is written, so a full disk does not matter once the file is there;
    /// where it cannot be made, the timer and the next look find the work.
    package func touchWake() {
        var descriptor = openFile(wakePath, O_WRONLY)
        // A FIFO or a socket: whoever watches is told of a file alone.
        if descriptor < 0, errno == ENXIO, unlink(wakePath) == 0 {
            descriptor = openFile(wakePath, O_WRONLY)
        }
        if descriptor >= 0 { close(descriptor) }
    }

    /// The same, and tells a runner with nothing left to do of a fire that it may stay for.
    package func touchWake(announcing announcement: Announcement) {
        // In one step, so that nobody reads half of it.
        let draft = "\(wakePath).\(getpid())"
        guard write(announcement.text, to: draft), rename(draft, wakePath) == 0 else {
            unlink(draft)
            return touchWake()
        }
    }

    /// Says that this process will register the fires of an announcement at its instant.
    package func accept(_ announcement: Announcement) {
        _ = write(announcement.text, to: acceptedPath)
    }

    /// The announcement accepted last; of some fire long ago, where none came since.
    package func accepted() -> Announcement? { Self.announcement(in: acceptedPath) }

    private var acceptedPath: String { "\(runnersPath)/\(Self.acceptedName)" }

    package static let acceptedName = "accepted"

    package static func announcement(in path: String) -> Announcement? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return announcement(from: descriptor)
    }

    package static func announcement(from descriptor: Int32) -> Announcement? {
        // An instant and 32 schedules of 19 digits.
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(descriptor, &bytes, bytes.count)
        return Announcement(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self))
    }

    private func write(_ text: String, to path: String) -> Bool {
        let descriptor = openFile(path, O_WRONLY | O_TRUNC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    }
}
