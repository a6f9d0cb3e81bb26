/// Reads a whole schedule: zone prefix, then an alias, `@every` or fields (dialect section 1).
struct CronParser {
    let text: CronText
    var zoneName: String?

    enum Schedule: Sendable, Hashable {
        case reboot
        /// Seconds, at least 1.
        case every(Int64)
        /// Second to day-of-week, six lists in the order of `CronField`; a year not written is nil.
        case calendar([CronFieldList], year: CronFieldList?)
    }

    /// What each alias stands for; `@reboot` and `@every` are no calendar.
    static let aliases = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
        "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
        "@hourly": "0 * * * *",
    ]

    init(_ text: String) {
        self.text = CronText(text)
    }

    mutating func parse() throws(CronError) -> Schedule {
        var start = 0
        do {
            return try parse(&start)
        } catch {
            throw foreign(error, from: start)
        }
    }

    /// - Parameter start: set to where the schedule begins behind its zone.
    private mutating func parse(_ start: inout Int) throws(CronError) -> Schedule {
        guard text.bytes.count <= CronText.limitBytes else {
            throw CronError(
                field: "schedule",
                problem: "longer than \(CronText.limitBytes) bytes",
                column: 1,
                length: 1,
                hint: nil,
                text: String(text.text.prefix(60))
            )
        }
        start = try parseZone(from: text.skipBlanks(from: 0))
        guard start < text.end else {
            throw text.error(
                "schedule",
                zoneName == nil ? "is empty" : "is missing after the zone",
                at: start..<start,
                hint: "five fields: minute hour day-of-month month day-of-week"
            )
        }
        if text.bytes[start] == UInt8(ascii: "@") { return try parseAlias(from: start) }
        return try parseFields(from: start)
    }

    // MARK: zone prefix

    private mutating func parseZone(from start: Int) throws(CronError) -> Int {
        for prefix in ["CRON_TZ=", "TZ="] where text.bytes[start...].starts(with: prefix.utf8) {
            let nameStart = start + prefix.utf8.count
            let nameEnd = text.wordEnd(from: nameStart)
            guard nameStart < nameEnd else {
                throw text.error(
                    "zone",
                    "a zone name is missing after \(prefix)",
                    at: nameStart..<nameStart,
                    hint: "write \(prefix)Europe/London"
                )
            }
            for index in nameStart..<nameEnd where !Zone.isNameByte(text.bytes[index]) {
                throw text.error(
                    "zone",
                    "\(text.character(at: index)) cannot stand in a zone name",
                    at: index..<index + 1
                )
            }
            zoneName = text.string(nameStart..<nameEnd)
            return text.skipBlanks(from: nameEnd)
        }
        return start
    }

    // MARK: aliases

    private func parseAlias(from start: Int) throws(CronError) -> Schedule {
        let end = text.wordEnd(from: start)
        let next = text.skipBlanks(from: end)
        let alias = text.string(start..<end)
        if alias == "@every" {
            guard next < text.end else {
                throw text.error(
                    "duration",
                    "a duration is missing after @every",
                    at: text.end..<text.end,
                    hint: "write @every 1h30m"
                )
            }
            let durationEnd = text.wordEnd(from: next)
            let seconds = try EveryDuration.parse(text, next..<durationEnd)
            try expectEnd(from: durationEnd, after: "the duration")
            return .every(seconds)
        }
        if alias == "@reboot" {
            try expectEnd(from: end, after: alias)
            return .reboot
        }
        guard let fields = Self.aliases[alias] else {
            throw unknownAlias(alias, start..<end)
        }
        try expectEnd(from: end, after: alias)
        var parser = CronParser(fields)
        return try parser.parse()
    }

    private func unknownAlias(_ alias: String, _ range: Range<Int>) -> CronError {
        let lower = alias.lowercased()
        let isKnown = Self.aliases[lower] != nil || ["@reboot", "@every"].contains(lower)
        let all = "@yearly @annually @monthly @weekly @daily @midnight @hourly @reboot @every"
        return text.error(
            "alias",
            "'\(alias)' is not an alias",
            at: range,
            hint: isKnown ? "write \(lower)" : "aliases are \(all)"
        )
    }

    private func expectEnd(from position: Int, after what: String) throws(CronError) {
        let next = text.skipBlanks(from: position)
        guard next < text.end else { return }
        throw text.error(
            "schedule",
            "nothing can follow \(what)",
            at: next..<text.wordEnd(from: next),
            hint: "a command is not part of a schedule"
        )
    }

    // MARK: fields

    private func parseFields(from start: Int) throws(CronError) -> Schedule {
        let spans = fieldSpans(from: start)
        guard (5...7).contains(spans.count) else { throw wrongCount(spans) }
        let fields = Self.fields(spans.count)
        var lists = spans.count == 5 ? [CronFieldList.zero] : []
        for (field, span) in zip(fields, spans) {
            var parser = CronFieldParser(text, field: field, span: span)
            do {
                lists.append(try parser.parse())
            } catch {
                throw withHint(error, spans: spans, field: field)
            }
        }
        let year = spans.count == 7 ? lists.removeLast() : nil
        return .calendar(lists, year: year)
    }

    /// Which fields so many of them are: 5, 6 or 7.
    static func fields(_ count: Int) -> [CronField] {
        switch count {
        case 5: [.minute, .hour, .dayOfMonth, .month, .dayOfWeek]
        case 6: [.second, .minute, .hour, .dayOfMonth, .month, .dayOfWeek]
        default: CronField.allCases
        }
    }

    /// Where the words behind the zone stand.
    mutating func spans() throws(CronError) -> [Range<Int>] {
        fieldSpans(from: try parseZone(from: text.skipBlanks(from: 0)))
    }

    private func fieldSpans(from start: Int) -> [Range<Int>] {
        var spans: [Range<Int>] = []
        var position = start
        while position < text.end {
            let end = text.wordEnd(from: position)
            spans.append(position..<end)
            position = text.skipBlanks(from: end)
        }
        return spans
    }

    private func wrongCount(_ spans: [Range<Int>]) -> CronError {
        if spans.count > 7 {
            return text.error(
                "schedule",
                "more than 7 fields",
                at: spans[7],
                hint: "a command is not part of a schedule"
            )
        }
        if spans.count == 1, let hint = Self.fileHint(text.string(spans[0])) {
            return text.error("schedule", "is a file's name", at: spans[0], hint: hint)
        }
        let count = spans.count == 1 ? "1 field" : "\(spans.count) fields"
        return text.error(
            "schedule",
            "\(count) where 5, 6 or 7 are needed",
            at: text.end..<text.end,
            hint: "five fields: minute hour day-of-month month day-of-week"
        )
    }
}
