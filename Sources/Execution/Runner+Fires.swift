import CLinux
import Cron
import Flows
import Glibc
import Storage

/// A runner that is awake before a fire registers it itself: see `Announcement`.
extension Runner {
    /// How long before the instant its transaction is begun, ms: it takes one after a long sleep, and half
    /// of that once it was rehearsed.
    private static let lead: Int64 = 3

    /// The scheduler wrote that a fire is near: staying for it saves a start, and registering it here a
    /// commit.
    func note(_ announcement: Announcement?) {
        guard let announcement else { return }
        let wait = announcement.at.milliseconds - Instant.now.milliseconds
        guard wait <= options.linger.milliseconds else { return }
        // Until it has come and been registered.
        lingerUntil = Instant(
            milliseconds: announcement.at.milliseconds + options.linger.milliseconds
        )
        planned = nil
        guard wait > 0, stop == .no, !announcement.schedules.isEmpty else { return }
        // What cannot be planned here, the scheduler registers.
        guard let fires = try? plan(announcement), (try? prepare(fires)) != nil else { return }
        store.folder.accept(announcement)
    }

    private func prepare(_ fires: PlannedFires) throws(SystemFailure) {
        _ = try readyCrew()
        planned = fires
        if alarm == nil { alarm = try Alarm(loop) { [unowned self] in ring(isStep: $0) } }
        let at = fires.announcement.at.milliseconds - Self.lead
        alarm?.set(Instant(milliseconds: at))
    }

    /// - Parameter isStep: the clock was set: the scheduler sees what is due.
    private func ring(isStep: Bool) {
        guard !isStep, stop == .no, let fires = planned else { return planned = nil }
        if Instant.now.milliseconds < fires.announcement.at.milliseconds - 1 { rehearse(fires) }
        news.planned = fires
        planned = nil
    }

    /// Makes what launches will need, while there is time.
    func prepare(_ claims: [Claim]) {
        // A mail is made of what the database has.
        for claim in claims.prefix(freeSlots) where HookEvent(taskName: claim.name) == nil {
            // What is wrong with one is told when it is launched.
            prepared[claim.taskID] = try? world(of: claim)
        }
    }

    /// The runs were not made, and others may get their numbers.
    func forgetPrepared() {
        prepared = [:]
        worlds.removeAll()
    }

    private func rehearse(_ fires: PlannedFires) {
        guard let crew, isAlone, news.isEmpty, !pace.isWriting else { return }
        var turn = Turn()
        turn.planned = fires
        turn.wanted = freeSlots
        turn.free = freeSlots
        // What fails now is told when it fails in earnest.
        try? store.rehearse(turn, by: crew.identity, at: fires.announcement.at)
    }
}

/// Rings at an instant of CLOCK_REALTIME, or at once when the clock is set.
final class Alarm: EventLoop.Source {
    private let descriptor: Int32
    private let loop: EventLoop
    private var token = EventLoop.Token.none
    private let ring: (_ isStep: Bool) -> Void

    init(_ loop: EventLoop, _ ring: @escaping (_ isStep: Bool) -> Void) throws(SystemFailure) {
        self.loop = loop
        self.ring = ring
        descriptor = clinux_timerfd()
        guard descriptor >= 0 else { throw SystemFailure("cannot create a timer") }
        // Not itself: the loop would hold it for ever.
        token = try loop.add(descriptor, WeakSource(self))
    }

    deinit {
        loop.remove(token)
        close(descriptor)
    }

    /// Takes the place of what was set before.
    func set(_ instant: Instant) {
        _ = clinux_timerfd_set(descriptor, max(instant.milliseconds, 0))
    }

    func isReady(_ token: EventLoop.Token, isHangup: Bool) {
        let count = clinux_timerfd_take(descriptor)
        if count != 0 { ring(count < 0) }
    }
}
