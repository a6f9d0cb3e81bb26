import ArgumentParser
import Cron
import HostTime
import Storage

/// The zone of schedules without one of their own: given deliberately, and recorded, so that every command
/// and every scheduler of a state folder goes by the same.
struct ScheduleZoneOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The zone of schedules without one of their own, recorded for all commands; host: the \
            host's again (default: as it is recorded, else the host's).
            """,
            valueName: "zone"
        ),
        completion: .zones
    )
    var timezone: String?

    /// What stands for the host's own zone.
    private static let host = "host"

    /// - Throws: `Failure` (65) where there is no such zone; then nothing is recorded.
    func record(in store: Store, _ session: Session) throws {
        guard let timezone else { return }
        if timezone != Self.host {
            do {
                _ = try ZoneDirectory.host.zone(named: timezone)
            } catch {
                throw Failure(.badInput, "--timezone: \(error)", hint: error.hint)
            }
        }
        let name = timezone == Self.host ? nil : timezone
        try store.recordZone(name, by: session.actor, at: session.now)
    }

    /// In a container `TZ` often is all that says where it is meant to be.
    func tellOfTZ(_ store: Store, _ session: Session) throws {
        let name = try store.recordedZone() ?? session.hostZone.name
        guard session.zone.name != name else { return }
        session.note(
            "times are shown in \(session.zone.name) (TZ), and schedules without a zone go by \(name)",
            hint: "--timezone \(session.zone.name) makes that theirs"
        )
    }
}
