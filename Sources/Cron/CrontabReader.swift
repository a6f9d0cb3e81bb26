/// Goes through a crontab line by line. What it accepts was tried on Debian's cron 3.0pl1-162.
struct CrontabReader {
    let form: Crontab.Form
    let hashID: (_ command: String) -> String
    var assignments: [Crontab.Assignment] = []
    var entries: [Crontab.Entry] = []
    var comments: [Crontab.Comment] = []
    var diagnostics: [Crontab.Diagnostic] = []

    /// The assignments in force, in order, one for each name.
    private var environment: [Crontab.Assignment] = []
    private var zoneName: String?
    private var line = 0

    init(form: Crontab.Form, hashID: @escaping (_ command: String) -> String) {
        self.form = form
        self.hashID = hashID
    }

    mutating func read(_ bytes: [UInt8]) {
        guard !isUTF16(bytes) else { return }
        var start = byteOrderMark(of: bytes)
        while start < bytes.count {
            line += 1
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            read(line: bytes[start..<end])
            start = end + 1
            guard entries.count <= Crontab.entryLimit else {
                return fail(at: 1, "more than \(Crontab.entryLimit) entries", hint: nil)
            }
            guard assignments.count <= Crontab.assignmentLimit else {
                let limit = Crontab.assignmentLimit
                return fail(at: 1, "more than \(limit) assignments", hint: nil)
            }
        }
        let last = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).last
        if let last, let first = last.first(where: { !CronText.isBlank($0) }),
            first != UInt8(ascii: "#")
        {
            fail(
                at: 1,
                "the last line does not end in a newline",
                hint: "Debian's cron ignores such a file; end the line"
            )
        }
    }

    private mutating func read(line bytes: ArraySlice<UInt8>) {
        let content = bytes.drop { CronText.isBlank($0) }
        guard let first = content.first else { return }
        let column = content.startIndex - bytes.startIndex + 1
        guard first != UInt8(ascii: "#") else { return addComment(content, column: column) }
        guard !content.contains(0) else {
            return fail(
                at: column,
                "the line holds a NUL byte, so it is no text",
                hint: "is this the right file?"
            )
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            return fail(
                at: column,
                "the line is not UTF-8 text",
                hint: "save the file as UTF-8: iconv -f ISO-8859-1 -t UTF-8"
            )
        }
        guard first != UInt8(ascii: "\r") else {
            return fail(
                at: column,
                "a carriage return",
                hint: "save the file with Unix line ends"
            )
        }
        if let (name, value, isBare) = CrontabAssignment.read(content) {
            if isBare {
                note(
                    at: column,
                    "\(name) is set to nothing: Debian 12's cron ignores a file for such a line",
                    hint: "write \(name)=\"\", which every cron reads"
                )
            }
            add(Crontab.Assignment(name: name, value: value, line: line, column: column))
        } else {
            readEntry(text, column: column)
        }
    }

    /// A comment may have any bytes; what is no UTF-8 was most likely written as ISO 8859-1.
    private mutating func addComment(_ bytes: ArraySlice<UInt8>, column: Int) {
        let end = bytes.lastIndex { !CrontabAssignment.isSpace($0) } ?? bytes.startIndex
        let kept = bytes[...end]
        let text =
            String(validating: kept, as: UTF8.self)
            ?? String(String.UnicodeScalarView(kept.map { Unicode.Scalar($0) }))
        comments.append(Crontab.Comment(text: text, line: line, column: column))
    }

    private mutating func add(_ assignment: Crontab.Assignment) {
        if assignment.name.isEmpty {
            note(at: assignment.column, "an assignment without a name does nothing")
        }
        assignments.append(assignment)
        environment.removeAll { $0.name == assignment.name }
        environment.append(assignment)
        guard assignment.name == "CRON_TZ" else { return }
        guard assignment.value.utf8.allSatisfy(Zone.isNameByte) else {
            return fail(
                at: assignment.column,
                "'\(assignment.value)' is not a zone name",
                hint: "write CRON_TZ=Europe/London on a line of its own"
            )
        }
        zoneName = assignment.value.isEmpty ? nil : assignment.value
    }

    // MARK: entries

    private mutating func readEntry(_ text: String, column: Int) {
        let line = CronText(text)
        if let (problem, hint) = Self.notAnEntry(line) {
            return fail(at: column, problem, hint: hint)
        }
        let scheduleEnd: Int
        switch scheduleExtent(line) {
        case .success(let end): scheduleEnd = end
        case .failure(let missing):
            return fail(at: column + missing.column - 1, missing.problem, hint: missing.hint)
        }
        let scheduleText = line.string(0..<scheduleEnd)
        var position = line.skipBlanks(from: scheduleEnd)
        guard position < line.end else {
            // To cron such a line of a user's is an entry with an empty command.
            if form == .user { return readEmpty(scheduleText, column) }
            return missingCommand(line, column)
        }
        guard line.bytes[position] != UInt8(ascii: "*") else {
            return fail(
                at: column + position,
                "a '*' where the command begins",
                hint: Self.longLineHint(line) ?? "a crontab has five time fields"
            )
        }
        var user: String?
        if form == .system {
            let userEnd = line.wordEnd(from: position)
            let name = line.string(position..<userEnd)
            guard Crontab.canBeUser(name) else {
                return fail(
                    at: column + position,
                    "bad username: '\(name)' can be no user's name",
                    hint: "here the user stands between schedule and command;"
                        + " a file without that column is read with --form user"
                )
            }
            user = name
            guard userEnd < line.bytes.count else { return missingCommand(line, column) }
            position = line.skipBlanks(from: userEnd)
        }
        // Blanks at the end belong to the command.
        let commandText = line.string(position..<line.bytes.count)
        guard position < line.end else { return readEmpty(scheduleText, column) }
        noteOddities(of: commandText, column, end: column + line.bytes.count - 1)
        let (command, input) = CrontabCommand.split(commandText)
        guard let schedule = readSchedule(scheduleText, hashID(command), column) else { return }
        entries.append(
            Crontab.Entry(
                schedule: schedule,
                scheduleText: scheduleText,
                user: user,
                commandText: commandText,
                command: command,
                input: input,
                zoneName: zoneName,
                environment: environment,
                line: self.line,
                column: column
            )
        )
    }

    private mutating func noteOddities(of command: String, _ column: Int, end: Int) {
        if command.utf8.count > Crontab.commandLimit {
            let limit = Crontab.commandLimit
            let fault = "a command of more than \(limit) characters"
            note(at: column, "\(fault): Debian's cron ignores a file for it")
        }
        if command.utf8.last == UInt8(ascii: "\r") {
            let remedy = "save the file with Unix line ends"
            note(at: end, "a carriage return is part of the command; \(remedy)")
        }
    }

    private mutating func readSchedule(
        _ text: String,
        _ hashID: String,
        _ column: Int
    ) -> CronExpression? {
        do {
            return try CronExpression(text, hashID: hashID)
        } catch {
            let message = "\(error.field): \(error.problem)"
            fail(at: column + error.column - 1, message, hint: error.hint)
            return nil
        }
    }

    /// Cron runs an empty command at its times, if its schedule is good.
    private mutating func readEmpty(_ scheduleText: String, _ column: Int) {
        guard readSchedule(scheduleText, "", column) != nil else { return }
        note(at: column, "an empty command does nothing")
    }

    /// Five words, an alias, or `@every` and its duration.
    private func scheduleExtent(_ text: CronText) -> Result<Int, CronError> {
        let isAlias = text.bytes[0] == UInt8(ascii: "@")
        let words = isAlias ? (text.string(0..<text.wordEnd(from: 0)) == "@every" ? 2 : 1) : 5
        var end = 0
        for word in 0..<words {
            let start = text.skipBlanks(from: end)
            guard start < text.end else {
                let found = word == 1 ? "1 word" : "\(word) words"
                return .failure(
                    text.error(
                        "schedule",
                        "\(found) where a schedule of \(words) and a command are needed",
                        at: text.end..<text.end,
                        hint: nil
                    )
                )
            }
            end = text.wordEnd(from: start)
        }
        return .success(end)
    }

    // MARK: diagnostics

    private mutating func missingCommand(_ text: CronText, _ column: Int) {
        fail(
            at: column + text.end,
            "the command is missing",
            hint: form == .system ? "the schedule is followed by a user and a command" : nil
        )
    }

    mutating func fail(at column: Int, _ message: String, hint: String?) {
        diagnostics.append(
            .init(severity: .error, line: line, column: column, message: message, hint: hint)
        )
    }

    private mutating func note(at column: Int, _ message: String, hint: String? = nil) {
        diagnostics.append(
            .init(severity: .note, line: line, column: column, message: message, hint: hint)
        )
    }
}
