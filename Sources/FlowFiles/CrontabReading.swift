import Cron
import Flows

/// What a crontab's lines become, and what there is to say of them: the one reading of `*.crontab` files
/// and of `flower import`, so that both say the same and name their flows alike.
struct CrontabReading {
    let world: CrontabWorld
    let findings: Findings

    /// The commands in the order in which they first stand in the file.
    ///
    /// - Parameters:
    ///   - stem: of the file's name.
    ///   - owner: whose crontab it is, where it says nothing of it; `nil` = the runner's.
    func commands(of crontab: Crontab, stem: String, owner: String?) -> [CrontabCommandLines] {
        for diagnostic in crontab.diagnostics {
            let place = Place(line: diagnostic.line, column: diagnostic.column)
            switch diagnostic.severity {
            case .error: findings.fault(diagnostic.message, at: place, hint: diagnostic.hint)
            case .note: findings.warn(diagnostic.message, at: place, hint: diagnostic.hint)
            }
        }
        for assignment in crontab.assignments { check(assignment) }
        let jobs = CrontabJob.all(of: crontab, stem: stem, owner: owner, on: world.host)
        for remark in CrontabRemark.all(of: crontab, jobs, on: world.host) { tell(remark) }
        var comments = crontab.comments[...]
        var commands: [CrontabCommandLines] = []
        var positions: [String: Int] = [:]
        for job in jobs {
            let above = comments.prefix { $0.line < job.entry.line }
            comments = comments.dropFirst(above.count)
            let line = line(job)
            guard let position = positions[job.name] else {
                positions[job.name] = commands.count
                commands.append(CrontabCommandLines(job, line, comments: Array(above)))
                continue
            }
            commands[position].comments += above
            if !commands[position].add(line) {
                findings.warn(
                    "line \(commands[position].place.line) says the same; it is run once, not twice",
                    at: line.place
                )
            }
        }
        return commands
    }

    private func tell(_ remark: CrontabRemark) {
        let place = remark.line > 0 ? Place(line: remark.line, column: remark.column) : nil
        switch remark.severity {
        case .fault: findings.fault(remark.message, at: place, hint: remark.hint)
        case .warning: findings.warn(remark.message, at: place, hint: remark.hint)
        case .note: findings.note(remark.message, at: place, hint: remark.hint)
        }
    }

    private func check(_ assignment: Crontab.Assignment) {
        let place = Place(line: assignment.line, column: assignment.column)
        let name = assignment.name
        if assignment.value.utf8.count > Limit.parameterBytes {
            findings.fault(
                "variable \(Text.quoted(name)) is longer than \(Limit.parameterBytes) bytes",
                at: place
            )
        }
        switch name {
        case "": return
        case "CRON_TZ":
            guard !assignment.value.isEmpty, !world.zoneExists(assignment.value) else { return }
            findings.fault(
                "there is no time zone \(Text.quoted(assignment.value)) on this host",
                at: place,
                hint: findings.nearest.zoneHint(assignment.value, world.zoneHint)
            )
        default:
            if let fault = Names.faultOfVariable(name) {
                findings.fault(Text.clipped(fault), at: place)
            }
        }
    }

    // MARK: lines

    private func line(_ job: CrontabJob) -> CrontabCommandLines.Line {
        let (entry, setting) = (job.entry, job.setting)
        let place = Place(line: entry.line, column: entry.column)
        if max(entry.command.utf8.count, setting.input.utf8.count) > Limit.argumentBytes {
            findings.fault("the command is longer than \(Limit.argumentBytes) bytes", at: place)
        }
        // `H` chooses by the flow's name. The text has just been read, so it is good.
        let named = try? CronExpression(entry.scheduleText, hashID: job.name)
        let expression = named ?? entry.schedule
        if !expression.isReboot, expression.next(after: world.now, in: .utc) == nil {
            findings.warn("this line is never due again", at: place)
        }
        if let lint = world.lint { tellRemarks(on: entry, expression, lint, place) }
        return CrontabCommandLines.Line(
            text: entry.evenScheduleText,
            expression: expression,
            zoneName: entry.zoneName,
            place: place
        )
    }

    private func tellRemarks(
        on entry: Crontab.Entry,
        _ expression: CronExpression,
        _ lint: LintWorld,
        _ place: Place
    ) {
        for remark in entry.remarks(isUser: lint.isUser) {
            findings.add(
                remark,
                at: Place(line: place.line, column: remark.column, length: remark.length)
            )
        }
        guard let zone = lint.zone(expression.zoneName ?? entry.zoneName) else { return }
        if let remark = expression.clockRemark(in: zone, after: world.now) {
            findings.add(remark, at: place)
        }
        tellGap(expression, in: zone, place)
    }

    /// How far ahead clock changes are told: past the next one forward.
    private static let toldSeconds: Int64 = 400 * 86_400

    /// cron starts a job of fixed times once for each of them that a clock change skips, all at its end.
    private func tellGap(_ expression: CronExpression, in zone: Zone, _ place: Place) {
        guard !expression.isReboot else { return }
        let end = Instant(seconds: world.now.seconds + Self.toldSeconds)
        let effects = expression.clockEffects(after: world.now, through: end, in: zone)
        guard let effect = effects.first(where: { $0.kind == .moved && $0.count > 1 }) else {
            return
        }
        let when = effect.at.iso8601(in: zone).prefix(16).replacing("T", with: " ")
        findings.note(
            "where the clock goes forward (\(when)) cron starts it \(effect.count) times at once,"
                + " for each time that is skipped; here it is due once",
            at: place
        )
    }
}

/// What is to be known of the host beside the crontab.
package struct CrontabWorld {
    let host: CrontabHost
    let zoneExists: (String) -> Bool
    let zoneHint: (String) -> String?
    let now: Instant
    var lint: LintWorld?

    /// - Parameters:
    ///   - zoneHint: what to write for a zone that is not there; `nil` where nothing is known.
    ///   - lint: `nil` = nobody is told of what is no fault of a line's.
    package init(
        host: CrontabHost,
        zoneExists: @escaping (String) -> Bool,
        zoneHint: @escaping (String) -> String?,
        now: Instant,
        lint: LintWorld?
    ) {
        self.host = host
        self.zoneExists = zoneExists
        self.zoneHint = zoneHint
        self.now = now
        self.lint = lint
    }
}

/// A command with its setting, and the lines that have it: one flow.
package struct CrontabCommandLines: Sendable {
    /// Of the first line.
    package let job: CrontabJob
    /// In the order of the file, at least one; no two say the same.
    package private(set) var lines: [Line]
    /// What stands above its lines, from the line before on.
    package internal(set) var comments: [Crontab.Comment]
    private var identities: Set<String>

    package struct Line: Sendable {
        /// With one blank between its words.
        package let text: String
        package let expression: CronExpression
        /// Of `CRON_TZ=`.
        package let zoneName: String?
        let place: Place

        var schedule: ScheduleSpec {
            ScheduleSpec(text: text, expression: expression, timezone: zoneName)
        }
    }

    init(_ job: CrontabJob, _ line: Line, comments: [Crontab.Comment]) {
        self.job = job
        self.comments = comments
        lines = [line]
        identities = [line.schedule.identity]
    }

    package var name: String { job.name }
    /// Of the first line.
    var place: Place { lines[0].place }

    /// - Returns: false where one of its lines says the same.
    mutating func add(_ line: Line) -> Bool {
        guard identities.insert(line.schedule.identity).inserted else { return false }
        lines.append(line)
        return true
    }
}
