import Cron

/// What must be known of the host to tell of schedules that are no fault.
package struct LintWorld: Sendable {
    /// By name, of `nil` the host's; `nil` where there is none.
    let zone: @Sendable (String?) -> Zone?
    /// Whether a word is a user's name, and no program's.
    let isUser: @Sendable (String) -> Bool

    package init(
        zone: @escaping @Sendable (String?) -> Zone?,
        isUser: @escaping @Sendable (String) -> Bool
    ) {
        self.zone = zone
        self.isUser = isUser
    }

    var withoutUsers: LintWorld { LintWorld(zone: zone, isUser: { _ in false }) }
}

extension Findings {
    /// - Parameter place: of a remark's column and length.
    func add(_ remark: CronRemark, at place: @autoclosure () -> Place?) {
        switch remark.severity {
        case .warning: warn(remark.message, at: place(), hint: remark.hint)
        case .note: note(remark.message, at: place(), hint: remark.hint)
        }
    }
}
