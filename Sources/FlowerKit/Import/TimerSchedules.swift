import Cron
import Flows
import HostFiles
import HostTime

/// When a timer is due: its section `[Timer]` as schedules (systemd.timer(5)).
struct TimerSchedules {
    let unit: UnitFolders.Unit
    let now: Instant
    /// Of the host, by which a calendar event without a zone goes.
    let hostZone: Zone
    private(set) var schedules: [TimerFlow.Schedule] = []

    init(unit: UnitFolders.Unit, now: Instant, hostZone: Zone) {
        self.unit = unit
        self.now = now
        self.hostZone = hostZone
    }

    /// What is read here; all other keys of the section are lost.
    static let keys: Set<String> = Set(Self.monotonic).union([
        "OnCalendar", "Persistent", "RandomizedDelaySec", "FixedRandomDelay", "Unit",
    ])

    /// Counted from some event, not by the calendar.
    private static let monotonic = [
        "OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec",
    ]

    mutating func read(_ findings: inout UnitFindings) {
        let settings = triggers()
        var events: Set<TimerFlow.Schedule> = []
        for setting in settings where setting.key == "OnCalendar" {
            guard let schedule = calendar(setting, &findings) else { continue }
            guard events.insert(schedule).inserted else { continue }
            schedules.append(schedule)
        }
        addPeriod(settings, &findings)
        addBoot(settings, &findings)
        addJitter(&findings)
    }

    /// An empty value of any of them takes back all before it.
    private func triggers() -> [UnitFile.Setting] {
        let keys = Set(Self.monotonic + ["OnCalendar"])
        let found = unit.settings.filter { $0.section == "Timer" && keys.contains($0.key) }
        guard let empty = found.lastIndex(where: \.value.isEmpty) else { return found }
        return Array(found[(empty + 1)...])
    }

    // MARK: the calendar

    private func calendar(
        _ setting: UnitFile.Setting,
        _ findings: inout UnitFindings
    ) -> TimerFlow.Schedule? {
        var (text, zoneName) = (setting.value, nil as String?)
        if let word = text.split(whereSeparator: { $0 == " " }).last, isZone(word) {
            guard !Self.seasons.contains(String(word)) else {
                findings.add(
                    .fault,
                    "OnCalendar=\(text): where the clock shows \(word) in one half of the year, a timer"
                        + " is due in that half alone",
                    setting,
                    hint: "write the zone's own name in a drop-in, as Europe/Berlin"
                )
                return nil
            }
            zoneName = String(word)
            text = UnitFile.trimmed(String(text.dropLast(word.count)))
        }
        guard let cron = OnCalendar(text)?.cron else {
            findings.add(
                .fault,
                "OnCalendar=\(setting.value) is no calendar event that a schedule can say",
                setting,
                hint: "schedules have whole seconds; systemd-analyze calendar says what is one"
            )
            return nil
        }
        var schedule = TimerFlow.Schedule(
            cron: cron.text,
            zone: zoneName,
            except: cron.except,
            source: "OnCalendar=\(setting.value)"
        )
        let isPersistent = unit.last("Timer", "Persistent").flatMap { UnitFile.boolean($0.value) }
        schedule.catchUp = isPersistent == true ? "latest" : "skip"
        do {
            let zone = try zoneName.map { try ZoneDirectory.host.zone(named: $0) }
            try tellClockChanges(schedule, in: zone ?? hostZone, setting, &findings)
        } catch {
            findings.add(.fault, "\(error)", setting)
            return nil
        }
        return schedule
    }

    /// A last word that names a zone, as systemd looks for one.
    private func isZone(_ word: Substring) -> Bool {
        guard word.first?.isLetter == true, !word.contains(":") else { return false }
        return word == "UTC" || (try? ZoneDirectory.host.zone(named: String(word))) != nil
    }

    /// Names of zones that are also what clocks show in one half of the year.
    private static let seasons: Set<String> = [
        "CET", "EET", "EST", "GMT", "HST", "MET", "MST", "WET",
    ]

    /// What the next changes of the clock, in 400 days, make of it that systemd does not.
    private func tellClockChanges(
        _ schedule: TimerFlow.Schedule,
        in zone: Zone,
        _ setting: UnitFile.Setting,
        _ findings: inout UnitFindings
    ) throws {
        let expression = try CronExpression(schedule.cron)
        let end = Instant(seconds: now.seconds + 400 * 86_400)
        var told: Set<ClockEffect.Kind> = []
        for effect in expression.clockEffects(after: now, through: end, in: zone) {
            guard effect.kind != .dropped, told.insert(effect.kind).inserted else { continue }
            let what =
                effect.kind == .moved
                ? "which clocks then skip: a timer leaves it out, Flower starts at the change"
                : "which clocks then show twice: a timer is due the first time, Flower both times"
            findings.add(.note, "OnCalendar: \(effect.firstLocalText), \(what)", setting)
        }
    }

    // MARK: from an event on

    /// `OnUnitActiveSec=` and `OnUnitInactiveSec=`: the shortest of each is what counts.
    private mutating func addPeriod(
        _ settings: [UnitFile.Setting],
        _ findings: inout UnitFindings
    ) {
        for (key, from) in [
            ("OnUnitActiveSec", "the service's last start"),
            ("OnUnitInactiveSec", "the service's last end"),
        ] {
            var shortest: (milliseconds: Int64, setting: UnitFile.Setting)?
            for setting in settings where setting.key == key {
                guard let length = span(setting, &findings) else { continue }
                if shortest.map({ length < $0.milliseconds }) ?? true {
                    shortest = (length, setting)
                }
            }
            guard let (length, setting) = shortest else { continue }
            guard length >= 1000, length % 1000 == 0, length <= Limit.durationMilliseconds else {
                findings.add(
                    .fault,
                    "\(key)=\(setting.value): a period is whole seconds, 1 s to 366 days",
                    setting
                )
                continue
            }
            schedules.append(
                TimerFlow.Schedule(
                    cron: "@every \(Self.everyText(seconds: length / 1000))",
                    catchUp: "skip",
                    source: "\(key)=\(setting.value)"
                )
            )
            findings.add(
                .note,
                "\(key)=\(setting.value) is counted from when the flow was first applied,"
                    + " not from \(from)",
                setting
            )
        }
    }

    /// In units of `@every`, which has no days.
    private static func everyText(seconds: Int64) -> String {
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }

    private mutating func addBoot(
        _ settings: [UnitFile.Setting],
        _ findings: inout UnitFindings
    ) {
        let keys = ["OnActiveSec", "OnBootSec", "OnStartupSec"]
        let boots = settings.filter { keys.contains($0.key) }
        var first: UnitFile.Setting?
        for setting in boots {
            guard let delay = span(setting, &findings) else { continue }
            if first == nil { first = setting }
            if delay == 0 { continue }
            findings.add(
                .warning,
                "\(setting.key)=\(setting.value): Flower starts once the scheduler has seen the"
                    + " boot, without the delay",
                setting,
                hint: "take the schedule @reboot out where the others are enough"
            )
        }
        guard let first else { return }
        schedules.append(
            TimerFlow.Schedule(cron: "@reboot", source: "\(first.key)=\(first.value)")
        )
    }

    private mutating func addJitter(_ findings: inout UnitFindings) {
        guard let setting = unit.last("Timer", "RandomizedDelaySec") else { return }
        guard let length = span(setting, &findings), length > 0 else { return }
        guard length <= Limit.durationMilliseconds else {
            findings.add(.fault, "RandomizedDelaySec= is longer than 366 days", setting)
            return
        }
        let text = DurationText.format(.milliseconds(length))
        for index in schedules.indices where schedules[index].cron != "@reboot" {
            schedules[index].jitter = text
        }
        let isFixed = unit.last("Timer", "FixedRandomDelay").flatMap { UnitFile.boolean($0.value) }
        if isFixed != true {
            findings.add(
                .note,
                "RandomizedDelaySec=\(setting.value): Flower's delay is the same each time, as with"
                    + " FixedRandomDelay=yes",
                setting
            )
        }
    }

    /// In milliseconds.
    private func span(
        _ setting: UnitFile.Setting,
        _ findings: inout UnitFindings
    ) -> Int64? {
        if let length = UnitDuration(setting.value)?.milliseconds { return length }
        findings.add(
            .fault,
            "\(setting.key)=\(setting.value) is no length of time: systemd passes it over",
            setting
        )
        return nil
    }
}
