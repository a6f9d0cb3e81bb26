import Cron
import Storage

/// A runner that is awake when a fire comes due registers it, and launches its tasks, in one go.
extension Scheduler {
    /// How long before a fire runners are woken, ms. A start by systemd takes 30, and a runner stays for
    /// two seconds.
    private static let lead: Int64 = 1_000

    /// Wakes runners shortly before the next fire, and tells them of it.
    ///
    /// - Returns: when to do so; `nil` where it is done.
    package func announce() -> Instant? {
        guard let next = heap.nextAt, next != announced?.at else { return nil }
        let announceAt = Instant(milliseconds: next.milliseconds - Self.lead)
        guard announceAt <= clock.now else { return announceAt }
        let announcement = Announcement(at: next, schedules: heap.first(Announcement.limit) ?? [])
        announced = announcement
        store.folder.touchWake(announcing: announcement)
        return nil
    }

    /// Takes back what was announced and has not come: a scheduler that was stopped starts nothing.
    package func withdraw() {
        guard let announced, announced.at > clock.now, !announced.schedules.isEmpty else { return }
        let none = Announcement(at: Instant(milliseconds: 0), schedules: [])
        store.folder.touchWake(announcing: none)
        self.announced = nil
    }

    /// Until when the fires that are due now are left to the runner that has accepted them; `nil` where
    /// they are not.
    package var leftUntil: Instant? {
        let now = clock.now
        guard let announced, announced.at <= now else { return nil }
        let until = Instant(milliseconds: announced.at.milliseconds + Announcement.grace)
        return now < until && isAccepted ? until : nil
    }

    /// Whether a runner has said that it registers what was announced.
    var isAccepted: Bool {
        guard let announced, !announced.schedules.isEmpty else { return false }
        return store.folder.accepted() == announced
    }
}
