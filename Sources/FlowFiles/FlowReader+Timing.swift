import Cron
import Flows

/// What a schedule says of its fires beyond when they are due.
extension FlowReader {
    func timing(_ fields: Fields, flowName: String) -> ScheduleTiming {
        var timing = ScheduleTiming()
        if let node = fields["catchup"] { timing.catchUp = catchUp(node) ?? .latest }
        if let node = fields["catchup_window"] {
            timing.catchUpWindow = span(node, "'catchup_window'")
        }
        if let node = fields["deadline"] { timing.deadline = span(node, "'deadline'") }
        if let node = fields["jitter"] { timing.jitter = duration(node, "'jitter'") ?? .zero }
        if let deadline = timing.deadline, deadline <= timing.jitter {
            findings.fault(
                "'deadline' must be longer than 'jitter', which moves the start",
                at: fields["deadline"]?.place
            )
        }
        if let node = fields["except"] { timing.exceptions = exceptions(node, flowName) }
        return timing
    }

    private func catchUp(_ node: Node) -> CatchUp? {
        guard let word = text(node, "'catchup'") else { return nil }
        if let catchUp = CatchUp(rawValue: word) { return catchUp }
        let words = CatchUp.allCases.map(\.rawValue)
        findings.fault(
            "'catchup' is one of \(words.joined(separator: ", ")), not \(Text.quoted(word))",
            at: node.place,
            hint: didYouMean(word, among: words, synonyms: Self.catchUpSynonyms)
        )
        return nil
    }

    /// What Airflow, systemd and others call them.
    private static let catchUpSynonyms = [
        "no": "skip", "false": "skip", "off": "skip", "never": "skip", "none": "skip",
        "ignore": "skip", "drop": "skip", "yes": "all", "true": "all", "on": "all",
        "every": "all", "last": "latest", "newest": "latest", "one": "latest", "once": "latest",
        "persistent": "latest", "coalesce": "latest",
    ]

    /// `expect: {every: 26h, register: tell-someone}`
    func expectation(_ node: Node) -> Expectation? {
        guard let fields = fields(of: node, .expect) else { return nil }
        var register: String?
        if let node = fields["register"], let name = text(node, "'register'") {
            if let fault = Names.faultOfFlow(name) {
                findings.fault("'register' is to name a flow: \(fault)", at: node.place)
            }
            references.note(.register, at: node.place)
            register = name
        }
        guard let node = fields["every"] else {
            findings.fault(
                "'expect' needs 'every': how long may pass without a success",
                at: fields.place,
                hint: "expect: {every: 26h}"
            )
            return nil
        }
        return span(node, "'every'").map { Expectation(every: $0, register: register) }
    }

    /// A duration that must be more than zero.
    private func span(_ node: Node, _ owner: String) -> Duration? {
        guard let duration = duration(node, owner) else { return nil }
        if duration > .zero { return duration }
        findings.fault("\(owner) must be more than zero", at: node.place)
        return nil
    }

    private func exceptions(_ node: Node, _ flowName: String) -> [FireException] {
        guard case .sequence(let elements) = node.content else {
            findings.fault(
                "'except' must be a list, not \(node.kind)",
                at: node.place,
                hint: #"except: ["* * 25 12 *", 2026-12-24]"#
            )
            return []
        }
        guard elements.count <= Limit.exceptionsPerSchedule else {
            findings.fault(
                "'except' has \(elements.count) entries; it may have \(Limit.exceptionsPerSchedule)",
                at: node.place
            )
            return []
        }
        var exceptions: [FireException] = []
        for element in elements {
            if case .mapping = element.content {
                exceptions += days(inFileOf: element)
            } else if let exception = exception(element, flowName) {
                exceptions.append(exception)
            }
        }
        guard exceptions.count <= Limit.exceptionsPerSchedule else {
            findings.fault(
                "'except' has \(exceptions.count) entries with those of its files; it may have"
                    + " \(Limit.exceptionsPerSchedule)",
                at: node.place
            )
            return []
        }
        return exceptions
    }

    /// `{file: holidays.txt}`
    private func days(inFileOf node: Node) -> [FireException] {
        guard let fields = fields(of: node, .exception) else { return [] }
        guard let file = fields["file"] else {
            let example = "{file: holidays.txt}"
            findings.fault("an exception needs 'file'", at: fields.place, hint: example)
            return []
        }
        guard let text = text(file, "'file'") else { return [] }
        refusePlaces(in: file, "'file'")
        guard let path = path(text, at: file) else { return [] }
        do throws(FileReader.Fault) {
            let bytes = try dependencies.bytes(at: path)
            let shown = text.hasPrefix("/") ? text : Path.beside(findings.path, text)
            let findings = Findings(path: text.hasPrefix("~") ? path : shown)
            let days = DayFile(bytes, findings: findings).days
            self.findings.add(findings)
            if findings.faultCount > 0 {
                self.findings.fault("\(Text.quoted(text)) has faults of its own", at: file.place)
            }
            return days.map { .date($0) }
        } catch {
            findings.fault(
                "\(Text.quoted(text)): \(error.message)",
                at: file.place,
                hint: error.hint
            )
            return []
        }
    }

    private func exception(_ node: Node, _ flowName: String) -> FireException? {
        guard let text = text(node, "an exception") else { return nil }
        if text.contains(" ") || text.contains("\t") {
            do throws(CronError) {
                let expression = try CronExpression(text, hashID: flowName)
                if expression.zoneName == nil, expression.every == nil {
                    return .expression(text)
                }
                findings.fault(
                    "an exception is a day or cron's fields, in the schedule's own zone",
                    at: node.place,
                    hint: #"write a day as 2026-12-24, or "* * 24 12 *""#
                )
                return nil
            } catch {
                let place = ScalarMap.place(
                    error.column - 1,
                    length: error.length,
                    in: node,
                    source
                )
                let message = "except: \(error.field): \(error.problem)"
                findings.fault(message, at: place, hint: error.hint)
                return nil
            }
        }
        if DayFile.isDay(text) { return .date(text) }
        let isFile = text.contains("/") || text.hasSuffix(".txt")
        findings.fault(
            "\(Text.quoted(text)) is neither a day nor a cron expression",
            at: node.place,
            hint: isFile
                ? "a file of days is written {file: \(Text.clipped(text, to: 64))}"
                : "write a day as 2026-12-24"
        )
        return nil
    }
}
