import HostTime
import Scheduling
import Storage

/// Whether all schedules can be used on this host as it is now.
enum ScheduleCheck {
    /// More findings of one kind help nobody.
    private static let mostFindings = 10

    static func findings(_ store: Store) throws -> [DoctorFinding] {
        let schedules = try store.schedules()
        let faults = ScheduleFault.all(in: schedules, zones: .host)
        guard !faults.isEmpty else {
            let zone = try store.recordedZone()
            let note = zone.map { "; those without a zone go by \($0)" } ?? ""
            return [.good("schedules", counted(schedules.count, "schedule") + note)]
        }
        var findings = faults.prefix(mostFindings).map {
            DoctorFinding.missing("schedules", "\($0)", $0.remedy)
        }
        if faults.count > mostFindings {
            let rest = counted(faults.count - mostFindings, "more schedule")
            findings.append(
                .missing("schedules", "\(rest) cannot be used", "flower schedules lists them")
            )
        }
        return findings
    }
}
