/// A schedule expression: when something fires, in any zone.
///
/// Five fields mean exactly what Debian's cron makes of them, clock changes included; the rest is an
/// extension. The dialect's page is the README's section on schedules.
///
/// ```swift
/// let expression = try CronExpression("30 2 * * MON-FRI")
/// expression.next(after: now, in: zone)
/// ```
package struct CronExpression: Sendable, Hashable {
    /// One spelling for each meaning; parses back to an equal schedule with the same `hashID`.
    package let canonicalText: String
    /// The name after `CRON_TZ=`; it comes before any other zone. Not looked up here.
    package let zoneName: String?
    /// The seconds of `@every`.
    package let every: Int64?
    /// `@reboot` has no fire times.
    package let isReboot: Bool
    /// Second to day-of-week, then the year if it was written; empty for `@every` and `@reboot`.
    let lists: [CronFieldList]
    /// Has no matches for `@every` and `@reboot`.
    let matcher: CronMatcher

    /// - Parameter hashID: the job's name, from which `H` and `~` choose.
    package init(_ text: String, hashID: String = "") throws(CronError) {
        var parser = CronParser(text)
        let schedule = try parser.parse()
        zoneName = parser.zoneName
        let body: String
        switch schedule {
        case .reboot:
            (isReboot, every, lists, matcher) = (true, nil, [], CronMatcher())
            body = "@reboot"
        case .every(let seconds):
            (isReboot, every, lists, matcher) = (false, seconds, [], CronMatcher())
            body = "@every \(EveryDuration.text(seconds: seconds))"
        case .calendar(let lists, let year):
            (isReboot, every) = (false, nil)
            self.lists = lists + (year.map { [$0] } ?? [])
            matcher = CronMatcher(lists, year: year, hashID: hashID)
            body = Self.canonicalFields(self.lists)
        }
        canonicalText = (zoneName.map { "CRON_TZ=\($0) " } ?? "") + body
    }

    /// False if it can have no fire: `0 0 30 2 *`, `@reboot`. A past year is not looked at.
    package var canFire: Bool {
        every != nil || matcher.canMatch
    }

    /// Whether its fires are on whole minutes: five fields, or second 0.
    package var isByMinute: Bool {
        lists.first.map { $0.canonicalText(in: .second) == "0" } ?? false
    }

    /// Second 0 alone means the same as no second, and is left out.
    private static func canonicalFields(_ lists: [CronFieldList]) -> String {
        let fields = zip(CronField.allCases, lists).map { $1.canonicalText(in: $0) }
        let isPlain = lists.count == 6 && fields[0] == "0"
        return fields.dropFirst(isPlain ? 1 : 0).joined(separator: " ")
    }
}

extension CronExpression {
    /// The same schedule, however it was written.
    package static func == (a: CronExpression, b: CronExpression) -> Bool {
        a.canonicalText == b.canonicalText && a.matcher == b.matcher
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(canonicalText)
    }
}
