import Cron

/// One entry under `schedules:`.
package struct ScheduleSpec: Sendable, Equatable {
    /// From `name:`; keeps the schedule's identity when its expression changes.
    package var name: String?
    /// As written in the file, zone prefix included.
    package var text: String
    package var expression: CronExpression
    /// An IANA zone name, or `nil` for the host's zone at the time of asking. A prefix in `text` wins.
    package var timezone: String?
    /// Override the flow's parameters of the same names.
    package var parameters: [Variable]
    package var timing: ScheduleTiming

    package init(
        name: String? = nil,
        text: String,
        expression: CronExpression,
        timezone: String? = nil,
        parameters: [Variable] = [],
        timing: ScheduleTiming = ScheduleTiming()
    ) {
        self.name = name
        self.text = text
        self.expression = expression
        self.timezone = timezone
        self.parameters = parameters
        self.timing = timing
    }

    /// The zone that decides: the expression's prefix, else `timezone:`, else `nil` (the host's).
    package var zoneName: String? { expression.zoneName ?? timezone }

    /// What a schedule is known by within its flow: its name, or else canonical expression and zone.
    ///
    /// Reordering the file or editing other keys keeps it, and with it the record of past fires.
    package var identity: String {
        name ?? "\(expression.canonicalText) \(zoneName ?? "local")"
    }
}
