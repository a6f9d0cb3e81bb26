import FlowFiles

/// A timer with its service as a flow, on its way to a file.
struct TimerFlow {
    var name: String
    var description: String?
    /// `Documentation=` of both units.
    var documentation: [String] = []
    /// The files it came from.
    var sources: [String] = []
    /// As whom systemd ran it, if that was somebody else.
    var formerUser: String?
    var schedules: [Schedule] = []
    var environment: [(name: String, value: String)] = []
    var environmentFiles: [String] = []
    var folder = "/"
    var killGrace = "1m30s"
    var tasks: [Step] = []
    /// `on_failure` and its like, each with the words of a command.
    var hooks: [(key: String, words: [String])] = []

    struct Schedule: Hashable {
        var cron: String
        var zone: String?
        /// Cron's fields for `except:`.
        var except: String?
        var catchUp: String?
        var jitter: String?
        /// What the timer says.
        var source: String
    }

    struct Step {
        var name: String
        var needs: [String] = []
        var when: String?
        var timeout: String?
        var action: ServiceCommand.Action
    }
}

extension TimerFlow {
    /// The flow file.
    var yaml: String {
        var lines = sources.map { "# From \(YAMLText.comment($0))." }
        lines += documentation.map { "# \(YAMLText.comment($0))" }
        lines.append("flow: \(YAMLText.word(name))")
        if let description { lines.append("description: \(YAMLText.quoted(description))") }
        lines.append("schedules:")
        for schedule in schedules { lines += self.lines(schedule) }
        lines.append("overlap: skip  # as systemd does: what is active is not started again")
        if !environment.isEmpty {
            lines.append("environment:")
            for variable in environment {
                let value = YAMLText.quoted(YAMLText.literal(variable.value))
                lines.append("  \(variable.name): \(value)")
            }
        }
        if !environmentFiles.isEmpty {
            let files = environmentFiles.map { YAMLText.word($0) }.joined(separator: ", ")
            lines.append("environment_file: [\(files)]")
        }
        if let formerUser { lines.append("ran_as: \(YAMLText.word(formerUser))  # by systemd") }
        lines.append("working_directory: \(YAMLText.word(folder))")
        lines.append("kill_grace: \(killGrace)")
        lines.append("tasks:")
        for step in tasks { lines += self.lines(step) }
        for hook in hooks {
            lines.append("\(hook.key):")
            lines += Self.exec(hook.words, indent: "  ")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func lines(_ schedule: Schedule) -> [String] {
        var lines = [
            "  - cron: \(YAMLText.quoted(schedule.cron))  # \(YAMLText.comment(schedule.source))"
        ]
        if let zone = schedule.zone { lines.append("    timezone: \(YAMLText.word(zone))") }
        if let except = schedule.except {
            lines.append("    except: [\(YAMLText.quoted(except))]")
        }
        if let catchUp = schedule.catchUp { lines.append("    catchup: \(catchUp)") }
        if let jitter = schedule.jitter { lines.append("    jitter: \(jitter)") }
        return lines
    }

    private func lines(_ step: Step) -> [String] {
        var lines = ["  \(YAMLText.word(step.name)):"]
        if !step.needs.isEmpty {
            let needs = step.needs.map { YAMLText.word($0) }.joined(separator: ", ")
            lines.append("    needs: [\(needs)]")
        }
        if let when = step.when { lines.append("    when: '\(when)'") }
        if let timeout = step.timeout { lines.append("    timeout: \(timeout)") }
        switch step.action {
        case .exec(let words): lines += Self.exec(words, indent: "    ")
        case .run(let text):
            guard YAMLText.isBlockText(text) else {
                lines.append("    run: \(YAMLText.quoted(text))")
                break
            }
            lines.append("    run: |-")
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                lines.append(line.isEmpty ? "" : "      \(line)")
            }
        }
        return lines
    }

    private static func exec(_ words: [String], indent: String) -> [String] {
        let words = words.map { YAMLText.word(YAMLText.literal($0)) }
        let line = "\(indent)exec: [\(words.joined(separator: ", "))]"
        if line.utf8.count <= 100 { return [line] }
        return ["\(indent)exec:"] + words.map { "\(indent)  - \($0)" }
    }
}

extension TimerFlow {
    /// What of a text may stand in a task's name; `other` where nothing may.
    static func nameText(_ text: String, or other: String) -> String {
        var kept = text.utf8.map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: byte
            default: 0x2D
            }
        }[...]
        kept = kept.drop { !(0x30...0x39).contains($0) && $0 < 0x41 || $0 == 0x5F }
        // Room for a number behind it.
        return kept.isEmpty ? other : String(decoding: kept.prefix(56), as: UTF8.self)
    }
}

extension YAMLText {
    /// Lines that a literal block holds unchanged, each of which is one itself.
    static func isBlockText(_ text: String) -> Bool {
        text.split(separator: "\n", omittingEmptySubsequences: false).allSatisfy { line in
            isBlock(String(line))
        }
    }
}
